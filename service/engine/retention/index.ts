export type { Retention, RetentionDeps, Sweep } from './retention.ts';
export { createRetention } from './retention.ts';
export type { Waiting, WaitingSweep } from './sweep-notes.ts';
export type { SweepReport } from './sweep-report.ts';
export { flatReport } from './sweep-report.ts';
export type { Erase, SweepOrder } from './sweep-steps.ts';
