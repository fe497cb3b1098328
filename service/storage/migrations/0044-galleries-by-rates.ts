import type { Migration } from '../migration.ts';

const before = [
  'organization',
  'world',
  'scorer',
  'basis',
  'shift',
  'people',
  'compared',
  'pairs',
  'rate',
  'above',
];

/**
 * The same gallery is measured once for each scorer and the groups for which its rates hold, because the tables differ; measurements so far were made
 * with the average. The worst tenth of their people is not known: it had at least the share of all.
 */
export const galleriesByRates: Migration = {
  name: '0044-galleries-by-rates',
  up: ({ text, integer, real, strict }) => [
    `create table gallery_calibration_new (
      organization ${text} not null references organization (id),
      world ${text} not null,
      scorer ${text} not null,
      holds_for ${text} not null,
      basis ${text} not null,
      shift ${real} not null,
      people ${integer} not null,
      compared ${integer} not null,
      pairs ${integer} not null,
      rate ${real} not null,
      above ${integer} not null,
      worst_tenth ${real} not null,
      doubtful ${integer} not null,
      measured_at ${integer} not null,
      primary key (organization, world, scorer, holds_for)
    )${strict}`,
    `insert into gallery_calibration_new (${before.join(', ')}, measured_at, holds_for, worst_tenth, doubtful)
      select ${before.join(', ')}, measured_at, 'average', case when pairs = 0 then 0.0 else 1.0 * above / pairs end, 0
      from gallery_calibration`,
    'drop table gallery_calibration',
    'alter table gallery_calibration_new rename to gallery_calibration',
  ],
};
