/**
 * The inner loops of exact search as a WebAssembly module of about 2 KB that is assembled here. They read rows in place from shared
 * memory, in one sequential stream, so that they run at the speed of memory (docs/evidence: usearch `exactSearch` reaches two thirds of
 * that, because it adds up in double precision along one dependent chain, and it ignores the offset of a subarray).
 */
import { type Bounds, byteFunctions } from './byte-kernel.ts';
import {
  addFloats,
  advance,
  again,
  below,
  constant,
  firstLane,
  get,
  I32,
  loadVector,
  loop,
  minus,
  moduleOf,
  multiplyFloats,
  plus,
  set,
  shuffle,
  storeFloat,
  tee,
  V128,
  type WasmFunction,
  zeroVector,
} from './wasm-code.ts';

// `lib.dom` is the only library that types WebAssembly; this is what is used of it.
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => SharedMemory;
  Module: new (bytes: Uint8Array) => KernelModule;
  Instance: new (module: KernelModule, imports: object) => { exports: Kernel };
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

/** `dots` over rows of float32, the others over rows as bytes. */
export interface Kernel {
  dots: Dots;
  boundsOfOne: Bounds;
  boundsOfFour: Bounds;
}

export const PAGE = 65536;
/** Rows are padded with zeros to whole steps of this many numbers. */
export const STEP = 16;
const MAXIMUM_PAGES = 65536;

/**
 * How many of something a memory gets room for that has room for `capacity`: twice as many, as far as 4 GiB reach. `base`: address of the
 * first, `size`: bytes of each.
 */
export function capacityFor(
  wanted: number,
  { capacity, base, size }: { capacity: number; base: number; size: number },
): number {
  const most = Math.floor((MAXIMUM_PAGES * PAGE - base) / size);
  return Math.max(wanted, Math.min(2 * capacity, most));
}

export function createSharedMemory(pages: number): SharedMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: MAXIMUM_PAGES, shared: true });
}

export function compileKernel(): KernelModule {
  return new WebAssembly.Module(moduleOf([dots(), ...byteFunctions()], MAXIMUM_PAGES));
}

export function instantiateKernel(kernel: KernelModule, memory: SharedMemory): Kernel {
  return new WebAssembly.Instance(kernel, { gallery: { memory } }).exports;
}

function dots(): WasmFunction {
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
        multiplyFloats,
        addFloats,
        set(sum),
      ].flat(),
    ),
    advance(row, constant(4 * STEP)),
    [...get(at), ...constant(4 * STEP), ...plus, ...tee(at), ...get(end), ...below, ...again],
  );
  const [a, b, c, d] = sums as [number, number, number, number];
  const body = loop(
    [...get(probe), ...tee(at), ...get(stride), ...plus, ...set(end)],
    sums.flatMap((sum) => [...zeroVector, ...set(sum)]),
    step,
    [...get(a), ...get(b), ...addFloats, ...get(c), ...get(d), ...addFloats, ...addFloats, ...set(a)],
    [...get(a), ...get(a), ...get(a), ...shuffle(2, 3, 6, 7), ...addFloats, ...set(a)],
    [...get(out), ...get(a), ...get(a), ...get(a), ...shuffle(1, 1, 1, 1), ...addFloats],
    [...firstLane, ...storeFloat],
    advance(out, constant(4)),
    [...get(count), ...constant(1), ...minus, ...tee(count), ...again],
  );
  const locals = [
    { type: I32, count: 2 },
    { type: V128, count: sums.length },
  ];
  return { name: 'dots', parameters: 5, results: 0, locals, body };
}
