import type { Migration } from '../migration.ts';

/** A session that was passed without motion of the head waits for a person who decides, with what the decision needs. */
export const sessionReview: Migration = {
  name: '0034-session-review',
  up: ({ bytes }) => [`alter table live_session add column waiting_sealed ${bytes}`],
};
