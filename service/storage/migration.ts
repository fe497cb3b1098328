import { createHash } from 'node:crypto';

export type DialectName = 'sqlite' | 'postgres';

/** Column types of a dialect. */
export interface Columns {
  /** Ordered by code point on both, so that a page boundary is the same. */
  text: string;
  /** 64 bits; milliseconds, counts and truth values. */
  integer: string;
  /** 64-bit float. */
  real: string;
  bytes: string;
  /** After the closing parenthesis of a table: SQLite keeps to the column types too. */
  strict: string;
  /** In the place of `strict`, where a table is little more than its primary key: SQLite keeps the rows in the index of that key alone. */
  strictInKey: string;
}

/**
 * One step of the schema, only ever forward. `up` gives the SQL statements; what it gives, but for comments, is never changed after a
 * release, because its hash is compared with what a database recorded.
 *
 * Expand, then contract: a migration adds what programs from before it may leave out (tables, indexes, columns that are null or have a
 * default). What takes away or gives another meaning comes a release later, with `needs`, so that two releases can run side by side.
 */
export interface Migration {
  /** `0001-baseline`: four digits, then words. */
  name: string;
  up(columns: Columns): readonly string[];
  /** Numbers of the newest migration that a program must know in order to read, and to write, after this one. None: as before it. */
  needs?: { reader: number; writer: number };
  /** The schema of the release before, of which this first one takes the place. */
  replaces?: FormerSchema;
}

/** A schema that a list of other migrations made. */
export interface FormerSchema {
  /** Its newest migration. */
  name: string;
  /** SHA-256 over the JSON of names and hashes of its migrations in order, hex. */
  digest: Record<DialectName, string>;
  /** Makes of it what the migration that replaces it makes of nothing. */
  up(columns: Columns): readonly string[];
}

export const columnsOf: Record<DialectName, Columns> = {
  sqlite: {
    text: 'text',
    integer: 'integer',
    real: 'real',
    bytes: 'blob',
    strict: ' strict',
    strictInKey: ' strict, without rowid',
  },
  postgres: {
    text: 'text collate "C"',
    integer: 'bigint',
    real: 'double precision',
    bytes: 'bytea',
    strict: '',
    strictInKey: '',
  },
};

/** SHA-256 over the statements of one dialect without the lines that are comments, hex. */
export function migrationHash(statements: readonly string[]): string {
  return sha256(statements.map((statement) => statement.replaceAll(/^ *--.*\n/gm, '')));
}

export const schemaDigest = (applied: readonly { name: string; hash: string }[]): string =>
  sha256(applied.map(({ name, hash }) => [name, hash]));

const sha256 = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** Place of a schema in the order of releases: 0 for the one that the first of our migrations replaces. */
export const schemaNumber = (version: string, [first]: readonly Migration[]): number =>
  version === first?.replaces?.name ? 0 : Number(version.slice(0, 4));
