import type { WireErrors } from '../../http/default-errors.ts';
import { fromWrongFields } from './translate.ts';

export const wireErrors: WireErrors = {
  INVALID_REQUEST: { status: 400, extra: fromWrongFields },
  // A profile is named by a field of the body, so an unknown one is an invalid field, not a missing page.
  PROFILE_NOT_FOUND: { status: 400 },
};
