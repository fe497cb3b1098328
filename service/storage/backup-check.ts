import Sqlite from 'better-sqlite3';
import type { SubjectId } from '../lib/id.ts';
import type { Db } from './transaction.ts';

/** What SQLite finds wrong with a file, in its own words; empty when it is whole. Blocks while it looks. */
export function findDamage(path: string): string[] {
  const database = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    const verdicts = database.pragma('integrity_check(20)') as { integrity_check: string }[];
    const found = verdicts.map(({ integrity_check }) => integrity_check).filter((text) => text !== 'ok');
    const orphans = database.pragma('foreign_key_check') as { table: string; parent: string }[];
    for (const { table, parent } of orphans.slice(0, 20))
      found.push(`a row of ${table} names a ${parent} that is not there`);
    return found;
  } finally {
    database.close();
  }
}

/** The file is no longer the source of scheduled backups. */
export function removePlans(path: string): void {
  const database = new Sqlite(path, { fileMustExist: true });
  try {
    database.exec('delete from backup_plan');
  } finally {
    database.close();
  }
}

/** The model files that made the templates. */
export async function templateFiles(
  db: Db,
): Promise<{ embedder: string; sha256: string; templates: number }[]> {
  const rows = await db
    .selectFrom('template')
    .select(['embedder', 'embedder_sha256'])
    .select((eb) => eb.fn.countAll<number>().as('templates'))
    .groupBy(['embedder', 'embedder_sha256'])
    .execute();
  return rows.map(({ embedder, embedder_sha256, templates }) => ({
    embedder,
    sha256: embedder_sha256,
    templates: Number(templates),
  }));
}

/** Everybody, a page at a time. */
export async function* everySubject(db: Db): AsyncGenerator<SubjectId[]> {
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('subject')
      .select('id')
      .where('id', '>', after)
      .orderBy('id')
      .limit(2_000)
      .execute();
    if (rows.length === 0) return;
    after = rows.at(-1)!.id;
    yield rows.map(({ id }) => id as SubjectId);
  }
}

export async function organizationIds(db: Db): Promise<string[]> {
  return (await db.selectFrom('organization').select('id').orderBy('id').execute()).map(({ id }) => id);
}
