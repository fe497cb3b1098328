import type { Migration } from '../migration.ts';

/** Scores of windows of confirmed people, from which the zero of a site is computed, and whether an organization lets it move. */
export const behaviorConfirmed: Migration = {
  name: '0037-behavior-confirmed',
  up: ({ text, integer, real, strict }) => [
    `create table behavior_confirmed (
      organization ${text} not null references organization (id),
      person ${text} not null,
      weights ${text} not null,
      z ${real} not null,
      day ${integer} not null
    )${strict}`,
    'create index behavior_confirmed_organization on behavior_confirmed (organization, day)',
    'create index behavior_confirmed_person on behavior_confirmed (organization, person)',
    `alter table behavior_layer add column adapts ${integer} not null default 0`,
  ],
};
