export type { Idempotency, IdempotencyDeps, Repeat, RepeatableRequest } from './idempotency.ts';
export { createIdempotency } from './idempotency.ts';
