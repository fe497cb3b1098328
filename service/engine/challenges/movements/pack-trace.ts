import type { Trace } from './trace.ts';

/** Parts of a unit of noise that are kept. */
const FINE = 8;
const FORMAT = 1;
const MOST = 0x7fff;

/** Format, numbers of a moment, then for each frame the milliseconds since the one before and its numbers; 16 bits each. */
export function packTrace({ at, moments }: Trace): Uint8Array {
  const width = moments[0]?.length ?? 0;
  const view = new DataView(new ArrayBuffer(2 + 2 * at.length * (1 + width)));
  view.setUint8(0, FORMAT);
  view.setUint8(1, width);
  for (let i = 0, place = 2; i < at.length; i++) {
    const since = i === 0 ? 0 : at[i]! - at[i - 1]!;
    view.setUint16(place, Math.min(0xffff, Math.max(0, Math.round(since))));
    place += 2;
    for (const value of moments[i]!) {
      view.setInt16(place, Math.min(MOST, Math.max(-MOST, Math.round(value * FINE))));
      place += 2;
    }
  }
  return new Uint8Array(view.buffer);
}

/** Undefined for what an older or newer version packed: it cannot be compared. */
export function readTrace(packed: Uint8Array): Trace | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 2 || view.getUint8(0) !== FORMAT) return undefined;
  const width = view.getUint8(1);
  const at: number[] = [];
  const moments: number[][] = [];
  for (let place = 2, time = 0; place + 2 * (1 + width) <= packed.length; place += 2 * (1 + width)) {
    time += view.getUint16(place);
    at.push(time);
    moments.push(Array.from({ length: width }, (_, d) => view.getInt16(place + 2 * (d + 1)) / FINE));
  }
  return { at, moments };
}
