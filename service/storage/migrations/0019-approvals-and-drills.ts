import type { Migration } from '../migration.ts';

/** What a second administrator has to confirm, and trials of backups. */
export const approvalsAndDrills: Migration = {
  name: '0019-approvals-and-drills',
  up: ({ text, integer, strict }) => [
    `alter table organization add column four_eyes ${integer} not null default 0`,
    `create table approval (
      id ${text} primary key,
      organization ${text} not null,
      world ${text},
      action ${text} not null,
      subject ${text},
      requested_by ${text} not null,
      requested_at ${integer} not null,
      expires_at ${integer} not null,
      decision ${text},
      decided_by ${text},
      decided_at ${integer}
    )${strict}`,
    'create index approval_organization on approval (organization, id)',
    'create index approval_subject on approval (subject)',
    `create table backup_drill (
      id ${text} primary key,
      backup ${text} not null,
      path ${text} not null,
      asked_by ${text} not null,
      asked_at ${integer} not null,
      finished_at ${integer},
      state ${text} not null,
      problems ${text},
      found ${text}
    )${strict}`,
  ],
};
