import type { Migration } from '../../service/storage/migration.ts';

export const lockers: Migration = {
  name: '0002-lockers',
  up: ({ text, integer, strict }) => [
    `create table locker (
      id ${text} primary key,
      organization ${text} not null references organization (id),
      name ${text} not null,
      floor ${integer} not null,
      doors ${integer} not null,
      size ${text} not null,
      added_by ${text} not null,
      added_at ${integer} not null
    ) ${strict}`,
    'create index locker_organization on locker (organization, id)',
  ],
};
