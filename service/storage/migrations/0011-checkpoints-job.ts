import type { Migration } from '../migration.ts';

/** Jobs of the kind `checkpoints` do not exist any more: the running service signs the audit log by itself. */
export const checkpointsJob: Migration = {
  name: '0011-checkpoints-job',
  up: () => [
    "delete from job where kind = 'checkpoints'",
    "delete from job_schedule where name = 'checkpoints'",
  ],
};
