import type { Migration } from '../migration.ts';

/**
 * Rows that open the box, protect it or agree to something are protected against a writer of the database without keys; the first
 * start protects those there are.
 */
export const rowMacs: Migration = {
  name: '0049-row-macs',
  up: ({ text }) =>
    ['organization', 'profile', 'destination_grant', 'webhook_endpoint', 'webhook_delivery', 'approval'].map(
      (table) => `alter table ${table} add column mac ${text}`,
    ),
};
