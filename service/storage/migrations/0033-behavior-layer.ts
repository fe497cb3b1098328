import type { Migration } from '../migration.ts';

/** Which learned layer of the behavior score an organization has chosen, who accepted the doubt about its licence, its own weights and zero. */
export const behaviorLayer: Migration = {
  name: '0033-behavior-layer',
  up: ({ text, integer, strict }) => [
    `create table behavior_layer (
      organization ${text} primary key references organization (id),
      layer ${text} not null,
      accepted_model ${text},
      accepted_by ${text},
      accepted_at ${integer},
      own_weights ${text},
      zero ${text}
    )${strict}`,
  ],
};
