import type { Migration } from '../migration.ts';

/**
 * The index in which windows are found by the beginnings of their fingerprints is a table, so that it can be filled later than the windows
 * are written, many at a time and in its own order: at random places each window changes a page of its own on disk. Every window that was
 * seen before `behavior_window_indexed.before` is in it; without a row there, none needs to be.
 */
export const windowPrints: Migration = {
  name: '0041-window-prints',
  up: ({ text, integer, strict, strictInKey }) => [
    'drop index behavior_window_print',
    `create table behavior_window_print (
      print ${text} not null,
      seen_at ${integer} not null,
      primary key (print, seen_at)
    )${strictInKey}`,
    `insert into behavior_window_print (print, seen_at)
      select distinct substr(fingerprint, 1, 8), seen_at from behavior_window`,
    `create table behavior_window_indexed (before ${integer} not null)${strict}`,
    // A new database has no row: a restore writes all of them.
    `insert into behavior_window_indexed (before)
      select seen_at + 1 from behavior_window order by seen_at desc limit 1`,
  ],
};
