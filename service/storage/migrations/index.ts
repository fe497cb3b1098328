import { type Migration, schemaNumber } from '../migration.ts';
import { baseline } from './0001-baseline.ts';

/** In the order they are applied. A database knows a prefix of this list. */
export const migrations: readonly Migration[] = [baseline];

/** What this program knows of schemas of the database. */
export const programSchema = () => ({
  knows: migrations.at(-1)!.name,
  isOlder: (one: string, other: string): boolean =>
    schemaNumber(one, migrations) < schemaNumber(other, migrations),
});
