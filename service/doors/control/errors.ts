import type { WireErrors } from '../../http/default-errors.ts';
import type { Problem } from '../../lib/problem.ts';

/** What the operator is told beside the sentence, where a picture was judged. */
const judged = ({ extra }: Problem) => ({
  ...(extra.reason === undefined ? {} : { reason: extra.reason }),
  ...(extra.checkResults === undefined ? {} : { checkResults: extra.checkResults }),
});

export const controlErrors: WireErrors = {
  FACE_NOT_FOUND: { status: 422, extra: judged },
  SEVERAL_FACES: { status: 422, extra: judged },
  FACE_TOO_SMALL: { status: 422, extra: judged },
  FACE_QUALITY_REFUSED: { status: 422, extra: judged },
  REPLAYED_PICTURE: { status: 422, extra: judged },
  CHECK_FAILED: { status: 422, extra: judged },
};
