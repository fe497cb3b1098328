export type { RecurringWorks, RecurringWorksDeps, Work, WorkKind, WorkState } from './recurring-works.ts';
export { createRecurringWorks, workKinds } from './recurring-works.ts';
