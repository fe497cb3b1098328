import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Fields, flatbuffer, type TfliteFile, tfliteFile } from '../../test/support/tflite-file.ts';
import { convertTflite } from './convert.ts';
import { readTflite } from './graph.ts';

/** conv, PReLU spelled out, depthwise conv, reshape: every kind of table and option that there is. */
const valid: TfliteFile = {
  tensors: [
    { shape: [2, 4, 4, 2] },
    { shape: [3, 1, 1, 2], values: [1, 2, 3, 4, 5, 6] },
    { shape: [3], values: [0.5, 0.25, 0] },
    ...Array.from({ length: 6 }, () => ({ shape: [2, 4, 4, 3] })),
    { shape: [3], values: [0.1, 0.2, 0.3] },
    { shape: [1, 4, 4, 3], values: Array.from({ length: 48 }, (_, i) => i / 48) },
    { shape: [2, 1, 1, 3] },
    { shape: [2], values: [2, 3], type: 'int32' },
    { shape: [2, 3] },
  ],
  operators: [
    {
      code: 3,
      inputs: [0, 1, 2],
      output: 3,
      options: { kind: 1, fields: { 0: { int8: 0 }, 1: { int32: 1 }, 2: { int32: 1 } } },
    },
    { code: 19, inputs: [3], output: 4 },
    { code: 101, inputs: [3], output: 5 },
    { code: 41, inputs: [3, 5], output: 6, options: { kind: 28, fields: {} } },
    { code: 18, inputs: [9, 6], output: 7, options: { kind: 21, fields: {} } },
    { code: 0, inputs: [4, 7], output: 8, options: { kind: 11, fields: {} } },
    {
      code: 4,
      inputs: [8, 10],
      output: 11,
      options: { kind: 2, fields: { 0: { int8: 1 }, 1: { int32: 1 }, 2: { int32: 1 }, 3: { int32: 1 } } },
    },
    { code: 22, inputs: [11, 12], output: 13, options: { kind: 17, fields: { 0: { int32s: [2, 3] } } } },
  ],
  outputs: [13],
};
const bytes = tfliteFile(valid);

test('a file is read as it was written', () => {
  const graph = readTflite(bytes);
  expect({ ...graph, tensors: graph.tensors.length }).toMatchObject({ tensors: 14, input: 0, output: 13 });
  expect(graph.tensors[12]).toEqual({ shape: [2], type: 'int32', constant: true });
  expect(graph.tensors[13]).toEqual({ shape: [2, 3], type: 'float32', constant: false });
  expect([...graph.numbers(12), ...graph.numbers(2)]).toEqual([2, 3, 0.5, 0.25, 0]);
  expect(graph.operators[0]).toEqual({
    op: 'CONV_2D',
    inputs: [0, 1, 2],
    output: 3,
    activation: 'NONE',
    window: { padding: 'SAME', strides: [1, 1], dilations: [1, 1] },
  });
  expect(graph.operators[6]!.window).toEqual({
    padding: 'VALID',
    strides: [1, 1],
    dilations: [1, 1],
    multiplier: 1,
  });
});

test('it is read in the middle of other bytes too, and where its numbers lie at odd places', () => {
  const longer = new Uint8Array(bytes.length + 8);
  longer.set(bytes, 3);
  const graph = readTflite(longer.subarray(3, 3 + bytes.length));
  expect([...graph.numbers(2)]).toEqual([0.5, 0.25, 0]);
});

/** The valid file with one tensor or operator changed. */
const withTensor = (index: number, change: object): TfliteFile => ({
  ...valid,
  tensors: valid.tensors.map((tensor, i) => (i === index ? { ...tensor, ...change } : tensor)),
});
const withOperator = (index: number, change: object): TfliteFile => ({
  ...valid,
  operators: valid.operators.map((operator, i) => (i === index ? { ...operator, ...change } : operator)),
});
const tables = (count: number): Fields[] => Array.from({ length: count }, () => ({}));

describe('readTflite refuses', () => {
  test.each<[string, TfliteFile, string]>([
    ['another file', { ...valid, identifier: 'TFL2' }, 'no flatbuffer of the kind TFL3'],
    ['another schema', { ...valid, model: { 0: { uint32: 2 } } }, 'has the schema version 2'],
    ['no graph', { ...valid, model: { 2: { tables: [] } } }, 'holds 0 graphs'],
    ['two graphs', { ...valid, model: { 2: { tables: tables(2) } } }, 'holds 2 graphs'],
    ['a graph of nothing', { ...valid, model: { 2: { tables: tables(1) } } }, 'has 0 inputs'],
    [
      'buffers without end',
      { ...valid, model: { 4: { tables: tables(9000) } } },
      'a list of 9000; 8192 are the most',
    ],
    ['two inputs', { ...valid, inputs: [0, 1] }, 'has 2 inputs'],
    ['an output that is no tensor', { ...valid, outputs: [14] }, 'has no tensor 14'],
    [
      'an output that nothing makes',
      { ...valid, outputs: [0] },
      'No operator of the TFLite file makes its output',
    ],
    [
      'an operator that is not known',
      withOperator(1, { code: 14 }),
      'operator 1 of the TFLite file has the code 14',
    ],
    ['a custom operator', withOperator(1, { code: 32 }), 'has the code 32, which is not known'],
    ['a code of no list', withOperator(1, { more: { 0: { uint32: 99 } } }), 'has the code of no list'],
    [
      'a new code beside an old one',
      {
        ...valid,
        model: { 1: { tables: valid.operators.map(() => ({ 0: { int8: 127 }, 3: { int32: 150 } })) } },
      },
      'has the code 150',
    ],
    [
      'an activation that is not known',
      withOperator(5, { options: { kind: 11, fields: { 0: { int8: 4 } } } }),
      'operator 5 (ADD) of the TFLite file cannot be read: its activation 4',
    ],
    [
      'a padding that is not known',
      withOperator(0, { options: { kind: 1, fields: { 0: { int8: 2 }, 1: { int32: 1 }, 2: { int32: 1 } } } }),
      'its padding 2',
    ],
    ['a stride of nothing', withOperator(0, { options: { kind: 1, fields: {} } }), 'it steps by 0'],
    [
      'a stride backwards',
      withOperator(0, { options: { kind: 1, fields: { 1: { int32: 1 }, 2: { int32: -1 } } } }),
      'it steps by -1',
    ],
    ['a convolution without options', withOperator(0, { options: undefined }), 'it has no options'],
    [
      'options of another operator',
      withOperator(3, { options: { kind: 11, fields: {} } }),
      'its options are of another operator',
    ],
    [
      'options of its own maker',
      withOperator(1, { more: { 5: { bytes: Uint8Array.of(1) } } }),
      'its options are of another operator',
    ],
    ['too few inputs', withOperator(3, { inputs: [3] }), 'it has 1 inputs'],
    ['too many inputs', withOperator(3, { inputs: [3, 5, 5, 5] }), 'a list of 4; 3 are the most'],
    ['an input that is no tensor', withOperator(3, { inputs: [3, 99] }), 'there is no tensor 99'],
    ['an input left out that is needed', withOperator(0, { inputs: [0, -1] }), 'there is no tensor -1'],
    ['two outputs', withOperator(1, { more: { 2: { int32s: [4, 5] } } }), 'it has 2 outputs'],
    [
      'a cycle',
      withOperator(1, { inputs: [8] }),
      'operator 1 (RELU) of the TFLite file uses the tensor 8 before it is made',
    ],
    ['an operator that uses itself', withOperator(1, { inputs: [4] }), 'uses the tensor 4 before it is made'],
    ['a tensor that is made twice', withOperator(2, { output: 4 }), 'makes the tensor 4 twice'],
    ['an operator that makes a constant', withOperator(1, { output: 2 }), 'makes the tensor 2 twice'],
    ['an operator that makes the input', withOperator(1, { output: 0 }), 'makes the tensor 0 twice'],
    ['an input that is a constant', { ...valid, inputs: [1] }, 'makes the tensor 1 twice'],
    [
      'numbers that are too few',
      withTensor(1, { values: [1, 2, 3] }),
      'its shape [3,1,1,2] takes 24 bytes, its buffer has 12',
    ],
    ['a negative dimension', withTensor(0, { shape: [-1, 4, 4, 2] }), 'one of its dimensions is -1'],
    ['a dimension of nothing', withTensor(0, { shape: [2, 0, 4, 2] }), 'one of its dimensions is 0'],
    ['a dimension too large', withTensor(0, { shape: [2, 4, 65_537, 2] }), 'one of its dimensions is 65537'],
    ['a shape too large', withTensor(0, { shape: [2, 65_536, 65_536, 2] }), 'is too large'],
    ['five dimensions', withTensor(0, { shape: [1, 1, 1, 1, 1] }), 'a list of 5; 4 are the most'],
    ['bytes for numbers', withTensor(1, { more: { 1: { int8: 9 } } }), 'its numbers have the type 9'],
    ['half floats', withTensor(1, { more: { 1: { int8: 1 } } }), 'its numbers have the type 1'],
    ['a buffer that is not there', withTensor(1, { more: { 2: { uint32: 77 } } }), 'there is no buffer 77'],
    [
      'a quantized tensor',
      withTensor(1, { more: { 4: { table: { 2: { int32s: [1] } } } } }),
      'it is quantized',
    ],
    [
      'a tensor quantized by a way of its maker',
      withTensor(1, { more: { 4: { table: { 4: { int8: 1 } } } } }),
      'it is quantized',
    ],
    ['a sparse tensor', withTensor(1, { more: { 6: { table: {} } } }), 'it is sparse'],
    ['a variable', withTensor(1, { more: { 5: { int8: 1 } } }), 'it is a variable'],
    [
      'numbers behind the flatbuffer',
      { ...valid, model: { 4: { tables: [{ 1: { uint32: 4000 }, 2: { uint32: 8 } }] } } },
      'The buffer 0 of the TFLite file lies outside the flatbuffer',
    ],
  ])('%s', (_, file, message) => {
    expect(() => readTflite(tfliteFile(file))).toThrow(message);
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['text', new TextEncoder().encode('not a model, and longer than eight bytes')],
    ['an identifier alone', flatbuffer('TFL3', {}).subarray(0, 8)],
    ['half a file', bytes.subarray(0, bytes.length / 2)],
  ])('%s', (_, half) => {
    expect(() => readTflite(half)).toThrow();
  });

  test('a small file that makes much of the same numbers', () => {
    const many = Array.from({ length: 200 }, (_, i) => ({
      code: 18,
      inputs: [i === 0 ? 0 : i + 1, 1],
      output: i + 2,
      options: { kind: 21, fields: {} },
    }));
    const map = { shape: [1, 1, 1, 4096] };
    const file = tfliteFile({
      tensors: [
        map,
        { shape: [4096], values: new Float32Array(4096) },
        ...many.map(() => map),
        { shape: [2], values: [1, 4096], type: 'int32' },
        { shape: [1, 4096] },
      ],
      operators: [...many, { code: 22, inputs: [201, 202], output: 203 }],
      outputs: [203],
    });
    expect(() => convertTflite(readTflite(file), { name: 'test', output: 'y' })).toThrow('again and again');
  });
});

describe('offsets that lead elsewhere are refused', () => {
  const changed = (at: number, value: number) => {
    const copy = Uint8Array.from(bytes);
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  const root = new DataView(bytes.buffer).getUint32(0, true);
  test.each([
    ['of the root, behind the end', 0, bytes.length, 'points outside the file'],
    ['of the root, at itself', 0, 0, 'leads nowhere'],
    ['of the root’s layout, before the file', root, 0x7fffffff, 'points outside the file'],
    ['of the root’s layout, behind the end', root, 0x80000000, 'points outside the file'],
  ])('%s', (_, at, value, message) => {
    expect(() => readTflite(changed(at, value))).toThrow(message);
  });
});

/** Reads and converts; what is refused throws Error, and no other kind of it, such as RangeError of a read outside the file. */
function tryFile(file: Uint8Array, converted = true): void {
  try {
    const graph = readTflite(file);
    if (converted) convertTflite(graph, { name: 'test', output: 'y' });
  } catch (error) {
    expect((error as Error).constructor).toBe(Error);
  }
}

describe('a file that was changed is converted or refused, and ends', () => {
  const at = fc.nat({ max: bytes.length - 1 });
  const values = fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));

  test('each bit for itself', () => {
    for (let i = 0; i < bytes.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        const copy = Uint8Array.from(bytes);
        copy[i]! ^= 1 << bit;
        tryFile(copy, i % 8 === 0 && bit === (i >> 3) % 8);
      }
    }
  });

  test('several bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(at, values), { minLength: 1, maxLength: 12 }), (changes) => {
        const copy = Uint8Array.from(bytes);
        for (const [i, value] of changes) copy[i] = value;
        tryFile(copy);
      }),
      { numRuns: 2000 },
    );
  });

  test('words', () => {
    const word = fc.oneof(
      fc.nat({ max: bytes.length }),
      fc.constantFrom(0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc, 0x40000000),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(at, word), { minLength: 1, maxLength: 6 }), (changes) => {
        const copy = Uint8Array.from(bytes);
        const view = new DataView(copy.buffer);
        for (const [i, value] of changes) view.setUint32(Math.min(i & ~3, bytes.length - 4), value, true);
        tryFile(copy);
      }),
      { numRuns: 2000 },
    );
  });

  test('cut at every length', () => {
    for (let length = 0; length < bytes.length; length++) tryFile(bytes.slice(0, length));
  });
});
