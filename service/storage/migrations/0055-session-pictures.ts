import type { Migration } from '../migration.ts';

/** While a person decides about a session: pictures of its last attempt, where the person agreed to that. */
export const sessionPictures: Migration = {
  name: '0055-session-pictures',
  up: ({ bytes }) => [`alter table live_session add column pictures_sealed ${bytes}`],
};
