import { z } from 'zod';

/** What `/api/admin/*` reads. Times are ISO 8601. The engine says what of it makes sense; here is how it is written. */

const KIB = 1024;

/** Bytes of a body: a CA certificate is the largest thing in one. */
export const bodyLimit = 128 * KIB;

/** For a call that needs no body: what is sent all the same must be empty. */
export const Nothing = z.strictObject({});

export const changesSomething = (change: object) =>
  Object.values(change).some((value) => value !== undefined);
export const NAME_ONE = 'Name at least one field to change.';
