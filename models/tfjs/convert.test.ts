import { describe, expect, test } from 'vitest';
import {
  addMaps,
  channelMeans,
  channelsLast,
  convolve,
  createNoise,
  type Map3,
  map3,
  mapChannels,
} from '../../test/support/naive-network.ts';
import { farthest, runOnnx } from '../../test/support/run-onnx.ts';
import { decodeModel } from '../onnx/model-proto.ts';
import { convertGraphModel } from './convert.ts';
import { readGraphModel } from './graph-model.ts';

interface Constant {
  shape: number[];
  values: readonly number[];
  dtype?: 'float32' | 'int32';
}

interface TestNode {
  name: string;
  op: string;
  input: string[];
  attr?: Record<string, unknown>;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const ints = (...values: number[]) => ({ list: { i: values.map(String) } });
const window = (strides: number, padding: 'SAME' | 'VALID', more: Record<string, unknown> = {}) => ({
  strides: ints(1, strides, strides, 1),
  padding: { s: base64(padding) },
  data_format: { s: base64('NHWC') },
  ...more,
});
const fused = (...ops: string[]) => ({ fused_ops: { list: { s: ops.map(base64) } } });

/** A TF.js graph model as its two files, and the ONNX that comes out; the outputs are those of the named nodes. */
function convert(
  [height, width, channels]: readonly [number, number, number],
  nodes: readonly TestNode[],
  constants: Readonly<Record<string, Constant>>,
  outputs: readonly string[],
): Uint8Array {
  const input = {
    dim: [{ size: '-1' }, ...[height, width, channels].map((size) => ({ size: String(size) }))],
  };
  const model = {
    format: 'graph-model',
    signature: {
      inputs: { x: { name: 'x:0', tensorShape: input } },
      outputs: Object.fromEntries(outputs.map((name) => [name, { name: `${name}:0` }])),
    },
    modelTopology: {
      node: [
        { name: 'x', op: 'Placeholder' },
        ...Object.keys(constants).map((name) => ({ name, op: 'Const' })),
        ...nodes,
      ],
    },
    weightsManifest: [
      {
        paths: ['w.bin'],
        weights: Object.entries(constants).map(([name, { shape, dtype = 'float32' }]) => ({
          name,
          shape,
          dtype,
        })),
      },
    ],
  };
  const shards = Object.values(constants).map(({ values, dtype }) =>
    Buffer.from((dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)).buffer),
  );
  const graph = readGraphModel(Buffer.from(JSON.stringify(model)), Buffer.concat(shards));
  return convertGraphModel(graph, {
    name: 'test',
    outputs: Object.fromEntries(outputs.map((name) => [name, [name]])),
  });
}

const noise = createNoise(3);
const some = (count: number) => Array.from({ length: count }, noise);
const picture = (channels: number, height: number, width: number) => map3(channels, height, width, noise);

/** TensorFlow's kernel [side, side, in, out] in the order of ONNX and `convolve`. */
function toOihw(values: readonly number[], side: number, inputs: number, outputs: number): number[] {
  return Array.from({ length: values.length }, (_, at) => {
    const [o, rest] = [Math.floor(at / (inputs * side * side)), at % (inputs * side * side)];
    const [i, yx] = [Math.floor(rest / (side * side)), rest % (side * side)];
    return values[(yx * inputs + i) * outputs + o]!;
  });
}

async function expectOutput(
  onnx: Uint8Array,
  input: Map3,
  dims: readonly number[],
  expected: readonly number[],
) {
  const { channels, height, width, data } = input;
  const { y } = await runOnnx(onnx, data, [1, channels, height, width]);
  expect(y!.dims).toEqual(dims);
  expect(farthest(y!.data, expected)).toBeLessThan(2e-6);
}

const opTypes = (onnx: Uint8Array) => decodeModel(onnx).graph.node.map(({ opType }) => opType);

describe('convertGraphModel', () => {
  test('pads SAME of an even input at stride 2 behind only', async () => {
    const x = picture(3, 6, 8);
    const kernel = some(3 * 3 * 3 * 4);
    const onnx = convert(
      [6, 8, 3],
      [{ name: 'y', op: 'Conv2D', input: ['x', 'k'], attr: window(2, 'SAME') }],
      { k: { shape: [3, 3, 3, 4], values: kernel } },
      ['y'],
    );
    const expected = convolve(x, toOihw(kernel, 3, 3, 4), 4, 3, { stride: 2, pads: [0, 1] });
    await expectOutput(onnx, x, [1, 3, 4, 4], channelsLast(expected));
  });

  test('keeps the order of bias, activation and slopes of a fused convolution', async () => {
    const x = picture(2, 5, 5);
    const [kernel, bias, slopes] = [some(5 * 5 * 2 * 3), some(3), some(3)];
    const onnx = convert(
      [5, 5, 2],
      [
        {
          name: 'y',
          op: '_FusedConv2D',
          input: ['x', 'k', 'b', 's'],
          attr: window(2, 'SAME', fused('BiasAdd', 'Prelu')),
        },
      ],
      {
        k: { shape: [5, 5, 2, 3], values: kernel },
        b: { shape: [3], values: bias },
        s: { shape: [1, 1, 3], values: slopes },
      },
      ['y'],
    );
    const plain = convolve(x, toOihw(kernel, 5, 2, 3), 3, 5, { stride: 2, pads: [2, 2], bias });
    const expected = mapChannels(plain, (value, c) => (value > 0 ? value : value * slopes[c]!));
    await expectOutput(onnx, x, [1, 3, 3, 3], channelsLast(expected));
  });

  test('filters each channel several times (depthwise with a multiplier)', async () => {
    const x = picture(3, 7, 7);
    const kernel = some(3 * 3 * 3 * 2);
    const onnx = convert(
      [7, 7, 3],
      [{ name: 'y', op: 'DepthwiseConv2dNative', input: ['x', 'k'], attr: window(1, 'SAME') }],
      { k: { shape: [3, 3, 3, 2], values: kernel } },
      ['y'],
    );
    // [h, w, in, multiplier] read as [h, w, 1, in * multiplier].
    const expected = convolve(x, toOihw(kernel, 3, 1, 6), 6, 3, { pads: [1, 1], groups: 3 });
    await expectOutput(onnx, x, [1, 7, 7, 6], channelsLast(expected));
  });

  test('folds factors, summands and bounds behind a convolution into two nodes', async () => {
    const x = picture(2, 4, 4);
    const [kernel, factor, summand] = [some(2 * 3), some(3), some(3)];
    const onnx = convert(
      [4, 4, 2],
      [
        { name: 'c', op: 'Conv2D', input: ['x', 'k'], attr: window(1, 'VALID') },
        { name: 'm', op: 'Mul', input: ['c', 'f'] },
        { name: 'a', op: 'AddV2', input: ['s', 'm'] },
        { name: 'r', op: 'Relu', input: ['a'] },
        { name: 'low', op: 'Minimum', input: ['r', 'six'] },
        { name: 'y', op: 'Maximum', input: ['low', 'zero'] },
      ],
      {
        k: { shape: [1, 1, 2, 3], values: kernel },
        f: { shape: [3], values: factor },
        s: { shape: [3], values: summand },
        six: { shape: [], values: [0.3] },
        zero: { shape: [], values: [0] },
      },
      ['y'],
    );
    expect(opTypes(onnx)).toEqual(['Conv', 'Clip', 'Transpose', 'Identity']);
    const plain = convolve(x, toOihw(kernel, 1, 2, 3), 3, 1);
    const expected = mapChannels(plain, (value, c) =>
      Math.min(Math.max(value * factor[c]! + summand[c]!, 0), Math.fround(0.3)),
    );
    await expectOutput(onnx, x, [1, 4, 4, 3], channelsLast(expected));
  });

  test('does not fold into a convolution that something else uses', async () => {
    const x = picture(1, 3, 3);
    const [kernel, factor] = [some(2), some(2)];
    const onnx = convert(
      [3, 3, 1],
      [
        { name: 'c', op: 'Conv2D', input: ['x', 'k'], attr: window(1, 'VALID') },
        { name: 'm', op: 'Mul', input: ['c', 'f'] },
        { name: 'y', op: 'AddV2', input: ['c', 'm'] },
      ],
      { k: { shape: [1, 1, 1, 2], values: kernel }, f: { shape: [2], values: factor } },
      ['y'],
    );
    expect(opTypes(onnx).filter((op) => op === 'Conv')).toHaveLength(1);
    const plain = convolve(x, kernel, 2, 1);
    await expectOutput(
      onnx,
      x,
      [1, 3, 3, 2],
      channelsLast(
        addMaps(
          plain,
          mapChannels(plain, (v, c) => v * factor[c]!),
        ),
      ),
    );
  });

  test('pools, grows channels by zeros and adds, as BlazeFace does', async () => {
    const x = picture(2, 5, 4);
    const kernel = some(2 * 3);
    const onnx = convert(
      [5, 4, 2],
      [
        { name: 'p', op: 'MaxPool', input: ['x'], attr: window(2, 'SAME', { ksize: ints(1, 2, 2, 1) }) },
        { name: 'g', op: 'Pad', input: ['p', 'pads'] },
        { name: 'c', op: 'Conv2D', input: ['x', 'k'], attr: window(2, 'SAME') },
        { name: 'y', op: 'AddV2', input: ['c', 'g'] },
      ],
      {
        pads: { shape: [4, 2], values: [0, 0, 0, 0, 0, 0, 0, 1], dtype: 'int32' },
        k: { shape: [1, 1, 2, 3], values: kernel },
      },
      ['y'],
    );
    const pooled = map3(3, 3, 2, (i) => {
      const [c, y, col] = [Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2];
      if (c === 2) return 0;
      const rows = [2 * y, 2 * y + 1].filter((row) => row < 5);
      return Math.max(
        ...rows.flatMap((row) => [0, 1].map((dx) => x.data[(c * 5 + row) * 4 + 2 * col + dx]!)),
      );
    });
    const expected = addMaps(convolve(x, toOihw(kernel, 1, 2, 3), 3, 1, { stride: 2 }), pooled);
    await expectOutput(onnx, x, [1, 3, 2, 3], channelsLast(expected));
  });

  test('reshapes and joins in TensorFlow’s order of elements', async () => {
    const x = picture(2, 2, 3);
    const onnx = convert(
      [2, 3, 2],
      [
        { name: 's', op: 'Sigmoid', input: ['x'] },
        { name: 'j', op: 'ConcatV2', input: ['x', 's', 'axis'] },
        { name: 'y', op: 'Reshape', input: ['j', 'shape'] },
      ],
      {
        axis: { shape: [], values: [-1], dtype: 'int32' },
        shape: { shape: [3], values: [-1, 12, 2], dtype: 'int32' },
      },
      ['y'],
    );
    const both = {
      ...x,
      channels: 4,
      data: Float64Array.from([...x.data, ...x.data.map((v) => 1 / (1 + Math.exp(-v)))]),
    };
    await expectOutput(onnx, x, [1, 12, 2], channelsLast(both));
  });

  test('takes the mean over height and width, for several pictures at once', async () => {
    const pictures = [picture(3, 4, 5), picture(3, 4, 5)];
    const onnx = convert(
      [4, 5, 3],
      [{ name: 'y', op: 'Mean', input: ['x', 'axes'], attr: { keep_dims: { b: false } } }],
      { axes: { shape: [2], values: [1, 2], dtype: 'int32' } },
      ['y'],
    );
    const { y } = await runOnnx(
      onnx,
      pictures.flatMap(({ data }) => [...data]),
      [2, 3, 4, 5],
    );
    expect(y!.dims).toEqual([2, 3]);
    expect(farthest(y!.data, pictures.flatMap(channelMeans))).toBeLessThan(1e-6);
  });

  test('leaves out what no wanted output needs', () => {
    const onnx = convert(
      [2, 2, 1],
      [
        { name: 'y', op: 'Relu', input: ['x'] },
        { name: 'odd', op: 'NotAnOperation', input: ['x'] },
      ],
      {},
      ['y'],
    );
    expect(opTypes(onnx)).toEqual(['Relu', 'Identity']);
  });

  const refusals: [string, TestNode, Record<string, Constant>][] = [
    ['The converter does not know Cosh "y".', { name: 'y', op: 'Cosh', input: ['x'] }, {}],
    [
      '2 channels meet a kernel [1,1,3,1]',
      { name: 'y', op: 'Conv2D', input: ['x', 'k'], attr: window(1, 'SAME') },
      { k: { shape: [1, 1, 3, 1], values: [1, 1, 1] } },
    ],
    [
      'padding EXPLICIT',
      {
        name: 'y',
        op: 'Conv2D',
        input: ['x', 'k'],
        attr: { ...window(1, 'SAME'), padding: { s: base64('EXPLICIT') } },
      },
      { k: { shape: [1, 1, 2, 1], values: [1, 1] } },
    ],
    [
      'the fused activation Elu',
      {
        name: 'y',
        op: '_FusedConv2D',
        input: ['x', 'k', 'b'],
        attr: window(1, 'SAME', fused('BiasAdd', 'Elu')),
      },
      { k: { shape: [1, 1, 2, 1], values: [1, 1] }, b: { shape: [1], values: [0] } },
    ],
    [
      'target [3,-1]',
      { name: 'y', op: 'Reshape', input: ['x', 's'] },
      { s: { shape: [2], values: [3, -1], dtype: 'int32' } },
    ],
    [
      'only the mean over height and width is known',
      { name: 'y', op: 'Mean', input: ['x', 'a'] },
      { a: { shape: [1], values: [3], dtype: 'int32' } },
    ],
  ];
  test.each(refusals)('refuses: %s', (message, node, constants) => {
    expect(() => convert([4, 4, 2], [node], constants, ['y'])).toThrow(message);
  });
});
