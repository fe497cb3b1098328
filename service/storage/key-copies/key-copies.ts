import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { explainAhead } from './copy-ahead.ts';
import type { StoredPlace } from './copy-places.ts';
import type { CopyReport } from './copy-standing.ts';
import { type AdmitNote, type CopyPlace, createCopyPlace } from './key-copy-place.ts';
import { type CopyThread, type CopyThreadData, createCopyThread } from './key-copy-thread.ts';
import { createPlaceChanges, type PlaceChanges } from './place-changes.ts';

export type { CopyReport } from './copy-standing.ts';

/**
 * The places outside the data directory that hold the newest key store, and nothing older: destroying a key reaches them
 * all. Every write of the key store is written to them before it is acknowledged, or the place is reported as behind.
 */
export interface KeyCopies extends PlaceChanges {
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
  /** The copies are neither read nor written, as if there were none: they may be those of a directory that is in use. */
  leaveCopies?: boolean | undefined;
}

/**
 * Follows the key store from now on; places that are behind are brought up to date meanwhile. Throws SEALED when a place
 * holds a newer key store than this one: an old one was put back, in which erased people still have their keys.
 */
export async function openKeyCopies(deps: KeyCopiesDeps): Promise<OpenKeyCopies> {
  const { keys, data, clock, leaveCopies = false, thread = (of) => createCopyThread(of) } = deps;
  const { identity } = await keys.state();
  const places = new Map<string, CopyPlace>();
  const open = (stored: StoredPlace) =>
    createCopyPlace(stored, { ...deps, thread: thread({ place: stored.place, identity }) });
  const reports = () => [...places.keys()].sort().map((name) => places.get(name)!.report());
  const close = async () => {
    await Promise.all([...places.values()].map((place) => place.close()));
  };

  for (const stored of leaveCopies ? [] : await keys.places()) places.set(stored.place, open(stored));
  const troubles = await Promise.all([...places.values()].map((place) => place.check()));
  const newer = [...places.keys()].find((_, at) => troubles[at]?.is === 'newer');
  if (newer !== undefined) {
    await close();
    const trouble = places.get(newer)!.report().reason!;
    throw new Problem('SEALED', await explainAhead(keys, { place: newer, data, trouble }));
  }
  keys.follow({
    async written(write) {
      await Promise.all([...places.values()].map((place) => place.written(write)));
    },
  });
  for (const place of places.values()) {
    if (place.report().state !== 'current') void place.sync();
  }

  return {
    ...createPlaceChanges({
      places,
      keys,
      data,
      clock,
      open,
      thread: (place) => thread({ place, identity }),
    }),
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
}
