import type { Migration } from '../migration.ts';

/** Which enrollments are anchors: the first of each person, until an operator confirms others. */
export const anchors: Migration = {
  name: '0008-anchors',
  up: ({ text, integer }) => [
    `alter table template add column anchor ${integer} not null default 0`,
    // Ids of enrollments rise with time.
    'update template set anchor = 1 where enrollment in (select min(enrollment) from template group by subject)',
    // When keys enrolled pictures of the person lately: JSON, milliseconds.
    `alter table subject add column key_enrollments ${text} not null default '[]'`,
  ],
};
