import type { WireErrors } from '../../http/default-errors.ts';
import { fromRefusal } from './translate.ts';

/** identity.txt, "Error Reference": 400, 401, 403, 409, 422, 429; the rest as contracts/README.md decides. */
export const wireErrors: WireErrors = {
  FACE_NOT_FOUND: { status: 422, extra: fromRefusal },
  SEVERAL_FACES: { status: 422, extra: fromRefusal },
  FACE_TOO_SMALL: { status: 422, extra: fromRefusal },
  FACE_QUALITY_REFUSED: { status: 422, extra: fromRefusal },
  REPLAYED_PICTURE: { status: 422, extra: fromRefusal },
  CHECK_FAILED: { status: 422, extra: fromRefusal },
  CONSENT_REQUIRED: { status: 422, extra: fromRefusal },
};
