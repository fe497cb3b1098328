import type { Migration } from '../migration.ts';

/** The date of birth that an operator has approved. */
export const hostedAndRegistrations: Migration = {
  name: '0023-hosted-and-registrations',
  up: ({ bytes }) => [`alter table subject add column birth_date_sealed ${bytes}`],
};
