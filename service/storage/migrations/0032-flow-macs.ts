import type { Migration } from '../migration.ts';

/** Rows whose state callers poll are protected against a writer of the database without keys. */
export const flowMacs: Migration = {
  name: '0032-flow-macs',
  up: ({ text }) =>
    ['hosted_link', 'registration', 'presence_session'].map(
      (table) => `alter table ${table} add column mac ${text}`,
    ),
};
