import { parentPort, workerData } from 'node:worker_threads';
import libheif from 'libheif-js/wasm-bundle.js';
import type { HeifAnswer, HeifJob } from './decode-heif.ts';

// One picture, then the thread ends: its memory never shrinks, and nothing of one person is left for the next.
const { bytes, width, height } = workerData as HeifJob;
const answer = (message: HeifAnswer, transfer: ArrayBuffer[] = []) =>
  parentPort!.postMessage(message, transfer);

answer({ is: 'loaded' });
const images = new libheif.HeifDecoder().decode(bytes);
const image = images.find((one) => one.is_primary()) ?? images[0];
// The size was checked against the limits in what another reader says of the header; memory is taken for that size only.
if (!image || image.get_width() !== width || image.get_height() !== height) answer({ is: 'damaged' });
else {
  const data = new Uint8ClampedArray(width * height * 4);
  image.display({ data, width, height }, (shown) => {
    if (shown) answer({ is: 'decoded', pixels: new Uint8Array(data.buffer) }, [data.buffer]);
    else answer({ is: 'damaged' });
  });
}
