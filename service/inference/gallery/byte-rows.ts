import { BLOCK, HEAD, RECORDS } from './byte-kernel.ts';
import { capacityFor, createSharedMemory, PAGE, type SharedMemory, STEP } from './gallery-kernel.ts';

/**
 * A gallery's rows once more as bytes, a quarter of the size, for a first pass that is exact about what it does not know. A row is r, what
 * its bytes say is s; a probe is p, what its bytes say is q. r · p = s · q + (r - s) · q + r · (p - q), so with |q| as the unit the product
 * differs from that of the bytes by the margin |r - s| of the row and by |r| |p - q| / |q|, the doubt of the probe, at most, whatever they
 * are. So no row is passed over that could be among the nearest (byte-scan.ts).
 */
export interface ByteArea {
  memory: SharedMemory;
  stride: number;
  /** Address of the first block: `BLOCK` rows, then their scales, then their margins. */
  base: number;
}

export type ByteRows = ReturnType<typeof createByteRows>;

/** Half of what a row's byte may be: numbers are -MOST..MOST steps, and a byte is that plus ZERO, which leaves the eighth bit unset. */
const MOST = 63;
const ZERO = 64;
/** Most of a probe's byte, which has a sign. */
const MOST_OF_PROBE = 127;
/** Of a row and of a probe (`requireUnit` of galleries.ts lets the length differ by a thousandth). */
const LONGEST = 1.0011;
/** Rounding of one operation on float32. */
const ROUNDING = 2 ** -23;

export const blockBytes = (stride: number): number => BLOCK * (stride + 8);
/** Where a thread puts its probes, each with its part of a head, and the records of one block, before the blocks. */
export function byteDesk(stride: number, thread: number, together: number) {
  const probes = together * (HEAD.bytes + stride);
  const size = probes + RECORDS;
  const start = thread * size;
  return { probes: start, records: start + probes, end: start + size };
}

/** A probe as bytes. Products with it are in units of the length that these have. */
export interface ProbeBytes {
  bytes: Int8Array;
  length: number;
  /** Takes `ZERO` from all bytes of a row. */
  start: number;
  factor: number;
  /** By which a product may differ besides the margin of the row. */
  doubt: number;
}

export function bytesOfProbe(probe: Float32Array): ProbeBytes {
  const step = greatest(probe) / MOST_OF_PROBE;
  const bytes = new Int8Array(probe.length);
  let [sum, square, rest] = [0, 0, 0];
  for (let i = 0; i < probe.length; i++) {
    const byte = Math.round(probe[i]! / step);
    bytes[i] = byte;
    sum += byte;
    square += (byte * step) ** 2;
    rest += (probe[i]! - byte * step) ** 2;
  }
  const length = Math.sqrt(square);
  // The product of the whole row, as it is compared at last, is rounded too.
  const rounding = (probe.length / STEP + 2 * STEP) * ROUNDING;
  const doubt = (LONGEST * Math.sqrt(rest) + rounding) / length;
  return { bytes, length, start: -ZERO * sum, factor: step / length, doubt };
}

function greatest(vector: Float32Array): number {
  let most = 0;
  for (let i = 0; i < vector.length; i++) {
    const size = Math.abs(vector[i]!);
    if (size > most) most = size;
  }
  return most;
}

/** `threads`, `together`: how many threads may search, and probes at a time in each. */
export function createByteRows(dimensions: number, threads: number, together: number) {
  const stride = Math.ceil(dimensions / STEP) * STEP;
  const size = blockBytes(stride);
  const base = Math.ceil(byteDesk(stride, threads - 1, together).end / PAGE) * PAGE;
  const memory = createSharedMemory(base / PAGE);
  let bytes = new Uint8Array(memory.buffer);
  let floats = new Float32Array(memory.buffer);
  let blocks = 0;

  const blockOf = (row: number): number => base + Math.floor(row / BLOCK) * size;
  const bytesAt = (row: number): number => blockOf(row) + (row % BLOCK) * stride;
  const scaleAt = (row: number): number => (blockOf(row) + BLOCK * stride) / 4 + (row % BLOCK);

  function reserve(rows: number): void {
    if (rows <= blocks * BLOCK) return;
    const wanted = capacityFor(Math.ceil(rows / BLOCK), { capacity: blocks, base, size });
    memory.grow(Math.ceil((base + wanted * size) / PAGE) - memory.buffer.byteLength / PAGE);
    bytes = new Uint8Array(memory.buffer);
    floats = new Float32Array(memory.buffer);
    blocks = Math.floor((memory.buffer.byteLength - base) / size);
  }

  function set(row: number, scale: number, margin: number): void {
    floats[scaleAt(row)] = scale;
    floats[scaleAt(row) + BLOCK] = margin;
  }

  return {
    area: { memory, stride, base },
    reserve,
    write(row: number, vector: Float32Array): void {
      reserve(row + 1);
      const step = Math.fround(greatest(vector) / MOST);
      const steps = 1 / step;
      const at = bytesAt(row);
      let square = 0;
      for (let i = 0; i < vector.length; i++) {
        // Rounded, as `Math.round` does in three times the time; the rest is what that leaves, however it rounds.
        const byte = (vector[i]! * steps + ZERO + 0.5) | 0;
        bytes[at + i] = byte;
        const rest = vector[i]! - (byte - ZERO) * step;
        square += rest * rest;
      }
      set(row, step, Math.sqrt(square) * (1 + ROUNDING));
    },
    copy(from: number, to: number): void {
      bytes.copyWithin(bytesAt(to), bytesAt(from), bytesAt(from) + stride);
      set(to, floats[scaleAt(from)]!, floats[scaleAt(from) + BLOCK]!);
    },
    clear(row: number): void {
      bytes.fill(0, bytesAt(row), bytesAt(row) + stride);
      set(row, 0, 0);
    },
  };
}
