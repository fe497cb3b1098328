import { Problem } from '../../lib/problem.ts';

/** INVALID_REQUEST about one field of the request. "It is empty." becomes 'The field "url" is empty.' */
export const invalid = (path: string, message: string): Problem =>
  new Problem('INVALID_REQUEST', message.replace(/^It /, `The field "${path}" `), {
    details: [{ path, message }],
  });
