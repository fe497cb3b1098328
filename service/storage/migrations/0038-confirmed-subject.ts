import type { Migration } from '../migration.ts';

/** Whose window a figure of a confirmed person is of, so that an erasure reaches it. What was kept before names no person: it goes. */
export const confirmedSubject: Migration = {
  name: '0038-confirmed-subject',
  up: ({ text }) => [
    'delete from behavior_confirmed',
    `alter table behavior_confirmed add column subject ${text}`,
    `alter table behavior_confirmed add column email_hash ${text}`,
    'create index behavior_confirmed_subject on behavior_confirmed (subject)',
  ],
};
