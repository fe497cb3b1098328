import { lstat, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { createOneAtATime } from '../lib/one-at-a-time.ts';
import { Problem } from '../lib/problem.ts';
import { COPY_NAME } from './key-copy-file.ts';
import { type CopyPlace, type CopyReport, createCopyPlace, PATIENCE } from './key-copy-place.ts';
import { type CopyThread, type CopyThreadData, createCopyThread } from './key-copy-thread.ts';
import { CopyTrouble } from './key-copy-trouble.ts';
import type { KeyStore, StoredPlace } from './key-store.ts';

export type { CopyReport } from './key-copy-place.ts';

/**
 * The places outside the data directory that hold the newest key store, and nothing older: destroying a key reaches them
 * all. Every write of the key store is written to them before it is acknowledged, or the place is reported as behind.
 */
export interface KeyCopies {
  /**
   * Makes the copy and keeps it up to date from now on. A place that is there already is only brought up to date. Throws
   * INVALID_REQUEST for a folder that cannot be a place and CONFLICT for one that holds another appliance's copy.
   */
  add(folder: string): Promise<CopyReport>;
  /**
   * Keeps it up to date no longer. `wipe` overwrites and deletes the copy first, and throws CONFLICT when it cannot be reached;
   * without, the file stays and with it every key that is destroyed from now on. Throws NOT_FOUND for no such place.
   */
  remove(folder: string, options: { wipe: boolean }): Promise<void>;
  list(): Promise<CopyReport[]>;
  /** Looks at every place and brings up to date what can be reached. */
  sync(): Promise<CopyReport[]>;
}

export interface OpenKeyCopies extends KeyCopies {
  close(): Promise<void>;
}

export interface KeyCopiesDeps {
  keys: KeyStore;
  /** The data directory, which is no place for a copy. */
  data: string;
  clock: Clock;
  log: Log;
  thread?: (data: CopyThreadData) => CopyThread;
}

/** More would only slow every write down. */
const MOST_PLACES = 8;

/**
 * Follows the key store from now on; places that are behind are brought up to date meanwhile. Throws SEALED when a place
 * holds a newer key store than this one: an old one was put back, in which erased people still have their keys.
 */
export async function openKeyCopies({
  keys,
  data,
  clock,
  log,
  thread = (of) => createCopyThread(of),
}: KeyCopiesDeps): Promise<OpenKeyCopies> {
  const { identity } = await keys.state();
  const places = new Map<string, CopyPlace>();
  const open = (stored: StoredPlace) =>
    createCopyPlace(stored, { keys, clock, log, thread: thread({ place: stored.place, identity }) });
  const reports = () => [...places.keys()].sort().map((name) => places.get(name)!.report());
  const close = async () => {
    await Promise.all([...places.values()].map((place) => place.close()));
  };

  for (const stored of await keys.places()) places.set(stored.place, open(stored));
  const troubles = await Promise.all([...places.values()].map((place) => place.look()));
  const newer = troubles.find((trouble) => trouble?.is === 'newer');
  if (newer) {
    await close();
    throw new Problem('SEALED', newer.message);
  }
  keys.follow({
    async written(write) {
      await Promise.all([...places.values()].map((place) => place.written(write)));
    },
  });
  for (const place of places.values()) {
    if (place.report().state !== 'current') void place.sync();
  }

  const inTurn = createOneAtATime();

  async function add(folder: string): Promise<CopyReport> {
    const place = await toPlace(folder, data);
    const known = places.get(place);
    if (known) {
      await known.sync();
      return known.report();
    }
    if (places.size === MOST_PLACES) {
      throw new Problem('CONFLICT', `There are ${MOST_PLACES} places already: remove one first.`);
    }
    await create({ place, identity });
    await keys.addPlace(place);
    const made = open({ place, addedAt: clock.now(), behindSince: undefined });
    places.set(place, made);
    await made.sync();
    return made.report();
  }

  async function remove(folder: string, { wipe }: { wipe: boolean }): Promise<void> {
    const name = resolve(folder);
    const place = places.get(name);
    if (!place) {
      throw new Problem(
        'NOT_FOUND',
        `${name} is not a place of the key store: "gatehouse keystore places" lists them.`,
      );
    }
    if (wipe) {
      await place.wipe().catch((error: unknown) => {
        throw new Problem(
          'CONFLICT',
          `The copy was not wiped. ${describe(error)} Without --wipe the place is taken out and its copy stays as it is, with the keys of everybody who is erased from now on.`,
        );
      });
    }
    await keys.removePlace(name);
    places.delete(name);
    await place.close();
  }

  return {
    add: (folder) => inTurn(() => add(folder)),
    remove: (folder, options) => inTurn(() => remove(folder, options)),
    list: async () => reports(),
    async sync() {
      await Promise.all([...places.values()].map((place) => place.sync()));
      return reports();
    },
    close,
  };

  /** Throws for a place where nothing can be made. */
  async function create(of: CopyThreadData): Promise<void> {
    const worker = thread(of);
    try {
      await worker.run({ is: 'create' }, PATIENCE.finish);
    } catch (error) {
      const taken = error instanceof CopyTrouble && (error.is === 'foreign' || error.is === 'newer');
      throw new Problem(taken ? 'CONFLICT' : 'INVALID_REQUEST', describe(error));
    } finally {
      await worker.close();
    }
  }
}

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The folder's real path. Throws INVALID_REQUEST. */
async function toPlace(folder: string, data: string): Promise<string> {
  const refuse = (why: string) => new Problem('INVALID_REQUEST', why);
  if (!isAbsolute(folder)) throw refuse(`Give the place as an absolute path, not "${folder}".`);
  const name = resolve(folder);
  const found = await lstat(name).catch(() => undefined);
  if (!found) throw refuse(`${name} is not there: mount the medium, or make the folder first.`);
  if (found.isSymbolicLink()) throw refuse(`${name} is a symbolic link: give the folder that it points to.`);
  if (!(await stat(name)).isDirectory()) throw refuse(`${name} is no folder.`);
  const place = await realpath(name);
  const inside = relative(await realpath(data), place);
  if (inside === '' || !(inside.startsWith('..') || isAbsolute(inside))) {
    throw refuse(
      `${place} lies in the data directory: a copy there is lost with it, and would come into its backups. Choose a folder on another disk for ${COPY_NAME}.`,
    );
  }
  return place;
}
