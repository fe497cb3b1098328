import { readFlatbuffer, type Table } from './flatbuffer.ts';

export type Activation = 'NONE' | 'RELU' | 'RELU6';

/** Each pair is [height, width]. */
export interface Window {
  padding: 'SAME' | 'VALID';
  strides: readonly [number, number];
  dilations: readonly [number, number];
  /** Outputs of each input channel; of a DEPTHWISE_CONV_2D only. */
  multiplier?: number;
}

/** Tensors are named by their index. */
export interface TfliteOperator {
  op: 'CONV_2D' | 'DEPTHWISE_CONV_2D' | 'RELU' | 'ABS' | 'ADD' | 'SUB' | 'MUL' | 'RESHAPE';
  inputs: readonly number[];
  output: number;
  activation: Activation;
  /** Of convolutions, and of those always. */
  window?: Window;
}

export interface TfliteTensor {
  /** Of a picture: batch, height, width, channels. */
  shape: readonly number[];
  type: 'float32' | 'int32';
  /** Its numbers stand in the file. */
  constant: boolean;
}

/** A TFLite model with one input and one output. An operator uses what the input, a constant or an operator before it has made. */
export interface TfliteGraph {
  tensors: readonly TfliteTensor[];
  operators: readonly TfliteOperator[];
  input: number;
  output: number;
  /** The numbers of a constant, row-major. Throws Error where all calls together ask for far more than the file holds. */
  numbers(tensor: number): Float32Array;
}

const MOST_TENSORS = 4096;
const MOST_OPERATORS = 4096;
const MOST_CODES = 256;
const MOST_INPUTS = 3;
const MOST_DIMENSIONS = 4;
/** Of one axis. */
const LONGEST = 65_536;
/** Of one tensor: a map of 64 channels of 1024×1024 places. */
const MOST_NUMBERS = 2 ** 26;
/** Times the size of the file. Several operators may use the same constant, but none makes a small file large. */
const MOST_USED = 4;

interface Known {
  op: TfliteOperator['op'];
  inputs: readonly [least: number, most: number];
  /** In the union of the options, and the field of the fused activation. */
  options: number;
  activation?: number;
}

/** By the number in the schema. */
const known: Readonly<Record<number, Known>> = {
  0: { op: 'ADD', inputs: [2, 2], options: 11, activation: 0 },
  3: { op: 'CONV_2D', inputs: [2, 3], options: 1, activation: 3 },
  4: { op: 'DEPTHWISE_CONV_2D', inputs: [2, 3], options: 2, activation: 4 },
  18: { op: 'MUL', inputs: [2, 2], options: 21, activation: 0 },
  19: { op: 'RELU', inputs: [1, 1], options: 0 },
  22: { op: 'RESHAPE', inputs: [2, 2], options: 17 },
  41: { op: 'SUB', inputs: [2, 2], options: 28, activation: 0 },
  101: { op: 'ABS', inputs: [1, 1], options: 78 },
};

const activations: Readonly<Record<number, Activation>> = { 0: 'NONE', 1: 'RELU', 3: 'RELU6' };
const paddings: Readonly<Record<number, Window['padding']>> = { 0: 'SAME', 1: 'VALID' };
const types: Readonly<Record<number, TfliteTensor['type']>> = { 0: 'float32', 2: 'int32' };

/** Of the file, with the bytes of its numbers. */
interface StoredTensor extends TfliteTensor {
  bytes: Uint8Array;
}

/**
 * Reads a TFLite file (flatbuffer `TFL3`, schema version 3) as far as convolutional networks of floats need it. Throws Error at everything
 * else: another operator or option, quantized or sparse numbers, control flow, a tensor that is used before it is made.
 */
export function readTflite(bytes: Uint8Array): TfliteGraph {
  const model = readFlatbuffer(bytes, 'TFL3');
  const version = model.uint32(0, 0);
  if (version !== 3) throw new Error(`The TFLite file has the schema version ${version}; 3 is known here.`);
  const codes = model.tables(1, MOST_CODES).map(readCode);
  const subgraphs = model.tables(2, MOST_CODES);
  const [subgraph] = subgraphs;
  if (subgraph === undefined || subgraphs.length !== 1)
    throw new Error(`The TFLite file holds ${subgraphs.length} graphs; one is known here.`);
  // Converters give each tensor a buffer of its own, and some an empty one before all others.
  const buffers = model.tables(4, 2 * MOST_TENSORS).map(readBuffer);
  const tensors = subgraph.tables(0, MOST_TENSORS).map((table, index) => readTensor(table, index, buffers));
  const operators = subgraph
    .tables(3, MOST_OPERATORS)
    .map((table, index) => readOperator(table, { index, codes, tensors: tensors.length }));
  const [input, output] = [only(subgraph, 1, 'inputs', tensors), only(subgraph, 2, 'outputs', tensors)];
  requireOrder({ tensors, operators, input, output });
  let used = 0;
  return {
    tensors: tensors.map(({ shape, type, constant }) => ({ shape, type, constant })),
    operators,
    input,
    output,
    numbers(tensor) {
      const { bytes: stored, type } = tensors[tensor]!;
      used += stored.length;
      if (used > MOST_USED * bytes.length)
        throw new Error(
          'The TFLite file uses the same numbers again and again, which no known network does.',
        );
      const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
      const read = type === 'float32' ? view.getFloat32.bind(view) : view.getInt32.bind(view);
      return Float32Array.from({ length: stored.length / 4 }, (_, i) => read(4 * i, true));
    },
  };
}

/** The operator's number. Old files keep it in a byte, newer ones beside it in a word. */
const readCode = (table: Table): number => Math.max(table.int8(0, 0), table.int32(3, 0));

function readBuffer(table: Table, index: number): Uint8Array {
  if (table.has(1) || table.has(2))
    throw new Error(
      `The buffer ${index} of the TFLite file lies outside the flatbuffer, which is not known here.`,
    );
  return table.bytes(0);
}

function readTensor(table: Table, index: number, buffers: readonly Uint8Array[]): StoredTensor {
  const refuse = (why: string): never => {
    throw new Error(`The tensor ${index} of the TFLite file cannot be read: ${why}.`);
  };
  const shape = table.int32s(0, MOST_DIMENSIONS);
  const wrong = shape.find((size) => size < 1 || size > LONGEST);
  if (wrong !== undefined) refuse(`one of its dimensions is ${wrong}`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > MOST_NUMBERS) refuse(`its shape [${shape}] is too large`);
  const type = types[table.int8(1, 0)] ?? refuse(`its numbers have the type ${table.int8(1, 0)}`);
  const quantization = table.table(4);
  // Minimum and maximum alone are notes of the training.
  if (quantization && (quantization.count(2, 4) > 0 || quantization.uint8(4, 0) !== 0))
    refuse('it is quantized');
  if (table.uint8(5, 0) !== 0) refuse('it is a variable, which keeps its value between runs');
  if (table.has(6)) refuse('it is sparse');
  const buffer = table.uint32(2, 0);
  const bytes = buffers[buffer] ?? refuse(`there is no buffer ${buffer}`);
  // Without bytes it is computed.
  if (bytes.length !== 0 && bytes.length !== 4 * count)
    refuse(`its shape [${shape}] takes ${4 * count} bytes, its buffer has ${bytes.length}`);
  return { shape, type, constant: bytes.length > 0, bytes };
}

function readOperator(
  table: Table,
  { index, codes, tensors }: { index: number; codes: readonly number[]; tensors: number },
): TfliteOperator {
  const code = codes[table.uint32(0, 0)];
  const kind = code === undefined || !Object.hasOwn(known, code) ? undefined : known[code];
  if (kind === undefined) {
    throw new Error(
      `The operator ${index} of the TFLite file has the code ${code ?? 'of no list'}, which is not known here.`,
    );
  }
  const {
    op,
    inputs: [least, most],
    options,
    activation,
  } = kind;
  const refuse = (why: string): never => {
    throw new Error(`The operator ${index} (${op}) of the TFLite file cannot be read: ${why}.`);
  };
  const given = table.int32s(1, MOST_INPUTS);
  // A bias that is left out.
  const inputs = most === 3 && given.length === 3 && given[2] === -1 ? given.slice(0, 2) : given;
  const outputs = table.int32s(2, MOST_INPUTS);
  if (inputs.length < least || inputs.length > most) refuse(`it has ${inputs.length} inputs`);
  const [output] = outputs;
  if (output === undefined || outputs.length !== 1) return refuse(`it has ${outputs.length} outputs`);
  const stranger = [...inputs, output].find((tensor) => tensor < 0 || tensor >= tensors);
  if (stranger !== undefined) refuse(`there is no tensor ${stranger}`);

  const [kindOfOptions, detail] = [table.uint8(3, 0), table.table(4)];
  const allowed = kindOfOptions === options || (kindOfOptions === 0 && detail === undefined);
  if (!allowed || table.count(5, 1) > 0) refuse('its options are of another operator');
  const fused = activation === undefined ? 0 : (detail?.int8(activation, 0) ?? 0);
  const base = { op, inputs, output, activation: activations[fused] ?? refuse(`its activation ${fused}`) };
  if (op !== 'CONV_2D' && op !== 'DEPTHWISE_CONV_2D') return base;
  return { ...base, window: readWindow(detail ?? refuse('it has no options'), op, refuse) };
}

/** Of Conv2DOptions and DepthwiseConv2DOptions, whose fields differ by the multiplier in the middle. */
function readWindow(options: Table, op: TfliteOperator['op'], refuse: (why: string) => never): Window {
  const depthwise = op === 'DEPTHWISE_CONV_2D';
  const dilation = depthwise ? 5 : 4;
  const padding = options.int8(0, 0);
  const positive = (field: number, fallback: number): number => {
    const value = options.int32(field, fallback);
    return value >= 1 && value <= LONGEST ? value : refuse(`it steps by ${value}`);
  };
  return {
    padding: paddings[padding] ?? refuse(`its padding ${padding}`),
    strides: [positive(2, 0), positive(1, 0)],
    dilations: [positive(dilation + 1, 1), positive(dilation, 1)],
    ...(depthwise && { multiplier: positive(3, 0) }),
  };
}

function only(subgraph: Table, field: number, what: string, { length }: readonly unknown[]): number {
  const found = subgraph.int32s(field, MOST_TENSORS);
  const [one] = found;
  if (one === undefined || found.length !== 1)
    throw new Error(`The graph of the TFLite file has ${found.length} ${what}; one is known here.`);
  if (one < 0 || one >= length) throw new Error(`The graph of the TFLite file has no tensor ${one}.`);
  return one;
}

/** Throws unless every tensor is made once, and before it is used. */
function requireOrder({ tensors, operators, input, output }: Omit<TfliteGraph, 'numbers'>): void {
  const made = new Set(tensors.flatMap(({ constant }, index) => (constant ? [index] : [])));
  const make = (tensor: number): void => {
    if (made.has(tensor)) throw new Error(`The TFLite file makes the tensor ${tensor} twice.`);
    made.add(tensor);
  };
  make(input);
  operators.forEach(({ op, inputs, output: next }, index) => {
    const missing = inputs.find((tensor) => !made.has(tensor));
    if (missing !== undefined)
      throw new Error(
        `The operator ${index} (${op}) of the TFLite file uses the tensor ${missing} before it is made.`,
      );
    make(next);
  });
  if (!operators.some((operator) => operator.output === output))
    throw new Error(`No operator of the TFLite file makes its output, the tensor ${output}.`);
}
