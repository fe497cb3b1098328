import type { Migration } from '../migration.ts';

/** Who signs in, with what, and what is open at the moment. Codes and secrets are here as hashes and MACs only. */
export const administrators: Migration = {
  name: '0012-administrators',
  up: ({ text, integer, strict }) => [
    `create table administrator (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      email ${text} not null unique,
      name ${text} not null,
      role ${text} not null,
      appliance_owner ${integer} not null,
      password ${text},
      created_at ${integer} not null,
      disabled_at ${integer},
      last_sign_in_at ${integer},
      factor_due_at ${integer} not null,
      factor_required ${integer} not null,
      mac ${text} not null
    )${strict}`,
    'create index administrator_organization on administrator (organization)',
    `create table administrator_session (
      id ${text} primary key,
      administrator ${text} not null references administrator (id),
      secret_hash ${text} not null unique,
      created_at ${integer} not null,
      last_seen_at ${integer} not null,
      expires_at ${integer} not null,
      source ${text} not null,
      device ${text},
      factor_at ${integer},
      limited_to ${text},
      mac ${text} not null
    )${strict}`,
    'create index administrator_session_owner on administrator_session (administrator)',
    `create table passkey (
      id ${text} primary key,
      administrator ${text} not null references administrator (id),
      site ${text} not null,
      public_key ${text} not null,
      counter ${integer} not null,
      transports ${text} not null,
      name ${text} not null,
      created_at ${integer} not null,
      last_used_at ${integer},
      mac ${text} not null
    )${strict}`,
    'create index passkey_administrator on passkey (administrator)',
    `create table recovery_code (
      administrator ${text} not null references administrator (id),
      mac ${text} not null,
      created_at ${integer} not null,
      primary key (administrator, mac)
    )${strict}`,
    `create table one_time_code (
      administrator ${text} not null references administrator (id),
      purpose ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      mac ${text} not null,
      primary key (administrator, purpose)
    )${strict}`,
    `create table sign_in_ticket (
      hash ${text} primary key,
      administrator ${text} not null references administrator (id),
      purpose ${text} not null,
      source ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      mac ${text} not null
    )${strict}`,
    'create index sign_in_ticket_administrator on sign_in_ticket (administrator)',
    `create table passkey_challenge (
      holder ${text} primary key,
      challenge ${text} not null,
      created_at ${integer} not null,
      mac ${text} not null
    )${strict}`,
    `create table sign_in_failure (
      account ${text} not null,
      source ${text} not null,
      failures ${integer} not null,
      last_failed_at ${integer} not null,
      known_at ${integer},
      primary key (account, source)
    )${strict}`,
  ],
};
