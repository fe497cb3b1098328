import { defaultErrors, type WireErrors } from '../../http/default-errors.ts';
import { type ProblemCode, problemCodes } from '../../lib/problem.ts';
import { fromWrongFields } from './translate.ts';

/** Every error has `failure_code`; it is null but for a user who is not registered. */
const withFailureCode = Object.fromEntries(
  problemCodes.map((code) => [
    code,
    { status: defaultErrors[code].status, extra: () => ({ failure_code: null }) },
  ]),
) as Record<ProblemCode, { status: number; extra: () => { failure_code: null } }>;

export const wireErrors: WireErrors = {
  ...withFailureCode,
  SUBJECT_NOT_FOUND: { status: 404, extra: () => ({ failure_code: 'DOES_NOT_EXIST' }) },
  INVALID_REQUEST: {
    status: 400,
    extra: (problem) => ({ ...fromWrongFields(problem), failure_code: null }),
  },
};
