import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { defined } from '../../lib/defined.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { type CopiedTable, type CopiedValue, copiedTables } from '../keys/key-store-schema.ts';
import type { KeyWrite } from '../keys/read-changes.ts';
import type { StoredCopy } from './copy-folders.ts';
import {
  anotherDirectory,
  anotherMedium,
  type CopyReport,
  type CopyStatusDeps,
  CopyTrouble,
  createCopyStatus,
  explainNewer,
} from './copy-status.ts';
import { COPY_NAME, type CopyAnswer } from './key-copy-file.ts';
import { type CopyThread, PATIENCE } from './key-copy-thread.ts';

/** Rows of the store that go to a copy at a time. */
const PAGE = 1_000;

/** Identifies a copy, whichever medium is mounted at its path. */
export const newCopyId = (): string => randomBytes(16).toString('hex');

/** One place and the state of its copy. No call throws for trouble with the copy: `report` describes it. */
export type CopyFolder = ReturnType<typeof createCopyFolder>;

/** Decides, from what a copy notes of the audit log, whether the copy may be overwritten. Throws CopyTrouble when not. */
export type AdmitNote = (place: string, note: string | undefined) => Promise<void>;

interface CopyFolderDeps extends CopyStatusDeps {
  keys: Pick<KeyStore, 'position' | 'rows' | 'writerAt' | 'setCopyBehind' | 'setCopyId'>;
  /** Absent: every copy may be overwritten. */
  admitNote?: AdmitNote | undefined;
  thread: CopyThread;
}

export function createCopyFolder(stored: StoredCopy, deps: CopyFolderDeps) {
  const { keys, admitNote, thread } = deps;
  const { place } = stored;
  const status = createCopyStatus(stored, deps);
  const identity = createCopyIdentity(stored, deps);
  const feed = createCopyFeed({ keys, place, thread, copyId: identity.id, failed: status.down });
  let syncing: Promise<void> | undefined;
  let overwriting = false;
  let missed = false;
  let closed = false;

  async function bringUp(): Promise<void> {
    missed = false;
    if (closed || (await feed.isCurrent())) return;
    feed.keep();
    try {
      await feed.idle();
      const copy = await identity.own();
      const { found, revision } = await identity.check().catch((error: unknown) => {
        throw explainNewer(error, place, join(place, COPY_NAME));
      });
      if (found.copy === copy) await admitNote?.(place, found.note);
      await feed.idle();
      overwriting = true;
      await feed.resume(await overwrite(keys, thread, { copy, revision, meanwhile: feed.takeKept }));
      if (missed) await feed.fail(writeMissing(place));
      if (feed.isLive()) await status.up();
    } catch (error) {
      feed.dropKept();
      await thread.run({ is: 'abort' }, PATIENCE.write).catch(() => {});
      await feed.fail(error);
    }
    // While it was overwritten.
    if (missed) await bringUp();
  }

  const sync = () =>
    (syncing ??= bringUp().finally(() => {
      syncing = undefined;
      overwriting = false;
    }));

  return {
    report: (): CopyReport => status.report(identity.id()),
    /** Resolves when the copy has the write, or is known not to have it. */
    async written(write: KeyWrite): Promise<void> {
      const handed = feed.written(write);
      if (handed) await handed;
      else void sync();
    },
    /** What the copy has is not what the store has. */
    missed(): void {
      missed = true;
      if (feed.isLive()) void feed.fail(writeMissing(place));
      void sync();
    },
    /** Checks the copy and brings it up to date. */
    sync,
    /** Checks without writing; returns the trouble found. */
    async check(): Promise<CopyTrouble | undefined> {
      try {
        const { found, revision } = await identity.check();
        if (identity.isOther(found.copy)) throw anotherMedium(place);
        if (identity.id() === undefined || found.revision !== revision) feed.stop();
        else {
          await feed.resume(revision);
          await status.up();
        }
        return undefined;
      } catch (error) {
        return feed.fail(error);
      }
    },
    /** What the copy notes of the newest audit checkpoint, read now; undefined where the copy cannot be read. */
    async readNote(): Promise<{ text: string | undefined } | undefined> {
      // While the copy is overwritten, the file is open in a transaction.
      while (overwriting) await syncing;
      const found = await feed.check().catch(() => undefined);
      return found && !identity.isOther(found.copy) ? { text: found.note } : undefined;
    },
    /** Overwrites and deletes the copy. Throws CopyTrouble. */
    async wipe(): Promise<void> {
      await syncing;
      feed.stop();
      await feed.idle();
      try {
        await thread.run({ is: 'wipe', copy: await identity.own() }, PATIENCE.finish);
      } catch (error) {
        throw await feed.fail(error);
      }
    },
    async close(): Promise<void> {
      closed = true;
      feed.stop();
      await thread.close();
    },
  };
}

/** Which copy this is: its id lies in the store and in the file. */
function createCopyIdentity(
  { place, copy }: StoredCopy,
  { keys, thread }: Pick<CopyFolderDeps, 'keys' | 'thread'>,
) {
  let known = copy;
  const isOther = (id: string) => known !== undefined && id !== known;

  /**
   * What the file says of itself. Throws `newer` for one that is ahead of the store, whichever copy it is, and `foreign` for one that another
   * directory wrote to, however many writes it has.
   */
  async function check(): Promise<{ found: CopyAnswer; revision: number }> {
    const revision = await keys.position.fed();
    const found = await thread.run({ is: 'check' }, PATIENCE.write);
    if (found.revision > revision)
      await thread.run({ is: 'begin', copy: found.copy, newest: revision }, PATIENCE.write);
    if (!isOther(found.copy) && found.writer !== (await keys.writerAt(found.revision)))
      throw anotherDirectory(place, join(place, COPY_NAME));
    return { found, revision };
  }

  return {
    id: () => known,
    isOther,
    check,
    /** The id; a copy from before there were ids is given one. */
    async own(): Promise<string> {
      if (known !== undefined) return known;
      await check();
      const task = { is: 'identify', copy: newCopyId(), create: false } as const;
      const { copy: given } = await thread.run(task, PATIENCE.write);
      await keys.setCopyId(place, given);
      known = given;
      return given;
    },
  };
}

/** Makes the copy the same as the store, with the writes that came meanwhile. Gives the revision that it has then. */
async function overwrite(
  keys: Pick<KeyStore, 'rows'>,
  thread: CopyThread,
  { copy, revision, meanwhile }: { copy: string; revision: number; meanwhile: () => KeyWrite[] },
): Promise<number> {
  const begun = await thread.run({ is: 'begin', copy, newest: revision }, PATIENCE.write);
  if (begun.revision < revision) await copyAll(keys, thread);
  const writes = meanwhile();
  const reached = Math.max(revision, writes.at(-1)?.revision ?? 0);
  const changes = writes.flatMap((write) => write.changes);
  await thread.run({ is: 'finish', revision: reached, changes }, PATIENCE.finish);
  return reached;
}

async function copyAll(keys: Pick<KeyStore, 'rows'>, thread: CopyThread): Promise<void> {
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

const writeMissing = (place: string) => new CopyTrouble('behind', `The copy in ${place} misses a write.`);

interface CopyFeedDeps {
  keys: Pick<KeyStore, 'position'>;
  place: string;
  thread: CopyThread;
  /** The id of the copy, known once it is live. */
  copyId(): string | undefined;
  /** The copy does not have a write. */
  failed(error: unknown): Promise<CopyTrouble>;
}

/** Hands the writes of the store to one copy, in their order. */
function createCopyFeed({ keys, place, thread, copyId, failed }: CopyFeedDeps) {
  let live = false;
  let held = 0;
  let kept: KeyWrite[] | undefined;
  const calls = createCalls(thread, put);

  async function put(writes: readonly KeyWrite[]): Promise<void> {
    if (!live) return;
    const { revision, from = revision - 1 } = writes[0]!;
    const to = writes.at(-1)!.revision;
    const changes = writes.flatMap((write) => write.changes);
    try {
      // What the copy had when writes began to go to it is older than each of them, unless the store went back.
      if (from > held || to <= held) throw writeMissing(place);
      await thread.run({ is: 'apply', copy: copyId()!, from: held, to, changes }, PATIENCE.write);
      held = to;
    } catch (error) {
      await fail(error);
    }
  }

  function fail(error: unknown): Promise<CopyTrouble> {
    live = false;
    return failed(error);
  }

  return {
    isLive: (): boolean => live,
    /** Looks whether the copy has every write that the store has. */
    async isCurrent(): Promise<boolean> {
      if (!live) return false;
      try {
        const revision = await keys.position.fed();
        if (!live) return false;
        const found = await calls.check();
        if (found.copy !== copyId()) throw anotherMedium(place);
        if (found.revision === held && held >= revision) return true;
        throw new CopyTrouble('behind', `The copy in ${place} was replaced by another one.`);
      } catch (error) {
        await fail(error);
        return false;
      }
    },
    /** Resolves when the copy has the write, or is known not to have it; undefined where the copy gets no writes. */
    written(write: KeyWrite): Promise<void> | undefined {
      if (!kept) return live ? calls.write(write) : undefined;
      kept.push(write);
      return Promise.resolve();
    },
    /** Reads what the copy is, after the call that is under way. */
    check: calls.check,
    /** Resolves when no call is under way. */
    idle: calls.idle,
    /** From now on writes are kept, for a copy that is being overwritten. */
    keep(): void {
      live = false;
      kept = [];
    },
    /** The writes that came since `keep`, or since they were taken last. */
    takeKept(): KeyWrite[] {
      const writes = kept ?? [];
      kept = [];
      return writes;
    },
    dropKept(): void {
      kept = undefined;
    },
    /** From now on writes go to the copy, which has all up to `revision`; those that were kept go first. */
    async resume(revision: number): Promise<void> {
      held = revision;
      live = true;
      const rest = kept ?? [];
      kept = undefined;
      await Promise.all(rest.map(calls.write));
    },
    stop(): void {
      live = false;
    },
    /** Stops and reports why. */
    fail,
  };
}

/** One call of the copy at a time; writes that come meanwhile go together in the next. */
function createCalls(thread: CopyThread, put: (writes: readonly KeyWrite[]) => Promise<void>) {
  let waiting: KeyWrite[] = [];
  let next: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();
  return {
    idle: () => running,
    write(write: KeyWrite): Promise<void> {
      waiting.push(write);
      next ??= running.then(() => {
        const writes = waiting;
        waiting = [];
        next = undefined;
        running = put(writes);
        return running;
      });
      return next;
    },
    check(): Promise<CopyAnswer> {
      const checked = running.then(() => thread.run({ is: 'check' }, PATIENCE.write));
      running = checked.then(
        () => {},
        () => {},
      );
      return checked;
    },
  };
}
