import type { Migration } from '../migration.ts';

/** Scopes in which each human counts once, their members, and newcomers who wait for a reviewer. */
export const uniqueness: Migration = {
  name: '0024-uniqueness',
  up: ({ text, integer, real, strict }) => [
    `create table uniqueness_scope (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      name ${text} not null,
      state ${text} not null,
      epoch ${integer} not null,
      false_flag_rate ${real} not null,
      review_rate ${real} not null,
      on_erasure ${text} not null,
      retention_days ${integer},
      ends_at ${integer},
      created_at ${integer} not null,
      ended_at ${integer},
      unique (organization, world, name)
    )${strict}`,
    'create index uniqueness_scope_state on uniqueness_scope (state, ends_at)',
    `create table uniqueness_member (
      id ${text} primary key,
      organization ${text} not null,
      world ${text} not null,
      scope ${text} not null references uniqueness_scope (id),
      epoch ${integer} not null,
      subject ${text} not null unique,
      account ${text},
      reference_hash ${text},
      leaving ${integer} not null default 0,
      joined_at ${integer} not null,
      last_seen_at ${integer} not null
    )${strict}`,
    'create index uniqueness_member_scope on uniqueness_member (scope, epoch, last_seen_at)',
    'create index uniqueness_member_account on uniqueness_member (account)',
    'create index uniqueness_member_leaving on uniqueness_member (leaving)',
    `create table uniqueness_wait (
      item ${text} primary key,
      organization ${text} not null,
      world ${text} not null,
      scope ${text} not null references uniqueness_scope (id),
      session ${text} not null unique,
      created_at ${integer} not null,
      due_at ${integer} not null
    )${strict}`,
    'create index uniqueness_wait_due on uniqueness_wait (due_at)',
    `alter table subject add column member_of ${text}`,
    'create index subject_member_of on subject (member_of)',
  ],
};
