import { notBeingErased } from '../../../storage/legal-holds.ts';
import type { Db } from '../../../storage/transaction.ts';
import { slicesOfPeople } from './kept-people-store.ts';
import { type Realm, realmKey } from './subject.ts';

/** People whose pictures are counted in one go, in an index. */
const SLICE = 500;
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
