import protobuf from 'protobufjs/minimal.js';

/** Fields of a file; a gigabyte of empty ones would be read for half a minute. */
const MOST_FIELDS = 5_000_000;

/**
 * The fields of an ONNX ModelProto that every file has: ir_version (field 1, a varint of 3 or more) and graph (field 7). Reads
 * the top level of the protobuf only; the runtime judges the rest. Not those that the runtime would take for its own format.
 */
export function looksLikeOnnx(bytes: Uint8Array): boolean {
  if (isOrtFormat(bytes)) return false;
  let at = 0;
  let version = 0;
  let graph = false;
  let fields = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; at < bytes.length; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
      if (shift > 2 ** 56) break;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const key = varint();
    if (!(key >= 8) || ++fields > MOST_FIELDS) return false;
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case 0: {
        const value = varint();
        if (Number.isNaN(value)) return false;
        if (field === 1) version = value;
        break;
      }
      case 2: {
        const length = varint();
        at += length;
        if (field === 7) graph = true;
        break;
      }
      default:
        return false;
    }
    if (!(at <= bytes.length)) return false;
  }
  return graph && version >= 3 && version < 100;
}

/** ONNX Runtime reads such bytes as a flatbuffer, whatever else they are. */
const isOrtFormat = (bytes: Uint8Array): boolean =>
  new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === 'ORTM';

type Message = keyof typeof parts;

/** The messages of onnx.proto (IR version 13) in which a tensor can lie: field number -> what the field holds. */
const parts = {
  Model: { 7: 'Graph', 20: 'Training', 25: 'Function' },
  Training: { 1: 'Graph', 2: 'Graph' },
  Function: { 7: 'Node', 11: 'Attribute' },
  Graph: { 1: 'Node', 5: 'Tensor', 15: 'SparseTensor' },
  Node: { 5: 'Attribute' },
  Attribute: { 5: 'Tensor', 6: 'Graph', 10: 'Tensor', 11: 'Graph', 22: 'SparseTensor', 23: 'SparseTensor' },
  SparseTensor: { 1: 'Tensor', 2: 'Tensor' },
  Tensor: {},
} as const satisfies Record<string, Readonly<Record<number, string>>>;

/** As deep as protobuf's own parsers go. */
const DEEPEST = 100;

/**
 * What in the file makes the runtime read another file (or memory of the process: ONNX Runtime takes an address for a location), in words
 * that follow "it has"; undefined where the file is all there is. Looks at every occurrence of every field, because parsers differ in which
 * of several they keep. Throws Error for bytes that are no protobuf.
 */
export function findExternalReference(onnx: Uint8Array): string | undefined {
  return search({ reader: protobuf.Reader.create(onnx), fields: 0 }, onnx.length, 'Model', 0);
}

interface Searched {
  reader: protobuf.Reader;
  /** So many were read. */
  fields: number;
}

function search(searched: Searched, end: number, message: Message, depth: number): string | undefined {
  const { reader } = searched;
  if (depth > DEEPEST) throw new Error(`The graph is nested more than ${DEEPEST} messages deep.`);
  const below: Readonly<Record<number, Message>> = parts[message];
  let name = '';
  let external = false;
  while (reader.pos < end) {
    if (++searched.fields > MOST_FIELDS) throw new Error(`The file has more than ${MOST_FIELDS} fields.`);
    const key = reader.uint32();
    const [field, wire] = [key >>> 3, key & 7];
    const part = below[field];
    if (wire === 2) {
      const length = reader.uint32();
      const next = reader.pos + length;
      if (next > end) throw new Error('The file is cut off.');
      if (part !== undefined) {
        const found = search(searched, next, part, depth + 1);
        if (found !== undefined) return found;
      }
      const is = (content: Message, number: number) => message === content && field === number;
      if (is('Tensor', 8)) name = textOf(reader, next);
      if (is('Tensor', 13)) external = true; // external_data
      if (is('Node', 4) && textOf(reader, next) === 'EPContext') {
        return 'a node EPContext, which names a compiled model in another file';
      }
      reader.pos = next;
    } else if (wire === 0 && message === 'Tensor' && field === 14) {
      if (reader.uint32() !== 0) external = true; // data_location; its low 32 bits count
    } else {
      // Groups are in no version of the format, and what is in one is not counted.
      if (wire === 3) throw new Error('The file holds a group.');
      reader.skipType(wire);
    }
  }
  if (reader.pos !== end) throw new Error('The file is cut off.');
  return external ? `weights in another file (the tensor "${name}")` : undefined;
}

/** The text up to `next`; the reader stands there afterwards. */
function textOf(reader: protobuf.Reader, next: number): string {
  const bytes = reader.buf.subarray(reader.pos, next);
  reader.pos = next;
  return new TextDecoder().decode(bytes);
}
