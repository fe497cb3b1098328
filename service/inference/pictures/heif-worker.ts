import { parentPort, workerData } from 'node:worker_threads';
import libheif from 'libheif-js/wasm-bundle.js';
import type { HeifAnswer, HeifJob } from './decode-heif.ts';

/** Rows of a strip, the unit that is read at a time. */
const ROWS = 64;
const BYTES = 4;

const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const sizes: Record<number, number> = { [SHORT]: 2, [LONG]: 4, [UNDEFINED]: 1 };

// One picture, then the thread ends: its memory never shrinks, and nothing of one person is left for the next.
const { bytes, width, height, icc } = workerData as HeifJob;
const answer = (message: HeifAnswer, transfer: ArrayBuffer[] = []) =>
  parentPort!.postMessage(message, transfer);

answer({ is: 'loaded' });
const images = new libheif.HeifDecoder().decode(bytes);
const image = images.find((one) => one.is_primary()) ?? images[0];
// The size was checked against the limits in what another reader says of the header; memory is taken for that size only.
if (!image || image.get_width() !== width || image.get_height() !== height) answer({ is: 'damaged' });
else {
  const head = tiffHead({ width, height }, icc);
  const tiff = new Uint8Array(head.length + width * height * 4);
  tiff.set(head);
  const data = new Uint8ClampedArray(tiff.buffer, head.length);
  image.display({ data, width, height }, (shown) => {
    if (shown) answer({ is: 'decoded', tiff }, [tiff.buffer]);
    else answer({ is: 'damaged' });
  });
}

/**
 * What stands before uncompressed RGBA pixels, eight bits each, to make them a TIFF 6.0 file with their ICC profile (tag 34675): pixels alone
 * have no place for one, and a picture in Display P3 that is read as sRGB is too pale.
 */
function tiffHead({ width, height }: { width: number; height: number }, icc?: Uint8Array): Uint8Array {
  const strips = Array.from({ length: Math.ceil(height / ROWS) }, (_, i) =>
    Math.min(ROWS, height - i * ROWS),
  );
  const fields: [tag: number, type: number, values: readonly number[] | Uint8Array][] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, [8, 8, 8, 8]],
    // No compression, RGB, offsets of the strips (filled in below).
    [259, SHORT, [1]],
    [262, SHORT, [2]],
    [273, LONG, strips.map(() => 0)],
    [277, SHORT, [BYTES]],
    [278, LONG, [ROWS]],
    [279, LONG, strips.map((rows) => rows * width * BYTES)],
    // The fourth sample is transparency, not multiplied in.
    [338, SHORT, [2]],
    ...(icc === undefined ? [] : [[34_675, UNDEFINED, icc] as [number, number, Uint8Array]]),
  ];
  let end = 8 + 2 + 12 * fields.length + 4;
  const places = fields.map(([, type, values]) => {
    const length = values.length * sizes[type]!;
    const at = end;
    if (length > 4) end += length + (length % 2);
    return length > 4 ? at : undefined;
  });
  const head = Buffer.alloc(end);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(fields.length, 8);
  for (const [i, [tag, type, values]] of fields.entries()) {
    const at = 10 + 12 * i;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(values.length, at + 4);
    const place = places[i];
    if (place !== undefined) head.writeUInt32LE(place, at + 8);
    const size = sizes[type]!;
    for (const [k, value] of values.entries()) {
      const offset = tag === 273 ? end + k * ROWS * width * BYTES : value;
      head.writeUIntLE(offset, (place ?? at + 8) + k * size, size);
    }
  }
  return head;
}
