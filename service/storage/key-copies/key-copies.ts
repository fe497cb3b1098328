import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createRecurring } from '../../lib/recurring.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { CopiedValue } from '../keys/key-store-schema.ts';
import { type CopyFolderChanges, createCopyFolderChanges } from './copy-folder-changes.ts';
import type { StoredCopy } from './copy-folders.ts';
import type { CopyReport } from './copy-status.ts';
import { goOn, OTHER_WRITES } from './copy-status.ts';
import { COPY_NAME } from './key-copy-file.ts';
import { type AdmitNote, type CopyFolder, createCopyFolder } from './key-copy-folder.ts';
import { type CopyThread, type CopyThreadData, createCopyThread } from './key-copy-thread.ts';
import type { OtherCopy } from './node-copies.ts';

export type { CopyReport } from './copy-status.ts';

/**
 * The places outside the data directory that hold the newest key store, and nothing older: destroying a key reaches them
 * all. Every write of the key store is written to them before it is acknowledged, or the place is reported as behind.
 */
export interface KeyCopies extends CopyFolderChanges {
  /** With those of other nodes; of these, whether they have the writes up to `revision`, where it is given. */
  list(revision?: number): Promise<CopyReport[]>;
  /** Looks at every place of this node and brings up to date what can be reached; waits a moment for those of other nodes. */
  sync(revision?: number): Promise<CopyReport[]>;
}

export interface OpenKeyCopies extends KeyCopies {
  /** What each copy notes of the newest audit checkpoint; without `note` where the copy cannot be read. */
  readNotes(): Promise<{ place: string; note?: { text: string | undefined } }[]>;
  /** A node looks after its own by itself from now on: the work that recurs is done by one of them. After the keys are open. */
  begin(): void;
  close(): Promise<void>;
}

interface KeyCopiesDeps {
  keys: KeyStore;
  /** The data directory, which is no place for a copy. */
  data: string;
  clock: Clock;
  log: Log;
  /** Called before a copy is overwritten; may wait until the keys are open (key-copy-folder.ts). */
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
  const { keys, data, clock, log, leaveCopies = false, thread = (of) => createCopyThread(of) } = deps;
  const { identity } = await keys.state();
  const places = new Map<string, CopyFolder>();
  const open = (stored: StoredCopy) =>
    createCopyFolder(stored, { ...deps, thread: thread({ place: stored.place, identity }) });
  const owns = () => [...places.keys()].sort().map((name) => places.get(name)!.report());
  async function reports(revision?: number): Promise<CopyReport[]> {
    if (leaveCopies) return [];
    if (revision !== undefined) await keys.position.fed();
    const others = (await keys.nodeCopies.others()).map((one) => reportOther(one, revision));
    return [...owns(), ...others].sort((one, two) => (one.place < two.place ? -1 : 1));
  }
  /** What is current now has all that was there at `revision`. */
  const note = (revision: number) =>
    keys.nodeCopies.note(
      owns().flatMap(({ place, state }) => (state === 'current' ? [place] : [])),
      revision,
    );
  async function syncOwn(): Promise<void> {
    const revision = await keys.position.fed();
    await Promise.all([...places.values()].map((place) => place.sync()));
    await note(revision);
  }
  const recurring = createRecurring({ log });

  const close = async () => {
    await recurring.stop();
    await Promise.all([...places.values()].map((place) => place.close()));
  };

  for (const stored of leaveCopies ? [] : await keys.nodeCopies.own(await keys.places()))
    places.set(stored.place, open(stored));
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
      await note(write.revision);
    },
    missed() {
      for (const place of places.values()) place.missed();
    },
    idle: () => places.size === 0,
  });
  for (const place of places.values()) {
    if (place.report().state !== 'current') void place.sync();
  }

  return {
    ...createCopyFolderChanges({
      places,
      keys,
      data,
      clock,
      open,
      thread: (place) => thread({ place, identity }),
    }),
    list: reports,
    readNotes: () =>
      Promise.all(
        [...places.keys()].sort().map(async (place) => {
          const note = await places.get(place)!.readNote();
          return { place, ...defined({ note }) };
        }),
      ),
    begin() {
      if (keys.position.shared) recurring.every('copies of the key store', SYNC_EVERY, syncOwn)();
    },
    async sync(revision) {
      await syncOwn();
      if (revision !== undefined) await keys.nodeCopies.reached(revision);
      return reports(revision);
    },
    close,
  };
}

/** Milliseconds between two looks of a node at its copies. */
const SYNC_EVERY = 60_000;

function reportOther(
  { place, copy, addedAt, behindSince, holder, revision }: OtherCopy,
  wanted: number | undefined,
): CopyReport {
  const isCurrent = wanted === undefined ? behindSince === undefined : revision >= wanted;
  const who = holder ?? 'A node that does not run';
  return defined({
    place,
    copy,
    addedAt,
    state: isCurrent ? ('current' as const) : ('unreachable' as const),
    since: isCurrent ? undefined : behindSince,
    reason: isCurrent ? undefined : `${who} keeps this copy, and has not brought it up to date yet.`,
  });
}

/** Keys of the store that are read at a time. */
const PAGE = 1_000;

/**
 * Why a copy is ahead of the store, and what to do that loses no key: one that has every key that the store has, or says that its person was
 * erased, may take its place. `trouble` says how far ahead it is.
 */
async function explainAhead(
  keys: Pick<KeyStore, 'rows'>,
  { place, data, trouble }: { place: string; data: string; trouble: string },
): Promise<string> {
  const copy = join(place, COPY_NAME);
  const store = join(data, 'keys.db');
  const lacks = await countLacking(keys, copy);
  if (lacks === 0) {
    const why = `${trouble} It holds every key of this one: an older key store was put here, or another directory that was restored or copied from it wrote to the copy. Stop the service and take the copy, which keeps the one of now`;
    const without = 'Without that, people who were erased meanwhile have their keys here.';
    return existsSync(store)
      ? `${why} aside:  mkdir '${data}/keys-before' && mv '${store}'* '${data}/keys-before/' && cp '${copy}' '${store}'   ${without}`
      : `${why} as it is: take "keysDatabaseUrl" out of ${join(data, 'gatehouse.json')} (and of the flags and the environment), then  cp '${copy}' '${store}'   and move it into an empty database: gatehouse keystore move --keys-database-url URL. ${without}`;
  }
  return (
    `${trouble} It lacks ${lacks} keys that are here, and does not say that their people were erased: ${OTHER_WRITES}. ` +
    `Do not make it the key store: those ${lacks} keys would be lost. ${goOn(place, copy)}`
  );
}

/** How many keys of organizations and people the store has that the copy neither has nor lists as erased. */
async function countLacking(keys: Pick<KeyStore, 'rows'>, path: string): Promise<number> {
  const copy = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    const entries = copy.prepare('select entry from erasure_ledger').pluck().all() as string[];
    const erased = new Set(entries.flatMap((entry) => entry.match(/[\w-]+/g) ?? []));
    const person = copy.prepare('select 1 from person_key where subject = ?');
    const organization = copy.prepare(
      'select 1 from organization_key where organization = ? and generation = ?',
    );
    let lacking = 0;
    for (const [table, isThere] of [
      [
        'person_key',
        ([subject]: readonly CopiedValue[]) => person.get(subject) || erased.has(String(subject)),
      ],
      ['organization_key', ([id, generation]: readonly CopiedValue[]) => organization.get(id, generation)],
    ] as const) {
      let after: readonly CopiedValue[] | undefined;
      for (;;) {
        const rows = await keys.rows(table, after, PAGE);
        if (rows.length === 0) break;
        lacking += rows.filter((row) => !isThere(row)).length;
        after = rows.at(-1)!.slice(0, table === 'person_key' ? 1 : 2);
      }
    }
    return lacking;
  } finally {
    copy.close();
  }
}
