export { exampleOfSweep, SweepReport, type Waiting, type WaitingSweep } from './due.ts';
export type { Erase, SweepOrder } from './find-due.ts';
export { createRetention, type Retention, type RetentionDeps } from './retention.ts';
export { Sweep } from './run-sweep.ts';
