import type { Migration } from '../migration.ts';

/** Live sessions of people in front of a camera, and keyed hashes of the frames of those that ended. */
export const sessions: Migration = {
  name: '0021-sessions',
  up: ({ text, integer, bytes, strict }) => [
    `create table live_session (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      flow ${text} not null,
      state ${text} not null,
      token_hash ${text} not null unique,
      follower_hash ${text} unique,
      actor ${text} not null,
      profile ${text} not null,
      matching ${text} not null,
      email_hash ${text},
      verification ${text},
      subject ${text},
      order_sealed ${bytes},
      device_sealed ${bytes},
      answer_sealed ${bytes},
      consent_version ${text},
      consent_at ${integer},
      flash ${integer},
      motion ${integer},
      attempts ${integer} not null,
      running_since ${integer},
      held_until ${integer},
      decision ${text},
      decided_at ${integer},
      outcome ${text},
      created_at ${integer} not null,
      opened_at ${integer},
      expires_at ${integer} not null
    )${strict}`,
    'create index live_session_realm on live_session (organization, world, id)',
    'create index live_session_undecided on live_session (expires_at) where decision is null',
    'create index live_session_subject on live_session (subject)',
    'create index live_session_email on live_session (email_hash)',
    'create index live_session_age on live_session (organization, world, created_at)',
    `create table live_frame (
      organization ${text} not null,
      hash ${text} not null,
      session ${text} not null,
      created_at ${integer} not null,
      primary key (organization, hash)
    )${strict}`,
    'create index live_frame_time on live_frame (created_at)',
  ],
};
