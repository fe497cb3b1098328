import type { SubjectId } from '../../../lib/id.ts';
import { isUnderHold, notBeingErased } from '../../../storage/legal-holds.ts';
import { changesRow } from '../../../storage/rows.ts';
import { type Slice, slices } from '../../../storage/slices/slices.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { type ConsentStatus, readConsentStatus } from '../../consent/index.ts';
import type { Realm } from './subject.ts';

/** Rows that are looked at in one go: some milliseconds of the event loop. */
export const READ_AT_ONCE = 500;
/** Rows that are counted in one go, in an index. */
const SLICE = 5_000;

/** Fields that decide the retention of a person. Times are ms since 1970. */
export interface KeptPerson {
  subject: SubjectId;
  /** Last enrollment. */
  enrolledAt: number;
  /** Last verified verification. */
  usedAt?: number;
  status: ConsentStatus;
  /** Since when the person does not verify. */
  disabledAt?: number;
  /** A legal hold protects them. */
  held: boolean;
}

const rowsOf = (db: Db, { organization, world }: Realm) =>
  db
    .selectFrom('subject')
    .where('subject.organization', '=', organization)
    .where('subject.world', '=', world)
    // Members of uniqueness scopes have a term of their own (engine/uniqueness).
    .where('subject.member_of', 'is', null)
    .where(notBeingErased)
    .select((eb) => [
      'subject.id',
      'subject.updated_at',
      'subject.last_used_at',
      'subject.withheld',
      'subject.disabled_at',
      isUnderHold(eb).as('held'),
    ]);

type Row = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number];

const toKept = (row: Row): KeptPerson => ({
  subject: row.id as SubjectId,
  enrolledAt: row.updated_at,
  ...(row.last_used_at === null ? {} : { usedAt: row.last_used_at }),
  ...(row.disabled_at === null ? {} : { disabledAt: row.disabled_at }),
  status: readConsentStatus(row.withheld),
  // SQLite answers 0 or 1.
  held: Number(row.held) === 1,
});

/** People not used or enrolled since `before`, and people with a recorded consent or withdrawal; in pages, some of them empty. */
export async function* peopleNotUsedSince(
  db: Db,
  realm: Realm,
  before: number,
): AsyncGenerator<KeptPerson[]> {
  for await (const { after, through } of slicesOfPeople(db, realm, READ_AT_ONCE)) {
    const rows = await rowsOf(db, realm)
      .where('subject.id', '>', after)
      .$if(through !== undefined, (all) => all.where('subject.id', '<=', through!))
      .where(({ eb, and, or }) =>
        or([
          eb('subject.withheld', '<>', '[]'),
          and([
            eb('subject.updated_at', '<=', before),
            or([eb('subject.last_used_at', 'is', null), eb('subject.last_used_at', '<=', before)]),
          ]),
        ]),
      )
      .execute();
    yield rows.map(toKept);
  }
}

/** Undefined when there is no such person any more. */
export async function findKept(db: Db, realm: Realm, subject: SubjectId): Promise<KeptPerson | undefined> {
  const row = await rowsOf(db, realm).where('subject.id', '=', subject).executeTakeFirst();
  return row && toKept(row);
}

/** People without those whose erasure has begun. */
export async function countPeople(db: Db, realm: Realm): Promise<number> {
  let counted = 0;
  for await (const { after, through } of slicesOfPeople(db, realm, SLICE)) {
    const { n } = await peopleAfter(db, realm, after)
      .$if(through !== undefined, (rows) => rows.where('id', '<=', through!))
      .where(notBeingErased)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    counted += Number(n);
  }
  return counted;
}

/** Ranges with `size` people each, as an index has them. */
export const slicesOfPeople = (db: Db, realm: Realm, size: number): AsyncGenerator<Slice> =>
  slices(async (after) => {
    const row = await peopleAfter(db, realm, after)
      .select('id')
      .orderBy('id')
      .limit(1)
      .offset(size)
      .executeTakeFirst();
    return row?.id;
  });

const peopleAfter = (db: Db, { organization, world }: Realm, after: string) =>
  db
    .selectFrom('subject')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('id', '>', after);

const pairOf = (one: SubjectId, two: SubjectId) =>
  one < two ? { subject: one, other: two } : { subject: two, other: one };

/** The people marked as distinct from `person`, the newest first. */
export async function selectDistinct(
  db: Db | Tx,
  person: SubjectId,
): Promise<{ subject: SubjectId; markedAt: number; markedBy: string }[]> {
  const rows = await db
    .selectFrom('distinct_people')
    .selectAll()
    .where((eb) => eb.or([eb('subject', '=', person), eb('other', '=', person)]))
    .orderBy('marked_at', 'desc')
    .orderBy('subject')
    .orderBy('other')
    .execute();
  return rows.map(({ subject, other, marked_at, marked_by }) => ({
    subject: (subject === person ? other : subject) as SubjectId,
    markedAt: marked_at,
    markedBy: marked_by,
  }));
}

/** False where they are marked already. */
export const insertDistinct = (
  tx: Tx,
  one: SubjectId,
  two: SubjectId,
  { at, by }: { at: number; by: string },
): Promise<boolean> =>
  tx
    .insertInto('distinct_people')
    .values({ ...pairOf(one, two), marked_at: at, marked_by: by })
    .onConflict((conflict) => conflict.columns(['subject', 'other']).doNothing())
    .$call(changesRow);

/** False where they are not marked. */
export async function deleteDistinct(tx: Tx, one: SubjectId, two: SubjectId): Promise<boolean> {
  const { subject, other } = pairOf(one, two);
  return tx
    .deleteFrom('distinct_people')
    .where('subject', '=', subject)
    .where('other', '=', other)
    .$call(changesRow);
}
