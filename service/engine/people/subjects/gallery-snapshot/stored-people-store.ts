import { createHash } from 'node:crypto';
import type { OrganizationId, SubjectId, World } from '../../../../lib/id.ts';
import { isUnfinished } from '../../../../storage/legal-holds.ts';
import type { Db } from '../../../../storage/transaction.ts';
import type { Realm } from '../subject.ts';
import { DIGEST } from './snapshot-file.ts';

/** A person with templates. */
export interface StoredPerson {
  realm: Realm;
  subject: SubjectId;
  /** Of what their rows of the galleries are made from, but for the vectors: a stored template does not change. */
  digest: Buffer;
}

/** Rows that are read at a time. */
const PAGE = 2_000;

const readRows = (db: Db, files: Readonly<Record<string, string>>, after: { subject: string; id: string }) =>
  db
    .selectFrom('template')
    .select(['id', 'organization', 'world', 'subject', 'embedder', 'quality', 'anchor'])
    .where('embedder', 'in', Object.keys(files))
    .where('embedder_sha256', 'in', Object.values(files))
    // The first condition alone lets the index over `subject` be used.
    .where('subject', '>=', after.subject)
    .where((eb) => eb.or([eb('subject', '>', after.subject), eb('id', '>', after.id)]))
    .orderBy('subject')
    .orderBy('id')
    .limit(PAGE)
    .execute();

type Row = Awaited<ReturnType<typeof readRows>>[number];

/** Everyone with a template that these model files made (embedder id to SHA-256), without those whose erasure has begun, in pages. */
export async function* everyStoredPerson(
  db: Db,
  files: Readonly<Record<string, string>>,
): AsyncGenerator<StoredPerson[]> {
  const unfinished = await db.selectFrom('erasure').select('subject').where(isUnfinished).execute();
  const erasing = new Set(unfinished.map(({ subject }) => subject));
  let person: Row[] = [];
  let last = { subject: '', id: '' };
  for (;;) {
    const rows = await readRows(db, files, last);
    const whole: StoredPerson[] = [];
    for (const row of rows) {
      if (person.length > 0 && person[0]!.subject !== row.subject) {
        whole.push(personOf(person));
        person = [];
      }
      if (!erasing.has(row.subject)) person.push(row);
    }
    const isLast = rows.length < PAGE;
    if (isLast && person.length > 0) whole.push(personOf(person));
    yield whole;
    if (isLast) return;
    last = rows.at(-1)!;
  }
}

function personOf(rows: readonly Row[]): StoredPerson {
  const { organization, world, subject } = rows[0]!;
  const hash = createHash('sha256');
  for (const { id, embedder, quality, anchor } of rows)
    hash.update(`${id}|${embedder}|${quality}|${anchor}\n`);
  return {
    realm: { organization: organization as OrganizationId, world: world as World },
    subject: subject as SubjectId,
    digest: hash.digest().subarray(0, DIGEST),
  };
}
