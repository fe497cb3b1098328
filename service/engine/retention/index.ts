export type { Erase, SweepOrder } from './erase-due.ts';
export type { Retention, RetentionDeps } from './retention.ts';
export { createRetention } from './retention.ts';
export { Sweep } from './run-sweep.ts';
export type { Waiting, WaitingSweep } from './sweep-notes.ts';
export { exampleOfSweep, SweepReport } from './sweep-report.ts';
