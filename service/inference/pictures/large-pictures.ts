import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';
import type { Clock } from '../../lib/clock.ts';
import type { Share } from '../../lib/fair/fair-queue.ts';
import { createFairSlots } from '../../lib/fair/fair-slots.ts';
import { Problem } from '../../lib/problem.ts';
import { formatOf, keptBytes } from './picture-format.ts';

/**
 * Runs the analysis of a picture: at once, or where its decoding may take much memory, when there is room for it. The work calls `ended` when
 * nothing decodes the picture any more, which may be after its answer.
 */
export type LargePictures = <T>(
  picture: Uint8Array,
  limits: { share: Share; deadline: number; signal?: AbortSignal | undefined },
  work: (ended: () => void) => Promise<T>,
) => Promise<T>;

export interface LargePicturesDeps {
  workers: number;
  /** Pictures that may wait. */
  waiting: number;
  clock: Clock;
  /** Bytes that this process may use. */
  memory?: number;
}

const MEMORY_OF_ONE = 4 * 1024 ** 3;

/**
 * Bounds how many pictures are decoded at once that take up to a gigabyte each: one for every 4 GiB of memory, at least one, at most one for
 * each worker. They are shared fairly. Throws OVERLOADED where too many wait, and TIMEOUT after `deadline` milliseconds of waiting.
 */
export function createLargePictures({
  workers,
  waiting,
  clock,
  memory = usableMemory(),
}: LargePicturesDeps): LargePictures {
  const inTurn = createFairSlots({
    atOnce: Math.max(1, Math.min(workers, Math.floor(memory / MEMORY_OF_ONE))),
    waiting,
    clock,
    busy: 'Too many large pictures are being decoded; try again shortly, or send a JPEG.',
  });
  return async (picture, { share, deadline, signal }, work) => {
    if (!mayBeLarge(picture)) return work(() => undefined);
    const late = AbortSignal.timeout(deadline);
    return new Promise((resolve, reject) => {
      const turn = () => new Promise<void>((ended) => resolve(work(ended)));
      inTurn(share, turn, AbortSignal.any(signal ? [signal, late] : [late])).catch((error) =>
        reject(error instanceof Problem ? error : tooLate(error)),
      );
    });
  };
}

/**
 * HEIC, HEIF, AVIF, interlaced PNG and JPEG in several scans are decoded as a whole, which a file of 1 kB can ask for: 49 megapixels took
 * 1.15 GB as AVIF, 430 MB as interlaced PNG, and 407 MB as JPEG with a scan for each of four components. Others are decoded in strips, or
 * reduced as they are read.
 */
function mayBeLarge(picture: Uint8Array): boolean {
  const { is } = formatOf(picture);
  if (is === 'jpeg')
    return keptBytes(Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength)) > MUCH_KEPT;
  return is === 'heif' || (is === 'png' && picture[INTERLACE_METHOD] !== 0);
}

/** 22 megapixels of three components: progressive photographs of phones have fewer. */
const MUCH_KEPT = 128 * 1024 ** 2;
/** Of the header, which is always the first chunk of a PNG. */
const INTERLACE_METHOD = 28;

const tooLate = (cause: unknown): Problem =>
  new Problem(
    'TIMEOUT',
    'The picture waited too long for other large pictures; try again shortly, or send a JPEG.',
    { cause },
  );

/** The machine's memory, or the limit of its container or unit where that is less. */
const usableMemory = (): number => Math.min(totalmem(), constrainedMemory() || totalmem());
