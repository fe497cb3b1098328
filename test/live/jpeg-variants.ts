/** Of the luminance's table: frequencies that every picture of a face has, finer ones first. */
const ENTRIES = Array.from({ length: 12 }, (_, i) => 17 - i);

/**
 * One picture again and again, each time with other pixels, as a camera never shows the same twice; 4,096 of them. The steps of some
 * frequencies are one coarser, which costs a copy and shows nothing.
 */
export function createVariants(jpeg: Buffer): () => Buffer {
  const table = firstTableOf(jpeg);
  let made = 0;
  return () => {
    const one = Buffer.from(jpeg);
    for (const [bit, entry] of ENTRIES.entries())
      if (made & (1 << bit)) one[table + entry] = one[table + entry]! + 1;
    made++;
    return one;
  };
}

/** Where the 64 entries of the first quantization table begin. */
function firstTableOf(jpeg: Buffer): number {
  for (let at = 2; jpeg[at] === 0xff; at += 2 + jpeg.readUInt16BE(at + 2))
    if (jpeg[at + 1] === 0xdb) return at + 5;
  throw new Error('The picture has no quantization table.');
}
