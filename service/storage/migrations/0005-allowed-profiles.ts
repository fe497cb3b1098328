import type { Migration } from '../migration.ts';

/** Which profiles the callers of an organization may name, and those of one key. */
export const allowedProfiles: Migration = {
  name: '0005-allowed-profiles',
  up: ({ text }) => [
    `alter table organization add column allowed_profiles ${text}`,
    `alter table api_key add column profiles ${text} not null default '[]'`,
  ],
};
