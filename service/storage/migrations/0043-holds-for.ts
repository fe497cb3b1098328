import type { Migration } from '../migration.ts';

/** Groups for which the false-match rate holds by which a face was compared: the tables of two releases may differ. */
export const holdsFor: Migration = {
  name: '0043-holds-for',
  up: ({ text }) => [`alter table verification add column holds_for ${text}`],
};
