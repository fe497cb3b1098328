import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runOnnx } from '../../test/support/run-onnx.ts';
import { convertIr } from './convert.ts';

interface LayerSource {
  type: string;
  data?: Record<string, string>;
  shape?: readonly number[];
  inputs?: readonly number[];
  /** Of a constant. */
  numbers?: readonly number[];
}

const text = (parts: readonly number[]) => parts.join(',');
const encode = (source: string) => new TextEncoder().encode(source);
const same = {
  strides: '1,1',
  dilations: '1,1',
  pads_begin: '1,1',
  pads_end: '1,1',
  auto_pad: 'explicit',
};
const none = { ...same, pads_begin: '0,0', pads_end: '0,0' };

/** An IR of these layers; the position of a layer is its id. */
function irOf(layers: readonly LayerSource[]): { xml: string; weights: Uint8Array } {
  const numbers: number[] = [];
  const elements = layers.map(({ type, data = {}, shape = [], numbers: own }, id) => {
    const place: Record<string, string> =
      own === undefined
        ? {}
        : {
            element_type: 'f16',
            offset: String(2 * numbers.length),
            size: String(2 * own.length),
            shape: text(shape),
          };
    numbers.push(...(own ?? []));
    const attributes = Object.entries({ ...data, ...place }).map(([name, value]) => `${name}="${value}"`);
    const dims = shape.map((size) => `<dim>${size}</dim>`).join('');
    const output = type === 'Result' ? '' : `<output><port id="9">${dims}</port></output>`;
    return `<layer id="${id}" name="n" type="${type}"><data ${attributes.join(' ')}/>${output}</layer>`;
  });
  const edges = layers.flatMap(({ inputs = [] }, to) =>
    inputs.map(
      (from, port) => `<edge from-layer="${from}" from-port="9" to-layer="${to}" to-port="${port}"/>`,
    ),
  );
  return {
    xml: `<?xml version="1.0"?><net name="n" version="11"><layers>${elements.join('')}</layers><edges>${edges.join('')}</edges></net>`,
    weights: new Uint8Array(Float16Array.from(numbers).buffer),
  };
}

const constant = (shape: readonly number[], numbers: readonly number[]): LayerSource => ({
  type: 'Const',
  shape,
  numbers,
});

/** Scaled by 0.5; 1×1 convolution to two channels with bias; PReLU; depthwise 3×3; weighed by the mean of each channel. */
const network: LayerSource[] = [
  { type: 'Parameter', data: { element_type: 'f32' }, shape: [1, 1, 2, 2] },
  constant([1, 1, 1, 1], [0.5]),
  { type: 'Convert', shape: [1, 1, 1, 1], inputs: [1] },
  { type: 'Multiply', shape: [1, 1, 2, 2], inputs: [0, 2] },
  constant([2, 1, 1, 1], [2, -2]),
  { type: 'Convert', shape: [2, 1, 1, 1], inputs: [4] },
  { type: 'Convolution', data: none, shape: [1, 2, 2, 2], inputs: [3, 5] },
  constant([1, 2, 1, 1], [1, 3]),
  { type: 'Convert', shape: [1, 2, 1, 1], inputs: [7] },
  { type: 'Add', shape: [1, 2, 2, 2], inputs: [6, 8] },
  constant([1], [0.25]),
  { type: 'Convert', shape: [1], inputs: [10] },
  { type: 'PReLU', shape: [1, 2, 2, 2], inputs: [9, 11] },
  constant([2, 1, 1, 3, 3], [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0]),
  { type: 'Convert', shape: [2, 1, 1, 3, 3], inputs: [13] },
  { type: 'GroupConvolution', data: same, shape: [1, 2, 2, 2], inputs: [12, 14] },
  {
    type: 'AvgPool',
    data: { ...none, kernel: '2,2', strides: '2,2' },
    shape: [1, 2, 1, 1],
    inputs: [15],
  },
  { type: 'Sigmoid', shape: [1, 2, 1, 1], inputs: [16] },
  { type: 'Multiply', shape: [1, 2, 2, 2], inputs: [15, 17] },
  { type: 'Result', inputs: [18] },
];

const convert = ({ xml, weights }: ReturnType<typeof irOf>) => convertIr('n', encode(xml), weights);

test('a small graph gives what its operations say, for any number of pictures', async () => {
  const pictures = [
    [1, 2, 3, 4],
    [-4, 8, 0, -2],
  ];
  const found = await runOnnx(convert(irOf(network)), pictures.flat(), [2, 1, 2, 2]);
  const leaky = (x: number) => (x < 0 ? x / 4 : x);
  const expected = pictures.flatMap((pixels) => {
    const [first, second] = [pixels.map((x) => leaky(x + 1)), pixels.map((x) => leaky(3 - x))] as [
      number[],
      number[],
    ];
    const right = [first[0]! + first[1]!, first[1]!, first[2]! + first[3]!, first[3]!];
    const below = [second[0]! + second[2]!, second[1]! + second[3]!, second[2]!, second[3]!];
    return [right, below].flatMap((plane) => {
      const mean = plane.reduce((sum, x) => sum + x, 0) / 4;
      return plane.map((x) => x / (1 + Math.exp(-mean)));
    });
  });
  expect(found.embedding!.data).toEqual(expected.map((x) => expect.closeTo(x, 4)));
  expect(found.embedding!.dims).toEqual([2, 8]);
});

test('the same files give the same bytes', () => {
  expect(convert(irOf(network))).toEqual(convert(irOf(network)));
});

const changed = (id: number, layer: Partial<LayerSource>) =>
  network.map((one, i) => (i === id ? { ...one, ...layer } : one));

describe('refuses', () => {
  test.each([
    ['an unknown operation', changed(17, { type: 'TopK' }), /TopK/],
    ['an operation that every object has', changed(17, { type: 'constructor' }), /constructor .* not known/],
    ['a cycle', changed(3, { inputs: [18, 2] }), /cycle/],
    ['a layer that takes itself', changed(3, { inputs: [3, 2] }), /cycle/],
    ['a bias that is computed', changed(8, { inputs: [0] }), /bias/],
    ['a bias of another length', changed(7, { shape: [1], numbers: [1] }), /bias/],
    ['an edge from nowhere', changed(3, { inputs: [99, 2] }), /not there/],
    ['too few inputs', changed(9, { inputs: [6] }), /has 1 inputs, not 2/],
    ['a constant of another size', changed(1, { numbers: [0.5, 0.5] }), /4 bytes for 1 numbers/],
    ['a kernel with other dimensions', changed(4, { shape: [2, 1] }), /dimensions/],
    ['several slopes', changed(10, { shape: [2], numbers: [0.25, 0.5] }), /one slope/],
    ['pooling of a part', changed(16, { data: { ...none, kernel: '1,1' } }), /whole planes/],
    ['padding by name', changed(6, { data: { ...none, auto_pad: 'same_upper' } }), /fixed kernel/],
    ['a stride that is no number', changed(6, { data: { ...none, strides: '1,-1' } }), /whole number/],
    ['a dimension that is no number', changed(0, { shape: [1, 1, 2.5, 2] }), /whole number/],
    ['no output', network.slice(0, -1), /one input and one output/],
    ['two inputs', [...network, network[0]!], /one input and one output/],
  ])('%s', (_, layers, message) => {
    expect(() => convert(irOf(layers))).toThrow(message);
  });

  test('weights that are cut short', () => {
    const { xml, weights } = irOf(network);
    expect(() => convertIr('n', encode(xml), weights.subarray(0, weights.length - 2))).toThrow(
      /ends at byte/,
    );
  });

  test.each([
    ['another version', 'version="11"', 'version="7"', /in version 10 or 11/],
    ['a layer twice', 'id="1"', 'id="0"', /twice/],
    [
      'two edges into one port',
      'from-layer="1"',
      'from-layer="1" to-layer="3" to-port="0"/><edge from-layer="1"',
      /Two edges/,
    ],
    ['an offset beyond the weights', 'offset="0"', 'offset="9000000000"', /ends at byte/],
    ['numbers of another type', 'element_type="f16"', 'element_type="i8"', /type i8/],
    ['a second output', '<port id="9">', '<port id="8"></port><port id="9">', /2 outputs/],
    ['no layers', 'layers>', 'nothing>', /no layers/],
  ])('%s', (_, from, to, message) => {
    const { xml, weights } = irOf(network);
    expect(() => convertIr('n', encode(xml.replaceAll(from, to)), weights)).toThrow(message);
  });

  test('the same numbers in many constants, and one constant in many layers', () => {
    const large = constant(
      [512],
      Array.from({ length: 512 }, () => 1),
    );
    const { xml, weights } = irOf([network[0]!, large]);
    const again = /<layer id="1".*?<\/layer>/.exec(xml)![0];
    const copies = Array.from({ length: 8 }, (_, i) => again.replace('id="1"', `id="${i + 10}"`));
    expect(() => convertIr('n', encode(xml.replace(again, copies.join(''))), weights)).toThrow(
      /again and again/,
    );
    const factor = { type: 'Multiply', shape: [1, 1, 2, 2] };
    const chain = Array.from({ length: 8 }, (_, i) => ({ ...factor, inputs: [i === 0 ? 0 : i + 1, 1] }));
    const used = [network[0]!, large, ...chain, { type: 'Result', inputs: [9] }];
    expect(() => convert(irOf(used))).toThrow(/again and again/);
  });

  test('bytes that are no text', () => {
    expect(() => convertIr('n', Uint8Array.of(0xff, 0xfe, 0x3c), new Uint8Array())).toThrow();
  });

  test('changed characters: an Error, or a graph, in bounded time', () => {
    const { xml, weights } = irOf(network);
    fc.assert(
      fc.property(fc.nat(xml.length - 1), fc.string({ maxLength: 4 }), (at, insert) => {
        try {
          convertIr('n', encode(xml.slice(0, at) + insert + xml.slice(at + 1)), weights);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(TypeError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
