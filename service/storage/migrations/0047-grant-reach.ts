import type { Migration } from '../migration.ts';

/**
 * Where a grant reaches: every address, or public ones only. What an administrator granted who may not act on the whole box reaches
 * public addresses from here on.
 */
export const grantReach: Migration = {
  name: '0047-grant-reach',
  up: ({ text }) => [
    `alter table destination_grant add column reach ${text} not null default 'any'
      check (reach in ('any', 'public'))`,
    `update destination_grant set reach = 'public'
      where created_by like 'administrator:%'
        and created_by not in (select 'administrator:' || id from administrator where appliance_owner = 1)`,
  ],
};
