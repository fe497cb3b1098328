import type { Migration } from '../migration.ts';

/** Paired devices, and the PINs with which operators sign in at one. */
export const kiosks: Migration = {
  name: '0017-kiosks',
  up: ({ text, integer, strict }) => [
    `create table kiosk (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      world ${text} not null,
      name ${text} not null,
      public_key ${text} not null,
      paired_at ${integer} not null,
      revoked_at ${integer},
      last_seen_at ${integer},
      pin_failures ${integer} not null,
      mac ${text} not null
    )${strict}`,
    'create index kiosk_organization on kiosk (organization)',
    `create table operator_pin (
      administrator ${text} primary key,
      hash ${text} not null,
      set_at ${integer} not null,
      mac ${text} not null
    )${strict}`,
  ],
};
