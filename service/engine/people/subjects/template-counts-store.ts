import type { SubjectId, World } from '../../../lib/id.ts';
import { notBeingErased } from '../../../storage/legal-holds.ts';
import { type Slice, slices } from '../../../storage/slices/slices.ts';
import type { Db } from '../../../storage/transaction.ts';
import type { EmbedderChange } from '../../models/index.ts';
import { slicesOfPeople } from './kept-people-store.ts';
import { type Realm, realmKey } from './subject.ts';

/** People that are counted in one go: each with three look-ups. */
const SLICE = 500;

/** How far the people are who have templates of a superseded embedder. */
export interface UpgradeProgress {
  /** With a confirmed picture of the new embedder too. */
  upgraded: number;
  /** With a provisional template. */
  provisional: number;
  waiting: number;
}

export function createUpgradeProgress({ db }: { db: Db }) {
  return {
    /** Reads every person of the realm, in slices, between which others have a turn. */
    async upgradeProgress(realm: Realm, change: EmbedderChange): Promise<UpgradeProgress> {
      const progress = { upgraded: 0, provisional: 0, waiting: 0 };
      for await (const { after, through } of slicesOfPeople(db, realm, SLICE)) {
        const people = peopleOf(db, realm, change).where('subject.id', '>', after);
        const row = await countProgress(
          db,
          through === undefined ? people : people.where('subject.id', '<=', through),
        );
        const [upgraded, provisional] = [Number(row.upgraded ?? 0), Number(row.provisional ?? 0)];
        progress.upgraded += upgraded;
        progress.provisional += provisional;
        progress.waiting += Number(row.all) - upgraded - provisional;
      }
      return progress;
    },
    /** People with a provisional template, in one realm or over all organizations. */
    async countProvisional(realm?: Realm): Promise<{ world: World; people: number }[]> {
      const rows = await db
        .selectFrom('provisional_template')
        .select(['world', ({ fn }) => fn.count<number>('subject').distinct().as('people')])
        .$if(realm !== undefined, (all) =>
          all.where('world', '=', realm!.world).where('organization', '=', realm!.organization),
        )
        .groupBy('world')
        .execute();
      return rows.map(({ world, people }) => ({ world: world as World, people: Number(people) }));
    },
    /** Ids of those who are not upgraded, in order; `after`: the last of the page before. */
    async notUpgraded(
      realm: Realm,
      change: EmbedderChange,
      { limit, after }: { limit: number; after?: SubjectId },
    ): Promise<{ id: SubjectId; provisional: boolean }[]> {
      const rows = await db
        .selectFrom(
          peopleOf(db, realm, change)
            .where('subject.id', '>', after ?? '')
            .as('one'),
        )
        .select(['id', 'provisional'])
        .where('upgraded', '=', 0)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(({ id, provisional }) => ({
        id: id as SubjectId,
        provisional: Number(provisional) > 0,
      }));
    },
  };
}

/** Enrolled people with a template of `from`; members of uniqueness scopes are compared within their scope and do not upgrade. */
const peopleOf = (db: Db, { organization, world }: Realm, { from, to }: EmbedderChange) =>
  db
    .selectFrom('subject')
    .where('subject.organization', '=', organization)
    .where('subject.world', '=', world)
    .where('member_of', 'is', null)
    .where(notBeingErased)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('template')
          .select('template.id')
          .whereRef('template.subject', '=', 'subject.id')
          .where('template.embedder', 'in', [...from]),
      ),
    )
    .select('subject.id')
    .select(({ selectFrom }) => [
      selectFrom('template')
        .select(({ fn }) => fn.count<number>('template.id').as('n'))
        .whereRef('template.subject', '=', 'subject.id')
        .where('template.anchor', '=', 1)
        .where('template.embedder', 'in', [...to])
        .as('upgraded'),
      selectFrom('provisional_template')
        .select(({ fn }) => fn.count<number>('provisional_template.id').as('n'))
        .whereRef('provisional_template.subject', '=', 'subject.id')
        .as('provisional'),
    ]);

const countProgress = (db: Db, people: ReturnType<typeof peopleOf>) =>
  db
    .selectFrom(people.as('one'))
    .select(({ fn, eb }) => [
      fn.countAll<number>().as('all'),
      fn.sum<number>(eb.case().when('upgraded', '>', 0).then(1).else(0).end()).as('upgraded'),
      fn
        .sum<number>(
          eb
            .case()
            .when(eb.and([eb('upgraded', '=', 0), eb('provisional', '>', 0)]))
            .then(1)
            .else(0)
            .end(),
        )
        .as('provisional'),
    ])
    .executeTakeFirstOrThrow();

/** How many people the templates of which models are of. */
export function createTemplateCounts(db: Db) {
  return {
    countComparable: (...sets: readonly Readonly<Record<string, string>>[]) => countComparable(db, sets),
    /** People with templates, over all organizations and worlds. */
    countEnrolled: () =>
      countInSlices(db, (slice) =>
        templatesIn(db, slice).select((eb) => eb.fn.count<number>('subject').distinct().as('n')),
      ),
  };
}

/** Over all organizations and worlds: people with a template of each model file (embedder id to SHA-256) of one of these sets. */
async function countComparable(db: Db, sets: readonly Readonly<Record<string, string>>[]): Promise<number> {
  const [first, ...others] = sets.filter((files) => Object.keys(files).length > 0);
  if (first === undefined) return 0;
  return countInSlices(db, (slice) =>
    db
      .selectFrom(
        others
          .reduce((all, files) => all.union(withAll(db, slice, files)), withAll(db, slice, first))
          .as('comparable'),
      )
      .select((eb) => eb.fn.countAll<number>().as('n')),
  );
}

/** Templates whose people are counted in one go. */
const TEMPLATES_AT_ONCE = 5_000;

async function countInSlices(
  db: Db,
  count: (slice: Slice) => { executeTakeFirstOrThrow(): Promise<{ n: number }> },
): Promise<number> {
  let counted = 0;
  const endAfter = async (after: string) =>
    (
      await db
        .selectFrom('template')
        .select('subject')
        .where('subject', '>', after)
        .orderBy('subject')
        .limit(1)
        .offset(TEMPLATES_AT_ONCE)
        .executeTakeFirst()
    )?.subject;
  for await (const slice of slices(endAfter))
    counted += Number((await count(slice).executeTakeFirstOrThrow()).n);
  return counted;
}

const templatesIn = (db: Db, { after, through }: Slice) =>
  db
    .selectFrom('template')
    .where('subject', '>', after)
    .$if(through !== undefined, (all) => all.where('subject', '<=', through!));

function withAll(db: Db, slice: Slice, files: Readonly<Record<string, string>>) {
  const wanted = Object.entries(files);
  return templatesIn(db, slice)
    .select('subject')
    .where(({ eb, and, or }) =>
      or(
        wanted.map(([embedder, sha256]) =>
          and([eb('embedder', '=', embedder), eb('embedder_sha256', '=', sha256)]),
        ),
      ),
    )
    .groupBy('subject')
    .having((eb) => eb.fn.count('embedder').distinct(), '=', wanted.length);
}

/** So many times as long as a count took, its figure stands: counting takes 1 % of the time at most. */
const STANDS = 100;

interface PictureCountsDeps {
  db: Db;
  /** Milliseconds of a clock that only goes on. */
  elapsed?: () => number;
}

interface Count {
  pictures: Promise<number>;
  /** Until when it is not counted again; absent while it is counted. */
  until?: number;
}

/** Enrolled pictures, of which one makes a template for each embedder. Members of uniqueness scopes are left out, as in the gallery. */
export function createPictureCounts({ db, elapsed = () => performance.now() }: PictureCountsDeps) {
  const counts = new Map<string, Count>();

  async function count(realm: Realm): Promise<number> {
    let pictures = 0;
    for await (const { after, through } of slicesOfPeople(db, realm, SLICE)) {
      const { n } = await db
        .selectFrom('subject')
        .innerJoin('template', 'template.subject', 'subject.id')
        .where('subject.organization', '=', realm.organization)
        .where('subject.world', '=', realm.world)
        .where('subject.id', '>', after)
        .$if(through !== undefined, (people) => people.where('subject.id', '<=', through!))
        .where('subject.member_of', 'is', null)
        .where(notBeingErased)
        .select((eb) => eb.fn.count<number>('template.enrollment').distinct().as('n'))
        .executeTakeFirstOrThrow();
      pictures += Number(n);
    }
    return pictures;
  }

  /** The figure may be as old as a hundred times the time that it takes. */
  return function picturesOf(realm: Realm): Promise<number> {
    const key = realmKey(realm);
    const known = counts.get(key);
    const begun = elapsed();
    if (known && (known.until === undefined || begun < known.until)) return known.pictures;
    const next: Count = { pictures: count(realm) };
    counts.set(key, next);
    next.pictures.then(
      () => {
        next.until = begun + (elapsed() - begun) * (STANDS + 1);
      },
      // The next to ask counts anew.
      () => counts.delete(key),
    );
    return next.pictures;
  };
}
