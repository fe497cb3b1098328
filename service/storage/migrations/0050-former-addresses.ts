import type { Migration } from '../migration.ts';

/** Addresses that a person had until lately, by their keyed hash; and which one a request for approval is about. */
export const formerAddresses: Migration = {
  name: '0050-former-addresses',
  up: ({ text, integer, strictInKey }) => [
    `create table former_address (
      organization ${text} not null references organization (id),
      world ${text} not null,
      email_hash ${text} not null,
      subject ${text},
      freed_at ${integer} not null,
      primary key (organization, world, email_hash)
    )${strictInKey}`,
    'create index former_address_subject on former_address (subject)',
    'create index former_address_freed on former_address (freed_at)',
    `alter table approval add column about ${text}`,
  ],
};
