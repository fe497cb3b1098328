import type { Migration } from '../migration.ts';

/** Presence sessions: proof that a certain person was there, asked for by a program. */
export const presence: Migration = {
  name: '0022-presence',
  up: ({ text, integer, bytes, strict }) => [
    `create table presence_session (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      lineage ${text} not null,
      created_by ${text} not null,
      link_hash ${text} not null,
      state ${text} not null,
      reason ${text},
      email_hash ${text},
      subject ${text},
      request_sealed ${bytes} not null,
      ttl_seconds ${integer} not null,
      single_use ${integer} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      session ${text},
      begun_at ${integer},
      decided_at ${integer},
      token_id ${text},
      token_sealed ${bytes},
      token_expires_at ${integer}
    )${strict}`,
    'create unique index presence_session_link on presence_session (link_hash)',
    'create unique index presence_session_token on presence_session (token_id)',
    'create unique index presence_session_session on presence_session (session)',
    'create index presence_session_created on presence_session (organization, world, created_at)',
    'create index presence_session_subject on presence_session (subject)',
    'create index presence_session_address on presence_session (organization, world, email_hash)',
  ],
};
