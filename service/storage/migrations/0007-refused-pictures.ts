import type { Migration } from '../migration.ts';

/**
 * Pictures that liveness refused, for a day, and a keyed hash of every enrolled picture from now on. Pictures enrolled
 * before have none: what was not kept cannot be compared.
 */
export const refusedPictures: Migration = {
  name: '0007-refused-pictures',
  up: ({ text, integer, strict }) => [
    `create table refused_picture (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      lineage ${text} not null,
      source_hash ${text} not null,
      picture_hash ${text} not null,
      created_at ${integer} not null
    )${strict}`,
    'create index refused_picture_source on refused_picture (lineage, source_hash, created_at)',
    'create index refused_picture_hash on refused_picture (lineage, picture_hash, created_at)',
    'create index refused_picture_time on refused_picture (created_at)',
    `alter table template add column picture_hash ${text}`,
    'create index template_picture on template (picture_hash)',
  ],
};
