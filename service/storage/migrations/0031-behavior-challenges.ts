import type { Migration } from '../migration.ts';

/** Visual challenges of the behavior family, and the heartbeats that follow a verification. */
export const behaviorChallenges: Migration = {
  name: '0031-behavior-challenges',
  up: ({ text, integer, strict }) => [
    `create table behavior_challenge (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      lineage ${text} not null,
      user_hash ${text} not null,
      type ${text} not null,
      accessible ${integer} not null,
      state ${text} not null,
      attempts ${integer} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      last_answer_at ${integer},
      answer_mac ${text} not null
    )${strict}`,
    'create index behavior_challenge_state on behavior_challenge (organization, world, lineage, state, last_answer_at)',
    'create index behavior_challenge_expiry on behavior_challenge (expires_at)',
    `create table behavior_session (
      token_hash ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      state ${text} not null,
      anomaly ${integer} not null,
      beat_at ${integer} not null,
      expires_at ${integer} not null,
      mac ${text} not null
    )${strict}`,
    'create index behavior_session_expiry on behavior_session (expires_at)',
  ],
};
