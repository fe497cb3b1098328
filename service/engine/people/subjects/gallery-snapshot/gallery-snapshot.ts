import { rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { writeDurablyAside } from '../../../../lib/durable-file.ts';
import type { SubjectId } from '../../../../lib/id.ts';
import { createOneAtATime } from '../../../../lib/turns.ts';
import type { Db, InTransaction } from '../../../../storage/transaction.ts';
import type { PeopleGalleries } from '../people-galleries.ts';
import type { SubjectStore } from '../subject-store.ts';
import {
  type KeptPart,
  type KeptPerson,
  type OpenSnapshot,
  openSnapshotFile,
  type Range,
  type Sealing,
  writeParts,
} from './snapshot-file.ts';
import { digestOf, everyRange, type Files, peopleBeingErased, peopleIn } from './stored-people-store.ts';

/**
 * The galleries in a sealed file of this machine: a start takes a person's rows from it where the database has the same templates of
 * them still, and opens only the others. It saves time and nothing else: what does not fit is read from the database.
 */
export type GallerySnapshot = ReturnType<typeof createGallerySnapshot>;

/** Of tests, and of a box without a disk: every start reads the database. */
export const noSnapshot: GallerySnapshot = {
  restore: async () => undefined,
  keep: async () => {},
  forget: async () => {},
};

export interface GallerySnapshotDeps {
  db: Db;
  inTransaction: InTransaction;
  position: { catchUp(): Promise<void> };
  store: Pick<SubjectStore, 'members'>;
  index: Pick<PeopleGalleries, 'rowsOf' | 'reserve' | 'transformOf' | 'countAll' | 'watch'>;
  /** Of the embedders that people are searched by. */
  files(): Files;
  options: GallerySnapshotOptions;
}

/** In the key store: once it is destroyed no file that it sealed can be opened, on whichever machine it lies. */
export interface SnapshotKey {
  read(): Promise<Sealing | undefined>;
  /** The one there is, or a new one. */
  make(): Promise<Sealing>;
  destroy(): Promise<void>;
}

export interface GallerySnapshotOptions {
  file: string;
  key: SnapshotKey;
  /** Fewer people are read from the database as fast; 20,000 unless given. */
  fewest?: number;
  /**
   * Templates of a part of the file, 250 unless given: of all its people at once it is known that they are as they were. A part is read and
   * sealed without a turn of the event loop.
   */
  partSize?: number;
}

const FEWEST = 20_000;
const PART = 250;
/** It is written anew when this part of the people has changed. */
const CHANGED = 1 / 100;

export function createGallerySnapshot(deps: GallerySnapshotDeps) {
  const { index, files } = deps;
  const { file, key, fewest = FEWEST } = deps.options;
  const oneAtATime = createOneAtATime();
  /** The file that lies there, and whose rows are others than in it. */
  let lies: { sealing: Sealing; watch: ReturnType<PeopleGalleries['watch']> } | undefined;

  function nowLies(sealing: Sealing, watch: ReturnType<PeopleGalleries['watch']>): void {
    lies?.watch.end();
    lies = { sealing, watch };
  }

  const isFresh = (sealing: Sealing): boolean =>
    lies?.sealing.id === sealing.id && lies.watch.changed.size < index.countAll() * CHANGED;

  async function write(sealing: Sealing): Promise<void> {
    const watch = index.watch();
    const made = { files: files(), generations: {} as Record<string, number> };
    async function end() {
      // What this process committed before is in the galleries once a transaction of its own has had its turn.
      await deps.inTransaction(async () => {});
      if (!isDeepStrictEqual(files(), made.files)) throw new Error('The models changed meanwhile.');
      return { changed: [...watch.changed], circumstances: made };
    }
    try {
      const parts = everyPart(deps, made);
      await writeDurablyAside(file, writeParts(sealing, Object.keys(made.files), parts, end));
    } catch (error) {
      watch.end();
      throw error;
    }
    nowLies(sealing, watch);
  }

  return {
    /** Puts what the file has and gives who is to be read from the database; undefined: everyone. */
    async restore(put: PeopleGalleries['putRotated']): Promise<SubjectId[] | undefined> {
      const sealing = await key.read();
      const kept = sealing && (await openSnapshotFile(file, sealing));
      if (!kept) return undefined;
      try {
        if (!isDeepStrictEqual(kept.circumstances.files, files())) return undefined;
        for (const { realm, embedder, rows, dimensions } of kept.circumstances.counts)
          index.reserve(realm, embedder, { rows, dimensions });
        const watch = index.watch();
        const anew = await join(deps, kept, put);
        for (const one of anew) watch.changed.add(one);
        nowLies(sealing, watch);
        return anew;
      } finally {
        await kept.close();
      }
    },
    /** Writes the file anew where there are enough people and enough of them have changed since. */
    keep: (): Promise<void> =>
      oneAtATime(async () => {
        if (index.countAll() < fewest) return;
        // Before anyone is read: an erasure destroys the key of a file that may have the person.
        const sealing = await key.make();
        if (!isFresh(sealing)) await write(sealing);
      }),
    /** At an erasure: no file of any machine can be opened any more. */
    forget: (): Promise<void> =>
      oneAtATime(async () => {
        await key.destroy();
        await rm(file, { force: true });
      }),
  };
}

/** The people of the database, with the rows that the galleries have of them. */
async function* everyPart(
  { db, position, store, index, options: { partSize = PART } }: GallerySnapshotDeps,
  made: { files: Files; generations: Record<string, number> },
): AsyncGenerator<KeptPart> {
  const parts = await readParts(store);
  const erasing = await peopleBeingErased(db);
  for await (const range of everyRange(db, partSize)) {
    // First: what the database has of the range later than this is not what the next start finds there.
    const digest = await digestOf(db, range);
    const people = await peopleIn(db, made.files, range, erasing);
    // The galleries are as new as the rows; what is newer does not fit them at the next start.
    await position.catchUp();
    yield {
      range,
      digest,
      people: people.map(({ realm, ...person }) => {
        made.generations[realm.organization] = index.transformOf(realm.organization).generation;
        return { ...person, realm, rows: index.rowsOf(realm, person.subject, parts.get(person.subject)) };
      }),
    };
  }
}

/** A range of the database is compared as a whole, and person by person where it is not what it was. */
async function join(
  { db, store, index, options: { partSize = PART } }: GallerySnapshotDeps,
  kept: OpenSnapshot,
  put: PeopleGalleries['putRotated'],
): Promise<SubjectId[]> {
  const { changed, circumstances } = kept;
  const { files, generations } = circumstances;
  const parts = await readParts(store);
  const erasing = await peopleBeingErased(db);
  const anew: SubjectId[] = [];
  function take({ realm, subject, rows }: KeptPerson): void {
    const { organization } = realm;
    // One without rows may have some now: the templates did not open.
    const fits =
      rows.length > 0 &&
      !changed.has(subject) &&
      generations[organization] === index.transformOf(organization).generation;
    if (fits) put(realm, subject, rows, parts.get(subject));
    else anew.push(subject);
  }
  async function compare(range: Range, people: readonly KeptPerson[]): Promise<void> {
    const known = new Map(people.map((person) => [person.subject, person]));
    for (const { subject, digest } of await peopleIn(db, files, range, erasing)) {
      const person = known.get(subject);
      if (person && digest.equals(person.digest)) take(person);
      else anew.push(subject);
    }
  }

  let end: string | undefined = '';
  for await (const { range, digest, people } of kept.parts()) {
    end = range.through;
    if ((await digestOf(db, range)).equals(digest)) {
      for (const person of people) if (!erasing.has(person.subject)) take(person);
    } else if (end !== undefined) await compare(range, people);
    else for await (const part of everyRange(db, partSize, range.after)) await compare(part, people);
  }
  // Behind a part that did not open.
  if (end !== undefined) for await (const part of everyRange(db, partSize, end)) await compare(part, []);
  return anew;
}

async function readParts(store: Pick<SubjectStore, 'members'>): Promise<Map<SubjectId, string>> {
  return new Map((await store.members()).map(({ subject, memberOf }) => [subject, memberOf]));
}
