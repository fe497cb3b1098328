import type { Migration } from '../migration.ts';

/** Saved hosted flows: what is edited, and the copy of it that is published; and where the organization lets them lead back to. */
export const flows: Migration = {
  name: '0016-flows',
  up: ({ text, integer, strict }) => [
    `create table flow (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      slug ${text} not null unique,
      definition ${text} not null,
      published ${text},
      published_at ${integer},
      published_by ${text},
      created_at ${integer} not null,
      created_by ${text} not null,
      changed_at ${integer} not null,
      changed_by ${text} not null
    )${strict}`,
    'create index flow_organization on flow (organization, id)',
    `alter table organization add column redirect_targets ${text}`,
  ],
};
