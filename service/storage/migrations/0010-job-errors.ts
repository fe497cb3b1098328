import type { Migration } from '../migration.ts';

/** Errors of jobs held what receivers and mail servers said, which no erasure found once the delivery was pruned. */
export const jobErrors: Migration = {
  name: '0010-job-errors',
  up: () => [`update job set last_error = 'recorded by an earlier version' where last_error is not null`],
};
