import type { WireErrors } from '../../http/default-errors.ts';
import { defined } from '../../lib/defined.ts';
import type { Problem } from '../../lib/problem.ts';

/** Further fields of an error after the analysis of a picture. */
const judged = ({ extra: { reason, verification, checkResults } }: Problem) =>
  defined({ reason, verificationId: verification, checkResults });

export const adminErrors: WireErrors = {
  DUPLICATE_IDENTITY: { status: 409, extra: ({ extra: { review } }) => defined({ review }) },
  APPROVAL_REQUIRED: { status: 403, extra: ({ extra: { approval } }) => defined({ approval }) },
  FACE_NOT_FOUND: { status: 422, extra: judged },
  SEVERAL_FACES: { status: 422, extra: judged },
  FACE_TOO_SMALL: { status: 422, extra: judged },
  FACE_QUALITY_REFUSED: { status: 422, extra: judged },
  REPLAYED_PICTURE: { status: 422, extra: judged },
  CHECK_FAILED: { status: 422, extra: judged },
  // The path names it.
  PROFILE_NOT_FOUND: { status: 404 },
};
