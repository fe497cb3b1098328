import { Worker } from 'node:worker_threads';
import { Problem } from '../../lib/problem.ts';

/** `workerData` of heif-worker.ts. The sides are those of the upright picture. */
export interface HeifJob {
  bytes: Uint8Array;
  width: number;
  height: number;
  /** The profile of its colors (ICC), where it has one. */
  icc?: Uint8Array | undefined;
}

export type HeifAnswer =
  | { is: 'loaded' }
  | { is: 'decoded'; tiff: Uint8Array<ArrayBuffer> }
  | { is: 'damaged' };

/** Upright pixels, four bytes each (RGBA), as an uncompressed TIFF with the profile of their colors. */
export interface RawPicture {
  tiff: Uint8Array;
}

const DEADLINE = 15_000;
/** `.ts` in a checkout, `.js` in dist/. */
const script = new URL(`./heif-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/**
 * Decodes the primary picture of a HEIC or HEIF file, rotated and mirrored as the file says (`irot`, `imir`; EXIF
 * orientation means nothing there), in a thread of its own: a hostile file may throw where nothing can catch it, and a
 * thread can be ended in the middle. `width`, `height` and `icc` are those of the header, checked against the limits before.
 * Throws Problem IMAGE_UNREADABLE, also after `deadline` milliseconds; an Error when the decoder cannot be loaded.
 */
export async function decodeHeif(
  bytes: Uint8Array,
  { width, height, icc }: Omit<HeifJob, 'bytes'>,
  deadline = DEADLINE,
): Promise<RawPicture> {
  const copy = new Uint8Array(bytes);
  const worker = new Worker(script, {
    workerData: { bytes: copy, width, height, icc } satisfies HeifJob,
    transferList: [copy.buffer],
    // libheif and uncaught errors write to both.
    stdout: true,
    stderr: true,
    env: {},
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const outcome = Promise.withResolvers<RawPicture>();
  const damaged = (cause?: unknown) =>
    outcome.reject(
      new Problem(
        'IMAGE_UNREADABLE',
        'The HEIC picture is damaged or was cut off and cannot be decoded; take or export it again.',
        cause === undefined ? {} : { cause },
      ),
    );
  let loaded = false;
  worker.on('message', (answer: HeifAnswer) => {
    if (answer.is === 'loaded') loaded = true;
    else if (answer.is === 'decoded') outcome.resolve({ tiff: answer.tiff });
    else damaged();
  });
  // Before the decoder was there it is no fault of the file.
  worker.on('error', (error) => (loaded ? damaged(error) : outcome.reject(error)));
  worker.on('exit', () => damaged());
  const timer = setTimeout(
    () =>
      outcome.reject(
        new Problem(
          'IMAGE_UNREADABLE',
          'The HEIC picture takes too long to decode; send a smaller one, or a JPEG.',
        ),
      ),
    deadline,
  );
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
