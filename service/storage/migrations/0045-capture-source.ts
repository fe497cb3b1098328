import type { Migration } from '../migration.ts';

/** Where the pictures of a verification came from: a kiosk of the box, the page of a live session, or a caller who sent them. */
export const captureSource: Migration = {
  name: '0045-capture-source',
  up: ({ text }) => [`alter table verification add column capture_source ${text}`],
};
