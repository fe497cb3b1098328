import type { Verdict } from '../../../engine/verification/index.ts';
import type { VerdictReply } from './wire.ts';

/** In the words of `/api/verify`, with what an operator wants besides. */
export const fromVerdict = ({ verification, subject, match, source, ...rest }: Verdict): VerdictReply => ({
  ...rest,
  verificationId: verification,
  userId: subject?.id,
  email: subject?.email,
  capture: { source },
  match: { ...match, score: match.score ?? undefined, pictures: match.pictures ?? undefined },
});
