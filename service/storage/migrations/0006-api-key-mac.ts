import type { Migration } from '../migration.ts';

/** Rows of API keys are protected against a writer of the database without keys; the first start protects those there are. */
export const apiKeyMac: Migration = {
  name: '0006-api-key-mac',
  up: ({ text }) => [`alter table api_key add column mac ${text}`],
};
