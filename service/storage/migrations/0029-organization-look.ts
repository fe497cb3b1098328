import type { Migration } from '../migration.ts';

/** How an organization looks to the people it verifies: a color, and a logo with its bytes apart. */
export const organizationLook: Migration = {
  name: '0029-organization-look',
  up: ({ text, bytes, strict }) => [
    `alter table organization add column color ${text}`,
    `alter table organization add column logo ${text}`,
    `create table organization_logo (
      organization ${text} primary key references organization (id),
      png ${bytes} not null
    )${strict}`,
  ],
};
