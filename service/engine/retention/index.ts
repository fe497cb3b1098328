export type { Retention, RetentionDeps, Sweep } from './retention.ts';
export { createRetention } from './retention.ts';
export type { Waiting, WaitingSweep } from './sweep-notes.ts';
export type { Erase, SweepOrder, SweepReport } from './sweep-steps.ts';
