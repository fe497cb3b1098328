import type { Migration } from '../migration.ts';

/** The token with which the first owner is made, as a hash, and the browser that has used it. One row at most. */
export const setup: Migration = {
  name: '0018-setup',
  up: ({ text, integer, strict }) => [
    `create table setup (
      id ${text} primary key,
      token_hash ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      claim_hash ${text},
      factor_owed ${integer} not null,
      mac ${text} not null
    )${strict}`,
  ],
};
