import { BLOCK } from './byte-kernel.ts';
import { createSharedMemory, PAGE, roomFor, type SharedMemory, STEP } from './gallery-kernel.ts';

/**
 * A gallery's rows once more as bytes, a quarter of the size, for a first pass that is exact about what it does not know: `row · probe`
 * is at most `scale * (bytes · probe as integers) + margin`, and at least that less twice the margin, for every probe. So no row is
 * passed over that could be among the nearest (byte-scan.ts).
 */
export interface ByteArea {
  memory: SharedMemory;
  stride: number;
  /** Address of the first block: `BLOCK` rows, then their scales, then their margins. */
  base: number;
}

export interface ByteRows {
  readonly area: ByteArea;
  write(row: number, vector: Float32Array): void;
  copy(from: number, to: number): void;
  clear(row: number): void;
}

/** A probe's numbers, -1..1, are multiplied by this and rounded to 16 bits. */
export const PROBE_SCALE = 32_000;
/** Most of a byte. */
const MOST = 127;
/** Of a row and of a probe (`requireUnit` of galleries.ts lets the length differ by a thousandth). */
const LONGEST = 1.0011;
/** Rounding of one operation on float32. */
const ROUNDING = 2 ** -23;

export const blockBytes = (stride: number): number => BLOCK * (stride + 8);
/** Where a thread puts its probes and the bounds of one block, before the blocks. */
export function byteDesk(stride: number, thread: number, together: number) {
  const probes = together * 2 * stride;
  const size = probes + 16 * BLOCK + 16;
  const start = thread * size;
  return { probes: start, bounds: start + probes, greatest: start + probes + 16 * BLOCK, end: start + size };
}

/** `threads`, `together`: how many threads may search, and probes at a time in each. */
export function createByteRows(dimensions: number, threads: number, together: number): ByteRows {
  const stride = Math.ceil(dimensions / STEP) * STEP;
  const size = blockBytes(stride);
  const base = Math.ceil(byteDesk(stride, threads - 1, together).end / PAGE) * PAGE;
  const memory = createSharedMemory(base / PAGE);
  let bytes = new Int8Array(memory.buffer);
  let floats = new Float32Array(memory.buffer);
  let blocks = 0;
  const ofProbe = (Math.sqrt(stride) * 0.5) / PROBE_SCALE;
  // The product of the whole row, as it is compared at last, is rounded too.
  const rounding = (stride / STEP + 2 * STEP) * ROUNDING;

  const blockOf = (row: number): number => base + Math.floor(row / BLOCK) * size;
  const bytesAt = (row: number): number => blockOf(row) + (row % BLOCK) * stride;
  const scaleAt = (row: number): number => (blockOf(row) + BLOCK * stride) / 4 + (row % BLOCK);

  function reserve(rows: number): void {
    if (rows <= blocks * BLOCK) return;
    const wanted = roomFor(Math.ceil(rows / BLOCK), { capacity: blocks, base, size });
    memory.grow(Math.ceil((base + wanted * size) / PAGE) - memory.buffer.byteLength / PAGE);
    bytes = new Int8Array(memory.buffer);
    floats = new Float32Array(memory.buffer);
    blocks = Math.floor((memory.buffer.byteLength - base) / size);
  }

  function set(row: number, scale: number, margin: number): void {
    floats[scaleAt(row)] = scale;
    floats[scaleAt(row) + BLOCK] = margin;
  }

  return {
    area: { memory, stride, base },
    write(row, vector) {
      reserve(row + 1);
      let most = 0;
      for (let i = 0; i < vector.length; i++) {
        const size = Math.abs(vector[i]!);
        if (size > most) most = size;
      }
      const scale = Math.fround(most / MOST / PROBE_SCALE);
      const step = scale * PROBE_SCALE;
      const steps = 1 / step;
      const at = bytesAt(row);
      let square = 0;
      for (let i = 0; i < vector.length; i++) {
        // Rounded, as `Math.round` does in three times the time; the rest is what that leaves, however it rounds.
        const byte = ((vector[i]! * steps + 128.5) | 0) - 128;
        bytes[at + i] = byte;
        const rest = vector[i]! - byte * step;
        square += rest * rest;
      }
      const rest = Math.sqrt(square);
      const margin = rest * (LONGEST + ofProbe) + LONGEST * ofProbe + rounding;
      set(row, scale, margin * (1 + ROUNDING));
    },
    copy(from, to) {
      bytes.copyWithin(bytesAt(to), bytesAt(from), bytesAt(from) + stride);
      set(to, floats[scaleAt(from)]!, floats[scaleAt(from) + BLOCK]!);
    },
    clear(row) {
      bytes.fill(0, bytesAt(row), bytesAt(row) + stride);
      set(row, 0, 0);
    },
  };
}
