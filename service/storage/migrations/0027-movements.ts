import type { Migration } from '../migration.ts';

/** How the face moved in the attempts of live sessions, for thirty days: a recording of it moves in the same way. */
export const movements: Migration = {
  name: '0027-movements',
  up: ({ text, integer, bytes, strict }) => [
    `create table live_movement (
      session ${text} not null,
      attempt ${integer} not null,
      organization ${text} not null,
      world ${text} not null,
      subject ${text},
      movement_sealed ${bytes} not null,
      created_at ${integer} not null,
      primary key (session, attempt)
    )${strict}`,
    'create index live_movement_realm on live_movement (organization, world, created_at)',
    'create index live_movement_subject on live_movement (subject, created_at)',
    'create index live_movement_time on live_movement (created_at)',
  ],
};
