import type { Migration } from '../migration.ts';

/** What an event keeps until it is delivered, apart from the rest. Verdicts that builds before wrote held their token in plain text. */
export const untilDelivered: Migration = {
  name: '0035-until-delivered',
  up: ({ bytes }) => [
    `alter table outbox add column until_delivered_sealed ${bytes}`,
    'create index outbox_until_delivered on outbox (created_at) where until_delivered_sealed is not null',
    "delete from outbox where type = 'behavior.judged'",
  ],
};
