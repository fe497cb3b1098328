import type { Migration } from '../migration.ts';

/** Which tokens for one use were used, and the answers to requests with an `Idempotency-Key`. */
export const tokens: Migration = {
  name: '0025-tokens',
  up: ({ text, integer, bytes, strict }) => [
    `create table token_use (
      jti ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      used_at ${integer} not null,
      expires_at ${integer} not null
    )${strict}`,
    'create index token_use_expiry on token_use (expires_at)',
    `create table idempotent_reply (
      organization ${text} not null references organization (id),
      world ${text} not null,
      caller ${text} not null,
      key_hash ${text} not null,
      fingerprint ${text} not null,
      run ${text} not null,
      started_at ${integer} not null,
      status ${integer},
      reply_sealed ${bytes},
      primary key (organization, world, caller, key_hash)
    )${strict}`,
    'create index idempotent_reply_start on idempotent_reply (started_at)',
  ],
};
