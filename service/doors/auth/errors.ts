import type { WireErrors } from '../../http/default-errors.ts';
import { defined } from '../../lib/defined.ts';

/** identity.txt: past the deadline, sign-in answers 403 "2FA enrollment required". */
export const wireErrors: WireErrors = {
  SECOND_FACTOR_REQUIRED: {
    status: 403,
    // With it and a one-time code a factor can be enrolled.
    extra: ({ extra: { sessionToken } }) => defined({ sessionToken }),
  },
};
