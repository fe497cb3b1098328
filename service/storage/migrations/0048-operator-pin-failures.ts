import type { Migration } from '../migration.ts';

/** Wrong PINs of an operator in a row, at whatever kiosk. */
export const operatorPinFailures: Migration = {
  name: '0048-operator-pin-failures',
  up: ({ integer }) => [`alter table operator_pin add column failures ${integer} not null default 0`],
};
