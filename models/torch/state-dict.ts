import { type Unpickled, unpickle } from './unpickle.ts';

export interface TorchTensor {
  dims: readonly number[];
  values: Float32Array;
}

interface Storage {
  key: string;
  count: number;
  bytesPerValue: number;
}

interface TensorRecord {
  storage: Storage;
  offset: number;
  dims: readonly number[];
}

const magic = 0x1950a86a20f9469cfc6cn;

const bytesPerValue: Readonly<Record<string, number>> = { FloatStorage: 4, LongStorage: 8 };

const isTuple = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && Object.isFrozen(value);

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** ("storage", type, key, device, count, view): a storage whose numbers stand behind the pickle. */
function storageOf(id: unknown): Storage {
  if (!isTuple(id)) throw new Error('The file refers to something that is no storage.');
  const [kind, type, key, , count, view] = id;
  const size = bytesPerValue[String(type)];
  if (
    kind !== 'storage' ||
    size === undefined ||
    typeof key !== 'string' ||
    !isSize(count) ||
    view !== null
  ) {
    throw new Error('The file refers to a storage of a kind that is not known here.');
  }
  return { key, count, bytesPerValue: size };
}

/** torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …); only tensors in row-major order are known. */
function rebuildTensor(...[storage, offset, dims, strides]: readonly unknown[]): TensorRecord {
  const known = storage as Storage;
  if (!isSize(offset) || !isTuple(dims) || !dims.every(isSize) || !isTuple(strides)) {
    throw new Error('A tensor of the file has no proper shape.');
  }
  const expected = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, size) => product * size, 1));
  const inOrder = expected.every((stride, axis) => dims[axis] === 1 || strides[axis] === stride);
  if (!inOrder || strides.length !== dims.length)
    throw new Error('A tensor of the file is not stored in order.');
  return { storage: known, offset, dims };
}

const globals = {
  'collections.OrderedDict': () => new Map(),
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch.FloatStorage': 'FloatStorage',
  'torch.LongStorage': 'LongStorage',
};

/** The magic number is the one thing in the file too long for a number. */
function readMagic(bytes: Uint8Array): number {
  const head = [0x80, 2, 0x8a, 10];
  const found = head.every((byte, i) => bytes[i] === byte)
    ? bytes.subarray(4, 14).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
    : undefined;
  if (found !== magic || bytes[14] !== 0x2e) {
    throw new Error('The file is no weights file of torch’s first format (before 1.6, without zip).');
  }
  return 15;
}

/**
 * Reads the float tensors of a state dict that torch saved in its first format: pickles for magic, protocol, machine, the dict and the
 * storage keys, then each storage as an int64 count and its little-endian numbers. Runs nothing of the file. Counters (int64) are left out.
 */
export function readStateDict(bytes: Uint8Array): Map<string, TorchTensor> {
  const plain = (at: number): Unpickled => unpickle(bytes, at, { globals: {} });
  const protocol = plain(readMagic(bytes));
  if (protocol.value !== 1001)
    throw new Error(`The weights file has protocol ${String(protocol.value)}; 1001 is known here.`);
  const machine = plain(protocol.end);
  if (!(machine.value instanceof Map) || machine.value.get('little_endian') !== true) {
    throw new Error('The weights file was not written by a little-endian machine.');
  }
  const dict = unpickle(bytes, machine.end, { globals, persistent: storageOf });
  const keys = plain(dict.end);
  if (!(dict.value instanceof Map) || !Array.isArray(keys.value))
    throw new Error('The file holds no state dict.');

  const records = [...dict.value] as [string, TensorRecord][];
  const storages = new Map<string, Storage>();
  for (const [name, record] of records) {
    if (typeof name !== 'string' || record?.storage?.key === undefined)
      throw new Error('The state dict holds more than tensors.');
    storages.set(record.storage.key, record.storage);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = new Map<string, number>();
  let at = keys.end;
  for (const key of keys.value) {
    const storage = storages.get(key);
    if (storage === undefined) throw new Error('The file holds numbers for no tensor.');
    if (at + 8 > bytes.length || view.getBigInt64(at, true) !== BigInt(storage.count)) {
      throw new Error('The numbers of the file are cut short.');
    }
    numbers.set(key, at + 8);
    at += 8 + storage.count * storage.bytesPerValue;
  }
  if (at !== bytes.length) throw new Error(`The file should end at byte ${at} and has ${bytes.length}.`);

  const tensors = new Map<string, TorchTensor>();
  for (const [name, { storage, offset, dims }] of records) {
    if (storage.bytesPerValue !== 4) continue;
    const count = dims.reduce((product, size) => product * size, 1);
    const start = numbers.get(storage.key);
    if (start === undefined || offset + count > storage.count)
      throw new Error(`The numbers of ${name} are missing.`);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = view.getFloat32(start + 4 * (offset + i), true);
    tensors.set(name, { dims, values });
  }
  return tensors;
}
