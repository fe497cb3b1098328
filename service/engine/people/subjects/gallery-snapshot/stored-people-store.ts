import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { OrganizationId, SubjectId, World } from '../../../../lib/id.ts';
import { isUnfinished } from '../../../../storage/legal-holds.ts';
import { slices } from '../../../../storage/slices/slices.ts';
import type { Db } from '../../../../storage/transaction.ts';
import type { Realm } from '../subject.ts';
import { DIGEST, type Range } from './snapshot-file.ts';

/** SHA-256 of model files, by embedder. */
export type Files = Readonly<Record<string, string>>;

/** A person with templates. */
export interface StoredPerson {
  realm: Realm;
  subject: SubjectId;
  /** Of what their rows of the galleries are made from, but for the vectors: a stored template does not change. */
  digest: Buffer;
}

const templatesIn = (db: Db, { after, through }: Range) =>
  db
    .selectFrom('template')
    .where('subject', '>', after)
    .$if(through !== undefined, (all) => all.where('subject', '<=', through!));

/** Everyone with a template and an id above `first`, in ranges of about `size` templates. */
export async function* everyRange(db: Db, size: number, first = ''): AsyncGenerator<Range> {
  const startOf = (after: string) => (after === '' ? first : after);
  const endAfter = (after: string) =>
    db
      .selectFrom('template')
      .select('subject')
      .where('subject', '>', startOf(after))
      .orderBy('subject')
      .offset(size)
      .limit(1)
      .executeTakeFirst();
  for await (const { after, through } of slices(async (after) => (await endAfter(after))?.subject))
    yield { after: startOf(after), through };
}

/**
 * Of the templates of the range: what of one can change is the anchor. The database puts it together from an index alone: the rows are a
 * gigabyte for a million people.
 */
export async function digestOf(db: Db, range: Range): Promise<Buffer> {
  const inOrder = templatesIn(db, range).select(['subject', 'id', 'anchor']).orderBy('subject').orderBy('id');
  const { whole } = await db
    // Ordered as the index is: `order by` in the aggregate itself would sort once more.
    .selectFrom(inOrder.as('ordered'))
    .select(sql<string | null>`string_agg(subject || '|' || id || '|' || anchor, ',')`.as('whole'))
    .executeTakeFirstOrThrow();
  return sha256(whole ?? '');
}

/** Without those whose erasure has begun. */
export async function peopleIn(
  db: Db,
  files: Files,
  range: Range,
  erasing: ReadonlySet<SubjectId>,
): Promise<StoredPerson[]> {
  const rows = await templatesIn(db, range)
    .where('embedder', 'in', Object.keys(files))
    .where('embedder_sha256', 'in', Object.values(files))
    .select(['id', 'organization', 'world', 'subject', 'embedder', 'quality', 'anchor'])
    .orderBy('subject')
    .orderBy('id')
    .execute();
  const people = Map.groupBy(rows, ({ subject }) => subject as SubjectId);
  return [...people]
    .filter(([subject]) => !erasing.has(subject))
    .map(([subject, templates]) => ({
      realm: {
        organization: templates[0]!.organization as OrganizationId,
        world: templates[0]!.world as World,
      },
      subject,
      digest: sha256(
        templates.map(({ id, embedder, quality, anchor }) => `${id}|${embedder}|${quality}|${anchor}`).join(),
      ),
    }));
}

/** Whose erasure has begun and is not done. */
export async function peopleBeingErased(db: Db): Promise<Set<SubjectId>> {
  const rows = await db.selectFrom('erasure').select('subject').where(isUnfinished).execute();
  return new Set(rows.map(({ subject }) => subject as SubjectId));
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, DIGEST);
