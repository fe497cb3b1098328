import type { Migration } from '../migration.ts';

/** What an organization's own gallery raises thresholds by; and by which scorer, pictures and rise a verification was decided. */
export const galleryCalibration: Migration = {
  name: '0009-gallery-calibration',
  up: ({ text, integer, real, strict }) => [
    `create table gallery_calibration (
      organization ${text} not null references organization (id),
      world ${text} not null,
      scorer ${text} not null,
      basis ${text} not null,
      shift ${real} not null,
      people ${integer} not null,
      compared ${integer} not null,
      pairs ${integer} not null,
      rate ${real} not null,
      above ${integer} not null,
      measured_at ${integer} not null,
      primary key (organization, world, scorer)
    )${strict}`,
    `alter table verification add column scorer ${text}`,
    `alter table verification add column pictures ${integer}`,
    `alter table verification add column gallery_shift ${real}`,
  ],
};
