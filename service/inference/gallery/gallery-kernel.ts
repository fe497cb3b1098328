/**
 * The inner loop of exact search: cosines of one probe against consecutive rows, as a 400-byte WebAssembly module that
 * is assembled here. It reads the rows in place from shared memory, in one sequential stream, so that it runs at
 * the speed of memory (docs/evidence: usearch `exactSearch` reaches two thirds of that, because it adds up in double
 * precision along one dependent chain, and it ignores the offset of a subarray).
 */

// `lib.dom` is the only library that types WebAssembly; this is what is used of it.
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => SharedMemory;
  Module: new (bytes: Uint8Array) => KernelModule;
  Instance: new (module: KernelModule, imports: object) => { exports: { dots: Dots } };
};

/** Grows in place: no copy, and views made before stay valid for the length they had. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  /** Adds pages of 64 KiB; throws RangeError beyond 4 GiB. */
  grow(pages: number): number;
}

/** Compiled once; may be posted to a worker. */
export type KernelModule = object;

/**
 * Writes the inner products of the vector at `probe` with `count` rows, `stride` bytes apart from `rows` on, as
 * float32 from `out` on. All addresses are bytes in the memory; `stride` is a multiple of 64, `count` is 1 or more.
 */
export type Dots = (rows: number, count: number, stride: number, probe: number, out: number) => void;

export const PAGE = 65536;
/** Rows are padded with zeros to whole steps of this many float32. */
export const STEP = 16;
const MAXIMUM_PAGES = 65536;

export function createSharedMemory(pages: number): SharedMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: true });
}

export function compileKernel(): KernelModule {
  return new WebAssembly.Module(assembleKernel());
}

export function instantiateKernel(kernel: KernelModule, memory: SharedMemory): Dots {
  return new WebAssembly.Instance(kernel, { gallery: { memory } }).exports.dots;
}

const I32 = 0x7f;
const V128 = 0x7b;
const BLOCK_EMPTY = 0x40;
const END = 0x0b;

function unsigned(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return last ? [low] : [low | 0x80, ...signed(rest)];
}

const list = (items: number[][]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (value: string): number[] => [...unsigned(value.length), ...Buffer.from(value)];
const section = (id: number, body: number[]): number[] => [id, ...unsigned(body.length), ...body];

const get = (local: number): number[] => [0x20, ...unsigned(local)];
const set = (local: number): number[] => [0x21, ...unsigned(local)];
const tee = (local: number): number[] => [0x22, ...unsigned(local)];
const constant = (value: number): number[] => [0x41, ...signed(value)];
const plus = [0x6a];
const minus = [0x6b];
const below = [0x49];
const loop = (...body: number[][]): number[] => [0x03, BLOCK_EMPTY, ...body.flat(), END];
const again = [0x0d, 0];
const simd = (operation: number, ...rest: number[]): number[] => [0xfd, ...unsigned(operation), ...rest];
const loadVector = (offset: number): number[] => simd(0, 2, ...unsigned(offset));
const zeroVector = simd(12, ...new Array<number>(16).fill(0));
const shuffle = (...lanes: number[]): number[] =>
  simd(13, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)));
const addVectors = simd(0xe4);
const multiplyVectors = simd(0xe6);
const firstLane = simd(0x1f, 0);
const storeFloat = [0x38, 2, 0];

/** Opcodes: WebAssembly core specification 2.0, binary format. */
function assembleKernel(): Uint8Array {
  const [row, count, stride, probe, out, at, end] = [0, 1, 2, 3, 4, 5, 6];
  const sums = [7, 8, 9, 10];
  const step = loop(
    ...sums.map((sum, i) =>
      [
        get(sum),
        get(row),
        loadVector(16 * i),
        get(at),
        loadVector(16 * i),
        multiplyVectors,
        addVectors,
        set(sum),
      ].flat(),
    ),
    [...get(row), ...constant(4 * STEP), ...plus, ...set(row)],
    [...get(at), ...constant(4 * STEP), ...plus, ...tee(at), ...get(end), ...below, ...again],
  );
  const [a, b, c, d] = sums as [number, number, number, number];
  const body = loop(
    [...get(probe), ...tee(at), ...get(stride), ...plus, ...set(end)],
    sums.flatMap((sum) => [...zeroVector, ...set(sum)]),
    step,
    [...get(a), ...get(b), ...addVectors, ...get(c), ...get(d), ...addVectors, ...addVectors, ...set(a)],
    [...get(a), ...get(a), ...get(a), ...shuffle(2, 3, 6, 7), ...addVectors, ...set(a)],
    [...get(out), ...get(a), ...get(a), ...get(a), ...shuffle(1, 1, 1, 1), ...addVectors],
    [...firstLane, ...storeFloat],
    [...get(out), ...constant(4), ...plus, ...set(out)],
    [...get(count), ...constant(1), ...minus, ...tee(count), ...again],
  );
  const locals = list([
    [...unsigned(2), I32],
    [...unsigned(sums.length), V128],
  ]);
  const code = [...locals, ...body, END];
  const parameters = list([[I32], [I32], [I32], [I32], [I32]]);
  const sharedMemory = [2, 3, ...unsigned(1), ...unsigned(MAXIMUM_PAGES)];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([[0x60, ...parameters, ...list([])]])),
    ...section(2, list([[...text('gallery'), ...text('memory'), ...sharedMemory]])),
    ...section(3, list([[0]])),
    ...section(7, list([[...text('dots'), 0, 0]])),
    ...section(10, list([[...unsigned(code.length), ...code]])),
  ]);
}
