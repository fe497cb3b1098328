import type { Migration } from '../migration.ts';

const windowColumns = 'organization, world, fingerprint, sid_hash, seq, up_ms, seen_at';

/**
 * A window is known again by the primary key of its table. The zero of a site's own people is no longer measured: figures of confirmed
 * people go, and what was set by them.
 */
export const plainBehavior: Migration = {
  name: '0002-plain-behavior',
  needs: { reader: 2, writer: 2 },
  up: ({ text, integer, real, strict }) => [
    `create table behavior_window_new (
      organization ${text} not null references organization (id),
      world ${text} not null,
      fingerprint ${text} not null,
      sid_hash ${text} not null,
      seq ${integer} not null,
      up_ms ${real} not null,
      seen_at ${integer} not null,
      primary key (organization, world, fingerprint)
    )${strict}`,
    // As it was first seen. SQLite reads a conflict clause after a select only behind a condition.
    `insert into behavior_window_new (${windowColumns})
      select ${windowColumns} from behavior_window where true order by seen_at on conflict do nothing`,
    'drop table behavior_window',
    'alter table behavior_window_new rename to behavior_window',
    'create index behavior_window_age on behavior_window (seen_at)',
    'drop table behavior_window_print',
    'drop table behavior_window_indexed',
    'drop table behavior_confirmed',
    'alter table behavior_layer drop column zero',
    'alter table behavior_layer drop column adapts',
    `delete from job_schedule where name = 'behavior-zero'`,
    `delete from job where kind = 'behavior-zero'`,
  ],
};
