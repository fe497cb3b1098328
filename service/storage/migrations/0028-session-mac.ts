import type { Migration } from '../migration.ts';

/** Rows of live sessions are protected against a writer of the database without keys. */
export const sessionMac: Migration = {
  name: '0028-session-mac',
  up: ({ text }) => [`alter table live_session add column mac ${text}`],
};
