import { rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { writeDurablyAside } from '../../../../lib/durable-file.ts';
import type { SubjectId } from '../../../../lib/id.ts';
import { createOneAtATime } from '../../../../lib/one-at-a-time.ts';
import type { Db, InTransaction } from '../../../../storage/transaction.ts';
import type { PeopleGalleries } from '../people-galleries.ts';
import type { SubjectStore } from '../subject-store.ts';
import {
  type KeptPerson,
  type OpenSnapshot,
  openSnapshotFile,
  type Sealing,
  writeParts,
} from './snapshot-file.ts';
import { everyStoredPerson } from './stored-people-store.ts';

/** SHA-256 of model files, by embedder. */
type Files = Readonly<Record<string, string>>;

/**
 * The galleries in a sealed file of this machine: a start takes a person's rows from it where the database has the same templates of
 * them still, and opens only the others. It saves time and nothing else: what does not fit is read from the database.
 */
export interface GallerySnapshot {
  /** Puts what the file has and gives who is to be read from the database; undefined: everyone. */
  restore(put: PeopleGalleries['putRotated']): Promise<SubjectId[] | undefined>;
  /** Writes the file anew where there are enough people and enough of them have changed since. */
  keep(): Promise<void>;
  /** At an erasure: no file of any machine can be opened any more. */
  forget(): Promise<void>;
}

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
  index: Pick<PeopleGalleries, 'rowsOf' | 'transformOf' | 'countAll' | 'watch'>;
  /** Of the embedders that people are searched by. */
  files(): Files;
  place: SnapshotPlace;
}

/** In the key store: once it is destroyed no file that it sealed can be opened, on whichever machine it lies. */
export interface SnapshotKey {
  read(): Promise<Sealing | undefined>;
  /** The one there is, or a new one. */
  make(): Promise<Sealing>;
  destroy(): Promise<void>;
}

export interface SnapshotPlace {
  file: string;
  key: SnapshotKey;
  /** Fewer people are read from the database as fast; 20,000 unless given. */
  fewest?: number;
}

const FEWEST = 20_000;
/** It is written anew when this part of the people has changed. */
const CHANGED = 1 / 100;

export function createGallerySnapshot(deps: GallerySnapshotDeps): GallerySnapshot {
  const { index, files } = deps;
  const { file, key, fewest = FEWEST } = deps.place;
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
      const people = everyPerson(deps, made);
      await writeDurablyAside(file, writeParts(sealing, Object.keys(made.files), people, end));
    } catch (error) {
      watch.end();
      throw error;
    }
    nowLies(sealing, watch);
  }

  return {
    async restore(put) {
      const sealing = await key.read();
      const kept = sealing && (await openSnapshotFile(file, sealing));
      if (!kept) return undefined;
      try {
        if (!isDeepStrictEqual(kept.circumstances.files, files())) return undefined;
        const watch = index.watch();
        const anew = await join(deps, kept, put);
        for (const one of anew) watch.changed.add(one);
        nowLies(sealing, watch);
        return anew;
      } finally {
        await kept.close();
      }
    },
    keep: () =>
      oneAtATime(async () => {
        if (index.countAll() < fewest) return;
        // Before anyone is read: an erasure destroys the key of a file that may have the person.
        const sealing = await key.make();
        if (!isFresh(sealing)) await write(sealing);
      }),
    forget: () =>
      oneAtATime(async () => {
        await key.destroy();
        await rm(file, { force: true });
      }),
  };
}

/** The people of the database in its order, with the rows that the galleries have of them. */
async function* everyPerson(
  { db, position, store, index }: GallerySnapshotDeps,
  made: { files: Files; generations: Record<string, number> },
): AsyncGenerator<KeptPerson[]> {
  const parts = await readParts(store);
  for await (const page of everyStoredPerson(db, made.files)) {
    // The galleries are as new as the page; what is newer than the page does not fit the templates of the next start.
    await position.catchUp();
    yield page.flatMap(({ realm, subject, digest }) => {
      made.generations[realm.organization] = index.transformOf(realm.organization).generation;
      const rows = index.rowsOf(realm, subject, parts.get(subject));
      return rows.length === 0 ? [] : [{ subject, digest, rows }];
    });
  }
}

/** Both are in the order of the ids. */
async function join(
  { db, store, index }: GallerySnapshotDeps,
  kept: OpenSnapshot,
  put: PeopleGalleries['putRotated'],
): Promise<SubjectId[]> {
  const { changed, circumstances } = kept;
  const parts = await readParts(store);
  const people = kept.people();
  let part: KeptPerson[] = [];
  let at = 0;
  async function keptOf(subject: SubjectId): Promise<KeptPerson | undefined> {
    for (;;) {
      while (at < part.length && part[at]!.subject < subject) at += 1;
      if (at < part.length) return part[at]!.subject === subject ? part[at] : undefined;
      const { value, done } = await people.next();
      if (done) return undefined;
      [part, at] = [value, 0];
    }
  }
  const anew: SubjectId[] = [];
  for await (const page of everyStoredPerson(db, circumstances.files))
    for (const { realm, subject, digest } of page) {
      const one = await keptOf(subject);
      const { organization } = realm;
      const fits =
        one !== undefined &&
        digest.equals(one.digest) &&
        !changed.has(subject) &&
        circumstances.generations[organization] === index.transformOf(organization).generation;
      if (fits) put(realm, subject, one.rows, parts.get(subject));
      else anew.push(subject);
    }
  return anew;
}

async function readParts(store: Pick<SubjectStore, 'members'>): Promise<Map<SubjectId, string>> {
  return new Map((await store.members()).map(({ subject, memberOf }) => [subject, memberOf]));
}
