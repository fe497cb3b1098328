import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { type CopiedTable, type CopiedValue, copiedTables } from '../keys/key-store-schema.ts';
import type { KeyWrite } from '../keys/key-writer.ts';
import type { StoredPlace } from './copy-places.ts';
import type { CopyAnswer } from './key-copy-file.ts';
import type { CopyThread } from './key-copy-thread.ts';
import { anotherMedium, CopyTrouble } from './key-copy-trouble.ts';

/** What is known of one place where a copy of the key store is kept. */
export interface CopyReport {
  /** Absolute folder; the copy in it is `gatehouse-keys.db`. */
  place: string;
  /** Id of the copy; absent until a copy from before there were ids is reached. */
  copy?: string;
  /**
   * `current`: holds everything that was acknowledged. `behind`: can be reached but could not be brought up to date.
   * `unreachable`: not there, not answering, or not the copy it should be.
   */
  state: 'current' | 'behind' | 'unreachable';
  /** Since when it is not current, in ms since 1970. */
  since?: number;
  /** Why it is not current and what to do, in words for the operator. */
  reason?: string;
  addedAt: number;
}

/** Milliseconds: a write waits for its copies, so that one that hangs is given up soon; bringing up to date holds nobody up. */
export const PATIENCE = { write: 4_000, page: 30_000, finish: 120_000 };
const PAGE = 1_000;

/** Tells a copy from every other one, whichever medium lies at its path. */
export const newCopyId = (): string => randomBytes(16).toString('hex');

/** One place and what is known of its copy. None of the calls throws for trouble with the copy: `report` tells of it. */
export interface CopyPlace {
  report(): CopyReport;
  /** Resolves when the copy has the write, or is known not to have it. */
  written(write: KeyWrite): Promise<void>;
  /** Looks at the copy and brings it up to date if it is not. */
  sync(): Promise<void>;
  /** Only looks; gives the trouble there is. */
  look(): Promise<CopyTrouble | undefined>;
  /** What the copy notes of the newest audit checkpoint, read now; undefined where the copy cannot be read. */
  readNote(): Promise<{ text: string | undefined } | undefined>;
  /** Overwrites and deletes the copy. Throws CopyTrouble. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

/** Decides, from what a copy notes of the audit log, whether the copy may be overwritten. Throws CopyTrouble when not. */
export type AdmitNote = (place: string, note: string | undefined) => Promise<void>;

export interface CopyPlaceDeps {
  keys: Pick<KeyStore, 'state' | 'rows' | 'setPlaceBehind' | 'setPlaceCopy'>;
  /** Absent: every copy may be overwritten. */
  admitNote?: AdmitNote | undefined;
  thread: CopyThread;
  clock: Clock;
  log: Log;
}

export function createCopyPlace(
  { place, copy: known, addedAt, behindSince }: StoredPlace,
  { keys, admitNote, thread, clock, log }: CopyPlaceDeps,
): CopyPlace {
  let state: CopyReport['state'] = 'behind';
  let copy = known;
  let since = behindSince;
  let reason: string | undefined = 'It has not been looked at yet.';
  /** Every write goes to the copy; it has all up to revision `held`. */
  let live = false;
  let held = 0;
  /** Writes that came while the copy is brought up to date. */
  let buffer: KeyWrite[] | undefined;
  let waiting: KeyWrite[] = [];
  let next: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();
  let syncing: Promise<void> | undefined;
  let overwriting = false;
  let reading: Promise<void> = Promise.resolve();
  let closed = false;

  const note = (behind: number | undefined) =>
    keys
      .setPlaceBehind(place, behind)
      .catch((error: unknown) =>
        log.warn({ place, err: error }, 'the state of a key store copy was not noted'),
      );

  async function down(trouble: CopyTrouble): Promise<void> {
    live = false;
    const before = state;
    state = trouble.is === 'failed' || trouble.is === 'behind' ? 'behind' : 'unreachable';
    reason = trouble.message;
    if (since === undefined) {
      since = clock.now();
      await note(since);
    }
    if (before !== state) log.warn({ place, reason }, 'a copy of the key store is not up to date');
  }

  async function up(): Promise<void> {
    if (state !== 'current') log.info({ place }, 'a copy of the key store is up to date');
    state = 'current';
    reason = undefined;
    if (since !== undefined) await note(undefined);
    since = undefined;
  }

  async function put(writes: readonly KeyWrite[]): Promise<void> {
    if (!live) return;
    const to = writes.at(-1)!.revision;
    const changes = writes.flatMap((write) => write.changes);
    try {
      const { revision: at } = await thread.run(
        { is: 'apply', copy: copy!, from: writes[0]!.revision - 1, to, changes },
        PATIENCE.write,
      );
      if (at !== Math.max(to, held))
        throw new CopyTrouble('behind', `The copy in ${place} was changed by somebody else.`);
      held = at;
    } catch (error) {
      await down(toTrouble(error));
    }
  }

  /** One call at a time; what comes meanwhile goes together in the next. */
  function enqueue(write: KeyWrite): Promise<void> {
    waiting.push(write);
    next ??= running.then(() => {
      const writes = waiting;
      waiting = [];
      next = undefined;
      running = put(writes);
      return running;
    });
    return next;
  }

  async function isAsKnown(): Promise<boolean> {
    try {
      const looked = running.then(() => thread.run({ is: 'look' }, PATIENCE.write));
      running = looked.then(
        () => {},
        () => {},
      );
      const found = await looked;
      if (found.copy !== copy) throw anotherMedium(place);
      if (found.revision === held) return true;
      throw new CopyTrouble('behind', `The copy in ${place} was replaced by another one.`);
    } catch (error) {
      await down(toTrouble(error));
      return false;
    }
  }

  /** What the file says of itself. Throws `newer` for one that is ahead of the store, whichever copy it is. */
  async function lookAtFile(): Promise<{ found: CopyAnswer; revision: number }> {
    const { revision } = await keys.state();
    const found = await thread.run({ is: 'look' }, PATIENCE.write);
    if (found.revision > revision)
      await thread.run({ is: 'begin', copy: found.copy, newest: revision }, PATIENCE.write);
    return { found, revision };
  }

  /** The id of this copy; one from before there were ids is given one. */
  async function ownId(): Promise<string> {
    if (copy !== undefined) return copy;
    await lookAtFile();
    const id = { is: 'identify', copy: newCopyId(), create: false } as const;
    const { copy: given } = await thread.run(id, PATIENCE.write);
    await keys.setPlaceCopy(place, given);
    copy = given;
    return given;
  }

  async function bringUp(): Promise<void> {
    if (closed || (live && (await isAsKnown()))) return;
    live = false;
    buffer = [];
    try {
      await running;
      const id = await ownId();
      const { found: before, revision } = await lookAtFile();
      if (before.copy === id) await admitNote?.(place, before.note);
      await reading;
      overwriting = true;
      const begun = await thread.run({ is: 'begin', copy: id, newest: revision }, PATIENCE.write);
      const found = begun.revision;
      if (found < revision) await copyAll();
      const writes = buffer;
      buffer = [];
      held = Math.max(revision, writes.at(-1)?.revision ?? 0);
      const changes = writes.flatMap((write) => write.changes);
      await thread.run({ is: 'finish', revision: held, changes }, PATIENCE.finish);
      live = true;
      const rest = buffer;
      buffer = undefined;
      await Promise.all(rest.map(enqueue));
      if (live) await up();
    } catch (error) {
      buffer = undefined;
      await thread.run({ is: 'abort' }, PATIENCE.write).catch(() => {});
      await down(toTrouble(error));
    }
  }

  /** Not while the copy is overwritten: the file is open in a transaction then. */
  async function readNote(): Promise<{ text: string | undefined } | undefined> {
    while (overwriting) await syncing;
    const looked = running.then(() => thread.run({ is: 'look' }, PATIENCE.write));
    reading = looked.then(
      () => {},
      () => {},
    );
    running = reading;
    try {
      const found = await looked;
      return copy === undefined || found.copy === copy ? { text: found.note } : undefined;
    } catch {
      return undefined;
    }
  }

  async function copyAll(): Promise<void> {
    for (const table of Object.keys(copiedTables) as CopiedTable[]) {
      let after: readonly CopiedValue[] | undefined;
      for (;;) {
        const rows = await keys.rows(table, after, PAGE);
        await thread.run({ is: 'page', table, rows, ...defined({ after }) }, PATIENCE.page);
        if (rows.length === 0) break;
        after = rows.at(-1)!.slice(0, copiedTables[table].key.length);
      }
    }
  }

  const sync = () =>
    (syncing ??= bringUp().finally(() => {
      syncing = undefined;
      overwriting = false;
    }));

  return {
    report: () => ({
      place,
      ...defined({ copy }),
      state,
      addedAt,
      ...(state === 'current' || since === undefined ? {} : { since }),
      ...(state === 'current' || reason === undefined ? {} : { reason }),
    }),
    async written(write) {
      if (buffer) buffer.push(write);
      else if (live) await enqueue(write);
      else void sync();
    },
    sync,
    async look() {
      try {
        const { found, revision } = await lookAtFile();
        if (copy !== undefined && found.copy !== copy) throw anotherMedium(place);
        held = found.revision;
        live = copy !== undefined && held === revision;
        if (live) await up();
        return undefined;
      } catch (error) {
        const trouble = toTrouble(error);
        await down(trouble);
        return trouble;
      }
    },
    readNote,
    async wipe() {
      await syncing;
      live = false;
      await running;
      try {
        await thread.run({ is: 'wipe', copy: await ownId() }, PATIENCE.finish);
      } catch (error) {
        await down(toTrouble(error));
        throw error;
      }
    },
    async close() {
      closed = true;
      live = false;
      await thread.close();
    },
  };
}

function toTrouble(error: unknown): CopyTrouble {
  return error instanceof CopyTrouble
    ? error
    : new CopyTrouble(
        'behind',
        `It could not be brought up to date: ${error instanceof Error ? error.message : error}.`,
      );
}
