import type { CaptureLink, FrameAnswer } from '../../engine/matching/index.ts';
import { Problem } from '../../lib/problem.ts';

/** Answer to the page for one frame. */
export type WireAnswer = FrameAnswer | { is: 'refused'; code: string; message: string };

/** A frame that cannot be looked at is answered too: the page waits for an answer before it sends the next. Throws MISSING_AUTH once the session has ended. */
export async function answerFrame(
  link: Pick<CaptureLink, 'submitFrame'>,
  frame: Uint8Array,
): Promise<WireAnswer> {
  try {
    return await link.submitFrame(frame);
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'MISSING_AUTH') throw error;
    // Busy workers: the next frame will do.
    if (error.code === 'OVERLOADED' || error.code === 'TIMEOUT') return { is: 'dropped' };
    return { is: 'refused', code: error.code, message: error.message };
  }
}
