import type { Migration } from '../migration.ts';

/** People with a provisional template are counted by the index alone, without the rows, whose vectors are long. */
export const provisionalRealm: Migration = {
  name: '0046-provisional-realm',
  up: () => [
    'create index provisional_template_realm on provisional_template (world, organization, subject)',
  ],
};
