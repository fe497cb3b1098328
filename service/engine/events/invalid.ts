import { Problem } from '../../lib/problem.ts';

/** INVALID_REQUEST about one field, as the caller spells it. */
export const invalid = (path: string, message: string): Problem =>
  new Problem('INVALID_REQUEST', message, { details: [{ path, message }] });
