import { parentPort, workerData } from 'node:worker_threads';
import libheif from 'libheif-js/wasm-bundle.js';
import type { HeifAnswer, HeifJob } from './heif-slots.ts';
import { tiffHead } from './raw-tiff.ts';

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
