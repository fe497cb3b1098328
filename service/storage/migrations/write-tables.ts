import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { tablesMadeBy } from '../migrate.ts';
import { columnsOf, type Migration } from '../migration.ts';
import { migrations } from './index.ts';

const TYPES: Record<string, string> = {
  TEXT: 'string',
  INTEGER: 'number',
  REAL: 'number',
  BLOB: 'Uint8Array',
};

interface Column {
  name: string;
  type: string;
  notnull: 0 | 1;
  dflt_value: string | null;
  pk: number;
}

/** The TypeScript of the tables that `list` makes, for Kysely. */
export function tableTypes(list: readonly Migration[]): string {
  const database = new Sqlite(':memory:');
  for (const { up } of list) for (const statement of up(columnsOf.sqlite)) database.exec(statement);
  const tables = tablesMadeBy(list)
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const columns = database.pragma(`table_info("${name}")`) as Column[];
      return [`  ${name}: {`, ...columns.map((column) => `    ${column.name}: ${typeOf(column)};`), '  };'];
    });
  database.close();
  return [
    '// Made by `npm run generate` from migrations/, which says what each column holds.',
    "import type { Generated } from 'kysely';",
    '',
    'export interface Schema {',
    ...tables.flat(),
    '}',
    '',
  ].join('\n');
}

function typeOf({ type, notnull, dflt_value, pk }: Column): string {
  const value = TYPES[type.toUpperCase()];
  if (value === undefined) throw new Error(`No type is known for a column of ${type}.`);
  const held = notnull || pk ? value : `${value} | null`;
  return dflt_value === null ? held : `Generated<${held}>`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(fileURLToPath(new URL('../schema.ts', import.meta.url)), tableTypes(migrations));
