import type { Columns, Migration } from '../migration.ts';

const verdictColumns = [
  ...['id', 'token_hash', 'organization', 'world', 'lineage', 'kind', 'user_hash', 'human', 'confidence'],
  ...['evidence', 'agent', 'notes', 'parts', 'judged_at', 'expires_at', 'mac'],
];
const windowColumns = ['organization', 'world', 'fingerprint', 'sid_hash', 'seq', 'up_ms', 'seen_at'];

/** Makes the table again with what is in it: SQLite cannot change the primary key of one that is there. */
const madeAgain = (table: string, columns: readonly string[], create: (name: string) => string) => [
  create(`${table}_new`),
  `insert into ${table}_new (${columns.join(', ')}) select ${columns.join(', ')} from ${table}`,
  `drop table ${table}`,
  `alter table ${table}_new rename to ${table}`,
];

/**
 * Thousands of rows a second: verdicts are found by organization and time with their primary key, and new windows lie side by side. A
 * window is found by the first characters of its fingerprint, which are evenly distributed: this index is the only one in which new rows
 * fall at random places, and it is a quarter as large as the one before.
 */
export const smallerVerdictIndexes: Migration = {
  name: '0039-smaller-verdict-indexes',
  up: (columns) => [
    ...madeAgain('behavior_verdict', verdictColumns, (name) => createVerdicts(name, columns)),
    'create index behavior_verdict_expiry on behavior_verdict (expires_at)',
    ...madeAgain('behavior_window', windowColumns, (name) => createWindows(name, columns)),
    'create index behavior_window_print on behavior_window (substr(fingerprint, 1, 8))',
  ],
};

const createVerdicts = (name: string, { text, integer, real, strict }: Columns) => `create table ${name} (
      id ${text} not null,
      token_hash ${text} not null unique,
      organization ${text} not null references organization (id),
      world ${text} not null,
      lineage ${text} not null,
      kind ${text} not null,
      user_hash ${text} not null,
      human ${integer} not null,
      confidence ${real} not null,
      evidence ${real} not null,
      agent ${text},
      notes ${text} not null,
      parts ${text},
      judged_at ${integer} not null,
      expires_at ${integer} not null,
      mac ${text} not null,
      primary key (organization, world, id)
    )${strict}`;

const createWindows = (name: string, { text, integer, real, strict }: Columns) => `create table ${name} (
      organization ${text} not null references organization (id),
      world ${text} not null,
      fingerprint ${text} not null,
      sid_hash ${text} not null,
      seq ${integer} not null,
      up_ms ${real} not null,
      seen_at ${integer} not null,
      primary key (seen_at, fingerprint, organization, world)
    )${strict}`;
