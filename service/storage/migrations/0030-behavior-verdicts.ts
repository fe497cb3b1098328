import type { Migration } from '../migration.ts';

/** Verdicts on behavior with their tokens, the windows that they judged, and how many there were of each score. */
export const behaviorVerdicts: Migration = {
  name: '0030-behavior-verdicts',
  up: ({ text, integer, real, strict }) => [
    `alter table organization add column behavior ${text}`,
    `create table behavior_verdict (
      id ${text} primary key,
      token_hash ${text} not null unique,
      organization ${text} not null references organization (id),
      world ${text} not null,
      lineage ${text} not null,
      kind ${text} not null,
      user_hash ${text} not null,
      human ${integer} not null,
      confidence ${real} not null,
      evidence ${real} not null,
      agent ${text},
      notes ${text} not null,
      parts ${text},
      judged_at ${integer} not null,
      expires_at ${integer} not null,
      mac ${text} not null
    )${strict}`,
    'create index behavior_verdict_realm on behavior_verdict (organization, world, id)',
    'create index behavior_verdict_expiry on behavior_verdict (expires_at)',
    `create table behavior_window (
      organization ${text} not null references organization (id),
      world ${text} not null,
      fingerprint ${text} not null,
      sid_hash ${text} not null,
      seq ${integer} not null,
      up_ms ${real} not null,
      seen_at ${integer} not null,
      primary key (organization, world, fingerprint)
    )${strict}`,
    'create index behavior_window_age on behavior_window (seen_at)',
    `create table behavior_tally (
      organization ${text} not null references organization (id),
      world ${text} not null,
      day ${integer} not null,
      score ${integer} not null,
      verdicts ${integer} not null,
      agents ${integer} not null,
      primary key (organization, world, day, score)
    )${strict}`,
  ],
};
