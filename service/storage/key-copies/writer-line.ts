import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { KeySchema } from '../keys/key-store-schema.ts';

/**
 * Which processes wrote to a key store, each from which revision on: notes of the store, which its copies hold too. Two directories that went
 * on from the same keys have different lines, so that one does not overwrite what the other wrote to a copy.
 */
const PREFIX = 'writer/';
/** Digits of the largest safe integer: the names sort as the revisions do. */
const DIGITS = 16;

const nameOf = (revision: number) => `${PREFIX}${String(revision).padStart(DIGITS, '0')}`;

/** Adds this process to the line with its first write, which gives the store `revision`: the name of its note. In the transaction of that write. */
export async function joinLine(tx: Kysely<KeySchema>, revision: number): Promise<string> {
  const name = nameOf(revision);
  await tx
    .insertInto('note')
    .values({ name, value: randomBytes(8).toString('hex') })
    .execute();
  return name;
}

/** The process that wrote `revision`; undefined for one of a release that kept no line. */
export async function writerAt(db: Kysely<KeySchema>, revision: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('note')
    .select(['name', 'value'])
    .where('name', '>', PREFIX)
    .where('name', '<=', nameOf(revision))
    .orderBy('name', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && `${row.name} ${row.value}`;
}

/** The same of the newest process in a copy. */
export const NEWEST_WRITER = `select name || ' ' || value from note where name > '${PREFIX}' and name < '${PREFIX}:' order by name desc limit 1`;
