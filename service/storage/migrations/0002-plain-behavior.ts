import type { Migration } from '../migration.ts';

/** The zero of a site's own people is no longer measured: figures of confirmed people go, and what was set by them. */
export const plainBehavior: Migration = {
  name: '0002-plain-behavior',
  needs: { reader: 2, writer: 2 },
  up: () => [
    'drop table behavior_confirmed',
    'alter table behavior_layer drop column zero',
    'alter table behavior_layer drop column adapts',
    `delete from job_schedule where name = 'behavior-zero'`,
    `delete from job where kind = 'behavior-zero'`,
  ],
};
