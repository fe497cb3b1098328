import type { Migration } from '../migration.ts';

/** The record: consent that ends, erasure, an audit chain, limits, keys that rotate, backups, the outbox. */
export const record: Migration = {
  name: '0002-record',
  up: ({ text, integer, bytes, strict }) => [
    `alter table organization add column retention ${text} not null default '{}'`,
    `alter table organization add column limits ${text} not null default '{}'`,
    `alter table organization add column attestation ${text}`,
    `alter table organization add column erased_at ${integer}`,

    `alter table api_key add column cidrs ${text} not null default '[]'`,
    `alter table api_key add column limits ${text} not null default '{}'`,
    `alter table api_key add column successor ${text}`,

    `alter table subject add column last_used_at ${integer}`,
    `alter table subject add column withheld ${text} not null default '[]'`,
    `alter table template add column transform ${integer} not null default 0`,
    // For what walks an organization in pages: without them each page would sort all of its rows.
    'create index template_organization on template (organization, id)',
    'create index verification_organization on verification (organization, id)',

    `alter table consent add column recorded_through ${text} not null default 'integrator'
      check (recorded_through in ('integrator', 'operator', 'self'))`,
    `alter table consent add column expires_at ${integer}`,
    `create table consent_withdrawal (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      subject ${text} not null references subject (id),
      purpose ${text} not null,
      withdrawn_at ${integer} not null,
      recorded_by ${text} not null,
      recorded_through ${text} not null check (recorded_through in ('integrator', 'operator', 'self'))
    )${strict}`,
    'create index consent_withdrawal_subject on consent_withdrawal (subject, withdrawn_at)',

    `create table legal_hold (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      subject ${text} not null references subject (id),
      reason_sealed ${bytes} not null,
      placed_by ${text} not null,
      placed_at ${integer} not null,
      released_by ${text},
      released_at ${integer}
    )${strict}`,
    'create index legal_hold_subject on legal_hold (subject, placed_at)',

    `create table retention_sweep (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      started_at ${integer} not null,
      finished_at ${integer},
      actor ${text} not null,
      report ${text} not null
    )${strict}`,
    'create index retention_sweep_organization on retention_sweep (organization, started_at)',

    `create table erasure (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      subject ${text} not null,
      state ${text} not null check (state in ('intended', 'key-destroyed', 'pending', 'done')),
      reason ${text} not null,
      actor ${text} not null,
      request ${text},
      intended_at ${integer} not null,
      completed_at ${integer},
      copies ${text} not null default '[]',
      receipt ${text}
    )${strict}`,
    'create index erasure_state on erasure (state, id)',
    'create index erasure_subject on erasure (organization, subject)',
    'create index erasure_organization on erasure (organization, id)',

    `alter table audit add column seq ${integer}`,
    `alter table audit add column subject ${text}`,
    `alter table audit add column personal_sealed ${bytes}`,
    `alter table audit add column previous_hash ${text}`,
    `alter table audit add column hash ${text}`,
    'create unique index audit_seq on audit (seq)',
    'create index audit_subject on audit (subject, at)',
    'create index audit_target on audit (target)',
    `create table audit_checkpoint (
      seq ${integer} primary key not null,
      hash ${text} not null,
      at ${integer} not null,
      kind ${text} not null,
      previous ${integer} not null,
      kid ${text} not null,
      signature ${text} not null
    )${strict}`,

    `create table outbox (
      id ${text} primary key not null,
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      type ${text} not null,
      subject ${text},
      payload ${text} not null,
      personal_sealed ${bytes},
      created_at ${integer} not null,
      relayed_at ${integer}
    )${strict}`,
    'create index outbox_relayed on outbox (relayed_at, id)',
    'create index outbox_subject on outbox (subject)',
    'create index outbox_realm on outbox (organization, world, created_at)',

    `create table usage_counter (
      name ${text} not null,
      period ${integer} not null,
      used ${integer} not null,
      updated_at ${integer} not null,
      primary key (name, period)
    )${strict}`,
    `create table claim (
      organization ${text} not null references organization (id),
      world ${text} not null check (world in ('live', 'test')),
      claim_hash ${text} not null,
      failures ${integer} not null,
      last_failed_at ${integer} not null,
      disabled_at ${integer},
      primary key (organization, world, claim_hash)
    )${strict}`,

    `create table backup_plan (
      folder ${text} primary key not null,
      every_minutes ${integer} not null,
      keep ${integer} not null,
      set_by ${text} not null,
      set_at ${integer} not null
    )${strict}`,
    `create table backup_run (
      id ${text} primary key not null,
      path ${text} not null,
      started_at ${integer} not null,
      finished_at ${integer},
      bytes ${integer},
      outcome ${text} not null check (outcome in ('running', 'done', 'failed')),
      reason ${text},
      origin ${text} not null check (origin in ('operator', 'schedule')),
      verified_at ${integer}
    )${strict}`,
  ],
};
