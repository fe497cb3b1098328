/** Writes pickles and torch weight files by hand, opcode by opcode, to try what reads them. */
export type Part = number | string | Uint8Array;

export function bytesOf(...parts: readonly Part[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : Buffer.from(part as string))),
  );
}

const little = (value: number, size: 1 | 2 | 4 | 8): Uint8Array => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes.subarray(0, size);
};

export const pickle = {
  start: bytesOf(0x80, 2),
  stop: '.',
  mark: '(',
  int: (value: number): Uint8Array => bytesOf('J', little(value, 4)),
  text: (value: string): Uint8Array => bytesOf('X', little(Buffer.byteLength(value), 4), value),
  global: (module: string, name: string): string => `c${module}\n${name}\n`,
  tuple: (...items: readonly Part[]): Uint8Array => bytesOf('(', ...items, 't'),
};

export interface WrittenTensor {
  name: string;
  dims: readonly number[];
  values: ArrayLike<number>;
}

export interface TorchFileOptions {
  /** Instead of collections.OrderedDict, with nothing for arguments. */
  container?: string;
  strides?(dims: readonly number[]): number[];
}

/** A state dict as torch before 1.6 wrote it. */
export function torchFile(
  tensors: readonly WrittenTensor[],
  { container = pickle.global('collections', 'OrderedDict'), strides = rowMajor }: TorchFileOptions = {},
): Uint8Array {
  const { start, stop, mark, int, text, global, tuple } = pickle;
  const head = bytesOf(
    start,
    0x8a,
    10,
    Buffer.from('6cfc9c46f9206aa85019', 'hex'),
    stop,
    start,
    'M',
    little(1001, 2),
    stop,
  );
  const machine = bytesOf(start, '}', mark, text('little_endian'), 0x88, 'u', stop);
  const items = tensors.flatMap(({ name, dims, values }, key) => {
    const storage = tuple(
      text('storage'),
      global('torch', 'FloatStorage'),
      text(String(key)),
      text('cpu'),
      int(values.length),
      'N',
    );
    const shape = [tuple(...dims.map(int)), tuple(...strides(dims).map(int))];
    const tensor = tuple(storage, 'Q', int(0), ...shape, 0x89, container, ')', 'R');
    return [text(name), global('torch._utils', '_rebuild_tensor_v2'), tensor, 'R'];
  });
  const dict = bytesOf(start, container, ')', 'R', mark, ...items, 'u', stop);
  const keys = bytesOf(start, ']', mark, ...tensors.map((_, key) => text(String(key))), 'e', stop);
  const storages = tensors.map(({ values }) =>
    bytesOf(little(values.length, 8), Buffer.from(Float32Array.from(values).buffer)),
  );
  return bytesOf(head, machine, dict, keys, ...storages);
}

const rowMajor = (dims: readonly number[]): number[] =>
  dims.map((_, axis) => dims.slice(axis + 1).reduce((product, size) => product * size, 1));
