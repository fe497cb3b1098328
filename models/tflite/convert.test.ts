import { describe, expect, test } from 'vitest';
import {
  addMaps,
  channelsLast,
  convolve,
  createNoise,
  type Map3,
  map3,
  mapChannels,
} from '../../test/support/naive-network.ts';
import { farthest, runOnnx } from '../../test/support/run-onnx.ts';
import {
  type Fields,
  type TfliteFile,
  tfliteFile,
  type WrittenOperator,
  type WrittenTensor,
} from '../../test/support/tflite-file.ts';
import { decodeModel } from '../onnx/model-proto.ts';
import { convertTflite } from './convert.ts';
import { readTflite } from './graph.ts';

const noise = createNoise(6);
const some = (count: number) => Array.from({ length: count }, noise);

const convert = (file: TfliteFile) =>
  convertTflite(readTflite(tfliteFile(file)), { name: 'test', output: 'y' });

const fused = { none: 0, relu: 1, relu6: 3, tanh: 4 };
interface Step {
  stride?: number;
  padding?: 'SAME' | 'VALID';
  activation?: number;
}
const convolution = (
  inputs: number[],
  output: number,
  { stride = 1, padding = 'SAME', activation = fused.none }: Step = {},
  more: Fields = {},
): WrittenOperator => ({
  code: 3,
  inputs,
  output,
  options: {
    kind: 1,
    fields: {
      0: { int8: padding === 'SAME' ? 0 : 1 },
      1: { int32: stride },
      2: { int32: stride },
      3: { int8: activation },
      ...more,
    },
  },
});
const depthwise = (
  inputs: number[],
  output: number,
  multiplier: number,
  activation = fused.none,
): WrittenOperator => ({
  code: 4,
  inputs,
  output,
  options: {
    kind: 2,
    fields: {
      0: { int8: 0 },
      1: { int32: 1 },
      2: { int32: 1 },
      3: { int32: multiplier },
      4: { int8: activation },
    },
  },
});
const arithmetic = {
  add: (inputs: number[], output: number, activation = fused.none): WrittenOperator => ({
    code: 0,
    inputs,
    output,
    options: { kind: 11, fields: { 0: { int8: activation } } },
  }),
  sub: (inputs: number[], output: number): WrittenOperator => ({
    code: 41,
    inputs,
    output,
    options: { kind: 28, fields: {} },
  }),
  mul: (inputs: number[], output: number): WrittenOperator => ({
    code: 18,
    inputs,
    output,
    options: { kind: 21, fields: {} },
  }),
};
const relu = (from: number, output: number): WrittenOperator => ({ code: 19, inputs: [from], output });
const abs = (from: number, output: number): WrittenOperator => ({ code: 101, inputs: [from], output });

/** Network behind the input [batch, height, width, channels], whose last tensor is flattened: rows of one picture. */
function network(
  shape: readonly [number, number, number, number],
  tensors: readonly WrittenTensor[],
  operators: readonly WrittenOperator[],
): TfliteFile {
  const all: WrittenTensor[] = [{ shape }, ...tensors];
  const [batch = 1, ...rest] = all.at(-1)!.shape;
  const flat = [batch, rest.reduce((product, size) => product * size, 1)];
  const end = all.length;
  return {
    tensors: [...all, { shape: [2], values: flat, type: 'int32' }, { shape: flat }],
    operators: [...operators, { code: 22, inputs: [end - 1, end], output: end + 1 }],
    outputs: [end + 1],
  };
}

async function expectRows(
  onnx: Uint8Array,
  pictures: readonly Map3[],
  expected: readonly Map3[],
  off = 2e-6,
) {
  const [{ channels, height, width }] = pictures as [Map3];
  const { y } = await runOnnx(
    onnx,
    pictures.flatMap(({ data }) => [...data]),
    [pictures.length, channels, height, width],
  );
  const rows = expected.map(channelsLast);
  expect(y!.dims).toEqual([rows.length, rows[0]!.length]);
  expect(farthest(y!.data, rows.flat())).toBeLessThan(off);
}

/** TFLite's kernel [outputs, side, side, inputs] in the order of ONNX and `convolve`. */
function toOihw(values: readonly number[], outputs: number, side: number): number[] {
  const inputs = values.length / outputs / side / side;
  return values.map((_, at) => {
    const [o, i, yx] = [
      Math.floor(at / (inputs * side * side)),
      Math.floor(at / (side * side)) % inputs,
      at % (side * side),
    ];
    return values[(o * side * side + yx) * inputs + i]!;
  });
}

const opTypes = (onnx: Uint8Array) => decodeModel(onnx).graph.node.map(({ opType }) => opType);
const positive = (map: Map3) => mapChannels(map, (x) => Math.max(x, 0));

describe('convertTflite', () => {
  test('turns a convolution: kernel, bias, padding behind only, with the batch freed', async () => {
    const [kernel, bias] = [some(4 * 3 * 3 * 3), some(4)];
    const onnx = convert(
      network(
        [2, 6, 8, 3],
        [{ shape: [4, 3, 3, 3], values: kernel }, { shape: [4], values: bias }, { shape: [2, 3, 4, 4] }],
        [convolution([0, 1, 2], 3, { stride: 2 })],
      ),
    );
    expect(decodeModel(onnx).graph.input).toMatchObject([
      {
        name: 'image',
        type: {
          tensorType: {
            shape: { dim: [{ dimParam: 'N' }, { dimValue: 3 }, { dimValue: 6 }, { dimValue: 8 }] },
          },
        },
      },
    ]);
    const pictures = [1, 2, 3].map(() => map3(3, 6, 8, noise));
    const expected = pictures.map((picture) =>
      convolve(picture, toOihw(kernel, 4, 3), 4, 3, { stride: 2, pads: [0, 1], bias }),
    );
    await expectRows(onnx, pictures, expected);
  });

  test.each([
    ['one output', 1],
    ['two outputs', 2],
  ])('turns a depthwise convolution of %s for each channel, with RELU6', async (_, multiplier) => {
    const channels = 3;
    const outputs = channels * multiplier;
    const kernel = some(3 * 3 * outputs).map((x) => 8 * x);
    const onnx = convert(
      network(
        [1, 5, 5, channels],
        [{ shape: [1, 3, 3, outputs], values: kernel }, { shape: [1, 5, 5, outputs] }],
        // A bias that is left out.
        [depthwise([0, 1, -1], 2, multiplier, fused.relu6)],
      ),
    );
    const picture = map3(channels, 5, 5, noise);
    const turned = Array.from(
      { length: kernel.length },
      (__, at) => kernel[(at % 9) * outputs + Math.floor(at / 9)]!,
    );
    const made = convolve(picture, turned, outputs, 3, { pads: [1, 1], groups: channels });
    const clipped = mapChannels(made, (x) => Math.min(Math.max(x, 0), 6));
    expect([...clipped.data].filter((x) => x === 6).length).toBeGreaterThan(0);
    await expectRows(onnx, [picture], [clipped], 1e-5);
  });

  test('dilates, and pads nothing where the file says so', async () => {
    const kernel = some(2 * 2 * 2 * 1);
    const onnx = convert(
      network(
        [1, 7, 6, 1],
        [{ shape: [2, 2, 2, 1], values: kernel }, { shape: [1, 4, 4, 2] }],
        [convolution([0, 1], 2, { padding: 'VALID' }, { 4: { int32: 2 }, 5: { int32: 3 } })],
      ),
    );
    const picture = map3(1, 7, 6, noise);
    const expected = map3(2, 4, 4, (i) => {
      const [o, y, x] = [Math.floor(i / 16), Math.floor(i / 4) % 4, i % 4];
      return [0, 1, 2, 3].reduce(
        (sum, k) => sum + kernel[o * 4 + k]! * picture.data[(y + 3 * (k >> 1)) * 6 + x + 2 * (k & 1)]!,
        0,
      );
    });
    await expectRows(onnx, [picture], [expected]);
  });

  test('adds, subtracts and multiplies values and constants, in the order of the file', async () => {
    const [c, one] = [some(3), [0.7]];
    const onnx = convert(
      network(
        [1, 2, 2, 3],
        [
          { shape: [3], values: c },
          { shape: [1, 1, 1, 1], values: one },
          { shape: [1, 2, 2, 3] },
          { shape: [1, 2, 2, 3] },
          { shape: [1, 2, 2, 3] },
          { shape: [1, 2, 2, 3] },
        ],
        [
          arithmetic.sub([1, 0], 3),
          arithmetic.mul([3, 2], 4),
          abs(4, 5),
          arithmetic.add([5, 3], 6, fused.relu),
        ],
      ),
    );
    const picture = map3(3, 2, 2, noise);
    const difference = mapChannels(picture, (x, channel) => c[channel]! - x);
    const expected = positive(
      addMaps(
        mapChannels(difference, (x) => Math.abs(0.7 * x)),
        difference,
      ),
    );
    await expectRows(onnx, [picture], [expected]);
  });

  const spelled = (channels: number, c: readonly number[], order: 'sum first' | 'product first') => {
    const map = { shape: [1, 2, 3, channels] };
    return network(
      [1, 2, 3, channels],
      [{ shape: [channels], values: c }, map, map, map, map, map],
      [
        relu(0, 2),
        abs(0, 3),
        arithmetic.sub([0, 3], 4),
        arithmetic.mul(order === 'sum first' ? [1, 4] : [4, 1], 5),
        arithmetic.add(order === 'sum first' ? [2, 5] : [5, 2], 6),
      ],
    );
  };

  test.each(['sum first', 'product first'] as const)(
    'knows a PReLU that is spelled out, the %s',
    async (order) => {
      const c = [0.1, -0.4, 0.6];
      const onnx = convert(spelled(3, c, order));
      expect(opTypes(onnx)).toEqual(['PRelu', 'Transpose', 'Reshape', 'Identity']);
      const picture = map3(3, 2, 3, noise);
      const expected = mapChannels(picture, (x, channel) => (x > 0 ? x : 2 * c[channel]! * x));
      await expectRows(onnx, [picture], [expected]);
    },
  );

  test('leaves what only looks like a PReLU as it is written', async () => {
    const map = { shape: [1, 2, 3, 3] };
    const c = some(3);
    const picture = map3(3, 2, 3, noise);
    const product = mapChannels(picture, (x, channel) => c[channel]! * (x - Math.abs(x)));
    const tensors = [{ shape: [3], values: c }, map, map, map, map, map, map];
    const parts = (minuend: number) => [
      relu(0, 2),
      abs(0, 3),
      arithmetic.sub([minuend, 3], 4),
      arithmetic.mul([1, 4], 5),
      arithmetic.add([2, 5], 6),
    ];
    // A part that is used again.
    const shared = convert(network([1, 2, 3, 3], tensors, [...parts(0), arithmetic.add([6, 5], 7)]));
    expect(opTypes(shared)).not.toContain('PRelu');
    await expectRows(shared, [picture], [addMaps(addMaps(positive(picture), product), product)]);
    // RELU(x) - ABS(x): of another tensor than the others.
    const other = convert(network([1, 2, 3, 3], tensors.slice(0, 6), parts(2)));
    expect(opTypes(other)).not.toContain('PRelu');
    const difference = mapChannels(picture, (x, channel) => c[channel]! * (Math.max(x, 0) - Math.abs(x)));
    await expectRows(other, [picture], [addMaps(positive(picture), difference)]);
  });

  test('gives the same bytes twice', () => {
    const file = spelled(3, [1, 2, 3], 'sum first');
    expect(convert(file)).toEqual(convert(file));
  });
});

describe('convertTflite refuses', () => {
  const map = { shape: [1, 4, 4, 3] };
  const kernel = (...shape: number[]) => ({ shape, values: some(shape.reduce((a, b) => a * b)) });
  const one = (tensors: readonly WrittenTensor[], operator: WrittenOperator) =>
    network([1, 4, 4, 3], tensors, [operator]);
  test.each<[string, TfliteFile, string]>([
    [
      'a kernel for other channels',
      one([kernel(2, 1, 1, 4), { shape: [1, 4, 4, 2] }], convolution([0, 1], 2)),
      'operator 0 (CONV_2D): 3 channels meet a kernel [2,1,1,4]',
    ],
    [
      'a depthwise kernel with another multiplier',
      one([kernel(1, 1, 1, 6), { shape: [1, 4, 4, 6] }], depthwise([0, 1], 2, 3)),
      '3 channels meet a kernel [1,1,1,6]',
    ],
    [
      'a bias for other channels',
      one([kernel(2, 1, 1, 3), kernel(3), { shape: [1, 4, 4, 2] }], convolution([0, 1, 2], 3)),
      'its bias is [3] for 2 channels',
    ],
    [
      'a window that does not fit',
      one([kernel(2, 5, 5, 3), { shape: [1, 1, 1, 2] }], convolution([0, 1], 2, { padding: 'VALID' })),
      'a window of [5,5] does not fit into [4,4]',
    ],
    [
      'an output of another shape than the file states',
      one([kernel(2, 1, 1, 3), { shape: [1, 4, 2, 4] }], convolution([0, 1], 2)),
      'the file states [1,4,2,4] of float32 for what is [1,4,4,2]',
    ],
    ['a kernel that is computed', one([map, map], convolution([0, 0], 2)), 'its input 1 is computed'],
    [
      'a constant of another shape',
      one([kernel(4), map], arithmetic.add([0, 1], 2)),
      'a constant [4] of float32 meets [N,4,4,3]',
    ],
    [
      'a constant of whole numbers',
      one([{ shape: [3], values: [1, 2, 3], type: 'int32' }, map], arithmetic.mul([0, 1], 2)),
      'a constant [3] of int32 meets [N,4,4,3]',
    ],
    ['two constants', one([kernel(3), map], arithmetic.mul([1, 1], 2)), 'both of its inputs are constants'],
    ['a constant that is rectified', one([kernel(1, 4, 4, 3), map], relu(1, 2)), 'its input 0 is a constant'],
    [
      'a target of another size',
      {
        ...network([1, 4, 4, 3], [], []),
        tensors: [map, { shape: [2], values: [1, 47], type: 'int32' }, { shape: [1, 47] }],
      },
      '[N,4,4,3] cannot become [1,47]',
    ],
    [
      'a target that takes the batch apart',
      {
        ...network([2, 4, 4, 3], [], []),
        tensors: [
          { shape: [2, 4, 4, 3] },
          { shape: [2], values: [1, 96], type: 'int32' },
          { shape: [1, 96] },
        ],
      },
      '[N,4,4,3] cannot become [1,96]',
    ],
    [
      'a map at its end',
      { tensors: [map, map], operators: [relu(0, 1)], outputs: [1] },
      'must end in a tensor of fewer than four dimensions',
    ],
    [
      'an input of two dimensions',
      { tensors: [{ shape: [1, 3] }, { shape: [1, 3] }], operators: [relu(0, 1)], outputs: [1] },
      'must have one input of floats in four dimensions',
    ],
  ])('%s', (_, file, message) => {
    expect(() => convert(file)).toThrow(message);
  });
});
