import { specOf } from '../../service/storage/keys/protected-tables.ts';
import type { Migration } from '../../service/storage/migration.ts';
import { migrations } from '../../service/storage/migrations/index.ts';

export type NextRelease = 'expand' | 'contract';

/** Adds to the tables that every request reads, and a column that the MAC of an organization covers. */
const expand: Migration = {
  name: '9001-expand',
  up: ({ text, integer, strict }) => [
    `alter table organization add column motto ${text}`,
    `alter table subject add column floor ${integer}`,
    `create table next_note (id ${text} primary key not null, subject ${text} not null references subject (id) on delete cascade)${strict}`,
    'create index subject_floor on subject (floor) where floor is not null',
  ],
};

/** Takes from programs from before what they write. */
const contract: Migration = {
  name: '9002-contract',
  needs: { reader: 9001, writer: 9001 },
  up: () => ['alter table organization drop column color'],
};

/** Makes of this process a program of a later release. Before anything is opened. */
export function becomeNextRelease(release: NextRelease): void {
  const known = migrations as Migration[];
  known.push(...(release === 'contract' ? [expand, contract] : [expand]));
  specOf('organization').parts = [['motto']];
}
