/** Bits of a coefficient that a scan can send on their own (ITU T.81, B.2.3). */
const BITS = 14;

/**
 * A grey progressive JPEG (ITU T.81, annex G) of nothing, that sends each bit of its coefficients in a scan of its own: small as a
 * file, and each scan makes the decoder walk over the whole picture. Sides are multiples of 8; at least 15 scans, and as many as
 * come of bands of coefficients, each sent bit by bit: 15, 29, 43, …
 */
export function progressiveJpeg({
  width,
  height,
  scans,
}: {
  width: number;
  height: number;
  scans: number;
}): Buffer {
  const blocks = (width / 8) * (height / 8);
  const bands = Math.max(1, Math.floor((scans - 1) / BITS));
  const walk = Array.from({ length: bands }, (_, band) => {
    const first = 1 + Math.floor((63 * band) / bands);
    const last = Math.floor((63 * (band + 1)) / bands);
    return Array.from({ length: BITS }, (_, i) => {
      const low = BITS - 1 - i;
      const high = i === 0 ? 0 : low + 1;
      return Buffer.concat([startOfScan(first, last, (high << 4) | low), runsOfNothing(blocks)]);
    });
  });
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(0xc2, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]),
    // Of DC: one code, "0", for a difference of nothing. Of AC: "0" for a run of 2^14 blocks without anything, "10" for the end of one.
    segment(0xc4, [0x00, 1, ...Array<number>(15).fill(0), 0]),
    segment(0xc4, [0x10, 1, 1, ...Array<number>(14).fill(0), 0xe0, 0x00]),
    startOfScan(0, 0, 0x00),
    // A bit for each block.
    Buffer.alloc(Math.ceil(blocks / 8)),
    ...walk.flat(),
    Buffer.of(0xff, 0xd9),
  ]);
}

const segment = (marker: number, content: number[]): Buffer =>
  Buffer.from([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255, ...content]);

const startOfScan = (first: number, last: number, approximation: number): Buffer =>
  segment(0xda, [1, 1, 0x00, first, last, approximation]);

/** Ends of band: runs of 16,384 to 32,767 blocks, the rest one by one. */
function runsOfNothing(blocks: number): Buffer {
  let bits = '';
  let left = blocks;
  while (left >= 16_384) {
    const run = Math.min(left, 32_767);
    bits += `0${(run - 16_384).toString(2).padStart(14, '0')}`;
    left -= run;
  }
  bits += '10'.repeat(left);
  bits += '1'.repeat((8 - (bits.length % 8)) % 8);
  const bytes = bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  // A byte of ones is followed by one of zeros, so that it is no marker.
  return Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])));
}
