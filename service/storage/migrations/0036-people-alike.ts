import type { Migration } from '../migration.ts';

/** How many enrolled people one picture of a search matched; null where it was one or none, and for what was written before. */
export const peopleAlike: Migration = {
  name: '0036-people-alike',
  up: ({ integer }) => [`alter table verification add column people_alike ${integer}`],
};
