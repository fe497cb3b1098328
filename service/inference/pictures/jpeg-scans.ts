/**
 * How many scans a JPEG has at most: each makes the decoder walk over the whole picture. What stands before the first scan in
 * segments (a thumbnail in EXIF) does not count; whatever follows does, so that nothing can be hidden from the count.
 */
export function countScans(jpeg: Buffer): number {
  let count = 0;
  for (let at = jpeg.indexOf(START_OF_SCAN, firstScan(jpeg)); at !== -1; count++) {
    at = jpeg.indexOf(START_OF_SCAN, at + 2);
  }
  return count;
}

const START_OF_SCAN = Uint8Array.of(0xff, 0xda);

/** Where the first scan begins; 0 where the segments before it are not what they should be. */
function firstScan(jpeg: Buffer): number {
  for (let at = 2; at + 4 <= jpeg.length; ) {
    if (jpeg[at] !== 0xff) return 0;
    const marker = jpeg[at + 1]!;
    if (marker === 0xda) return at;
    const fill = marker === 0xff;
    const lengthless = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    if (marker === 0 || marker === 0xd8 || marker === 0xd9) return 0;
    if (fill) at += 1;
    else at += lengthless ? 2 : 2 + jpeg.readUInt16BE(at + 2);
  }
  return 0;
}
