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
 * One step of the schema, only ever forward. `up` gives the SQL statements; what it gives is never changed after a
 * release, because its hash is compared with what a database recorded.
 */
export interface Migration {
  /** `0001-ground`: four digits, then words. */
  name: string;
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

/** SHA-256 over the statements of one dialect, hex. */
export function migrationHash(statements: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(statements)).digest('hex');
}
