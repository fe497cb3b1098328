import { lstat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { createOneAtATime } from '../../lib/one-at-a-time.ts';
import { outsideFolder } from '../../lib/outside-folder.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { FormerCopy, StoredPlace } from './copy-places.ts';
import { COPY_NAME } from './key-copy-file.ts';
import {
  type AdmitNote,
  type CopyPlace,
  type CopyReport,
  createCopyPlace,
  newCopyId,
  PATIENCE,
} from './key-copy-place.ts';
import { type CopyThread, type CopyThreadData, createCopyThread } from './key-copy-thread.ts';
import { CopyTrouble } from './key-copy-trouble.ts';

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
  /**
   * Takes somebody's word for it that the medium of the copy which is or was kept there is destroyed: it is a place no longer, and
   * nothing waits for it. `copy` says by its id which one, where several were kept there. Throws CONFLICT when it is there after
   * all or is not the only one, NOT_FOUND when there is none.
   */
  attest(folder: string, options: { copy?: string; by: string }): Promise<{ place: string; copy?: string }>;
  list(): Promise<CopyReport[]>;
  /** Looks at every place and brings up to date what can be reached. */
  sync(): Promise<CopyReport[]>;
}

export interface OpenKeyCopies extends KeyCopies {
  /** What each copy notes of the newest audit checkpoint; without `note` where the copy cannot be read. */
  readNotes(): Promise<{ place: string; note?: { text: string | undefined } }[]>;
  close(): Promise<void>;
}

export interface KeyCopiesDeps {
  keys: KeyStore;
  /** The data directory, which is no place for a copy. */
  data: string;
  clock: Clock;
  log: Log;
  /** Called before a copy is overwritten; may wait until the keys are open (key-copy-place.ts). */
  admitNote?: AdmitNote;
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
  admitNote,
  thread = (of) => createCopyThread(of),
}: KeyCopiesDeps): Promise<OpenKeyCopies> {
  const { identity } = await keys.state();
  const places = new Map<string, CopyPlace>();
  const open = (stored: StoredPlace) =>
    createCopyPlace(stored, {
      keys,
      clock,
      log,
      admitNote,
      thread: thread({ place: stored.place, identity }),
    });
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
    const copy = await create({ place, identity });
    const twin = [...places.values()].map((one) => one.report()).find((one) => one.copy === copy);
    if (twin) {
      throw new Problem(
        'CONFLICT',
        `What lies in ${place} is the copy of ${twin.place}, or was copied from it: take that place out first ("gatehouse keystore remove ${twin.place}"), or move ${COPY_NAME} away.`,
      );
    }
    await keys.addPlace(place, copy);
    const made = open({ place, copy, addedAt: clock.now(), behindSince: undefined });
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
    await forget(place, wipe ? 'wiped' : 'left', '');
  }

  async function forget(place: CopyPlace, fate: FormerCopy['fate'], by: string): Promise<void> {
    const { place: name, copy, since } = place.report();
    await keys.removePlace(name, {
      place: name,
      ...defined({ copy }),
      fate,
      by,
      at: clock.now(),
      ...defined({ behindSince: since }),
    });
    places.delete(name);
    await place.close();
  }

  async function attest(folder: string, { copy, by }: { copy?: string; by: string }) {
    const name = resolve(folder);
    const place = places.get(name);
    await place?.sync();
    const now = place?.report();
    const away = now?.state === 'unreachable' ? [now] : [];
    const left = (await keys.formerCopies()).filter((one) => one.place === name && one.fate === 'left');
    const meant = [...away, ...left].filter((one) => copy === undefined || one.copy === copy);
    const [only, another] = meant;
    if (!only && now && away.length === 0) {
      throw new Problem(
        'CONFLICT',
        `The copy in ${name} is there (${now.state}): "gatehouse keystore remove ${name} --wipe" destroys it.`,
      );
    }
    if (!only) throw new Problem('NOT_FOUND', `No copy that could be destroyed was kept in ${name}.`);
    if (another) {
      throw new Problem(
        'CONFLICT',
        `Several copies were kept in ${name}: say with --copy which is destroyed, ${meant.map((one) => one.copy ?? 'one without id').join(' or ')}. Receipts that wait for a copy name its id.`,
      );
    }
    if (place && only === now) await forget(place, 'attested', by);
    else await keys.setFormerCopy({ ...(only as FormerCopy), fate: 'attested', by, at: clock.now() });
    return { place: name, ...defined({ copy: only.copy }) };
  }

  return {
    add: (folder) => inTurn(() => add(folder)),
    remove: (folder, options) => inTurn(() => remove(folder, options)),
    attest: (folder, options) => inTurn(() => attest(folder, options)),
    list: async () => reports(),
    readNotes: () =>
      Promise.all(
        [...places.keys()].sort().map(async (place) => {
          const note = await places.get(place)!.readNote();
          return { place, ...defined({ note }) };
        }),
      ),
    async sync() {
      await Promise.all([...places.values()].map((place) => place.sync()));
      return reports();
    },
    close,
  };

  /** The id of the copy that is there then: one that was kept before stays the same. Throws for a place where nothing can be made. */
  async function create(of: CopyThreadData): Promise<string> {
    const worker = thread(of);
    try {
      const task = { is: 'identify', copy: newCopyId(), create: true } as const;
      return (await worker.run(task, PATIENCE.finish)).copy;
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
  const name = isAbsolute(folder) ? resolve(folder) : folder;
  const found = await lstat(name).catch(() => undefined);
  if (isAbsolute(folder) && found?.isSymbolicLink())
    throw new Problem('INVALID_REQUEST', `${name} is a symbolic link: give the folder that it points to.`);
  const inside = `a copy there is lost with it, and would come into its backups. Choose a folder on another disk for ${COPY_NAME}.`;
  return outsideFolder(name, { data, what: 'place', inside });
}
