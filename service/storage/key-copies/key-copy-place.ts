import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { defined } from '../../lib/defined.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { type CopiedTable, type CopiedValue, copiedTables } from '../keys/key-store-schema.ts';
import type { KeyWrite } from '../keys/key-writer.ts';
import { createCopyFeed } from './copy-feed.ts';
import type { StoredPlace } from './copy-places.ts';
import { type CopyReport, type CopyStandingDeps, createCopyStanding } from './copy-standing.ts';
import { COPY_NAME, type CopyAnswer } from './key-copy-file.ts';
import { type CopyThread, PATIENCE } from './key-copy-thread.ts';
import { anotherDirectory, anotherMedium, type CopyTrouble } from './key-copy-trouble.ts';

/** Rows of the store that go to a copy at a time. */
const PAGE = 1_000;

/** Identifies a copy, whichever medium is mounted at its path. */
export const newCopyId = (): string => randomBytes(16).toString('hex');

/** One place and the state of its copy. No call throws for trouble with the copy: `report` describes it. */
export interface CopyPlace {
  report(): CopyReport;
  /** Resolves when the copy has the write, or is known not to have it. */
  written(write: KeyWrite): Promise<void>;
  /** Checks the copy and brings it up to date. */
  sync(): Promise<void>;
  /** Checks without writing; returns the trouble found. */
  check(): Promise<CopyTrouble | undefined>;
  /** What the copy notes of the newest audit checkpoint, read now; undefined where the copy cannot be read. */
  readNote(): Promise<{ text: string | undefined } | undefined>;
  /** Overwrites and deletes the copy. Throws CopyTrouble. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

/** Decides, from what a copy notes of the audit log, whether the copy may be overwritten. Throws CopyTrouble when not. */
export type AdmitNote = (place: string, note: string | undefined) => Promise<void>;

export interface CopyPlaceDeps extends CopyStandingDeps {
  keys: Pick<KeyStore, 'state' | 'rows' | 'writerAt' | 'setPlaceBehind' | 'setPlaceCopy'>;
  /** Absent: every copy may be overwritten. */
  admitNote?: AdmitNote | undefined;
  thread: CopyThread;
}

export function createCopyPlace(stored: StoredPlace, deps: CopyPlaceDeps): CopyPlace {
  const { keys, admitNote, thread } = deps;
  const { place } = stored;
  const standing = createCopyStanding(stored, deps);
  const identity = createCopyIdentity(stored, deps);
  const feed = createCopyFeed({ place, thread, copyId: identity.id, failed: standing.down });
  let syncing: Promise<void> | undefined;
  let overwriting = false;
  let closed = false;

  async function bringUp(): Promise<void> {
    if (closed || (await feed.isCurrent())) return;
    feed.keep();
    try {
      await feed.idle();
      const copy = await identity.own();
      const { found, revision } = await identity.check();
      if (found.copy === copy) await admitNote?.(place, found.note);
      await feed.idle();
      overwriting = true;
      await feed.resume(await overwrite(keys, thread, { copy, revision, meanwhile: feed.takeKept }));
      if (feed.isLive()) await standing.up();
    } catch (error) {
      feed.dropKept();
      await thread.run({ is: 'abort' }, PATIENCE.write).catch(() => {});
      await feed.fail(error);
    }
  }

  const sync = () =>
    (syncing ??= bringUp().finally(() => {
      syncing = undefined;
      overwriting = false;
    }));

  return {
    report: () => standing.report(identity.id()),
    async written(write) {
      const handed = feed.written(write);
      if (handed) await handed;
      else void sync();
    },
    sync,
    async check() {
      try {
        const { found, revision } = await identity.check();
        if (identity.isOther(found.copy)) throw anotherMedium(place);
        if (identity.id() === undefined || found.revision !== revision) feed.stop();
        else {
          await feed.resume(revision);
          await standing.up();
        }
        return undefined;
      } catch (error) {
        return feed.fail(error);
      }
    },
    async readNote() {
      // While the copy is overwritten, the file is open in a transaction.
      while (overwriting) await syncing;
      const found = await feed.check().catch(() => undefined);
      return found && !identity.isOther(found.copy) ? { text: found.note } : undefined;
    },
    async wipe() {
      await syncing;
      feed.stop();
      await feed.idle();
      try {
        await thread.run({ is: 'wipe', copy: await identity.own() }, PATIENCE.finish);
      } catch (error) {
        throw await feed.fail(error);
      }
    },
    async close() {
      closed = true;
      feed.stop();
      await thread.close();
    },
  };
}

/** Which copy this is: its id lies in the store and in the file. */
function createCopyIdentity(
  { place, copy }: StoredPlace,
  { keys, thread }: Pick<CopyPlaceDeps, 'keys' | 'thread'>,
) {
  let known = copy;
  const isOther = (id: string) => known !== undefined && id !== known;

  /**
   * What the file says of itself. Throws `newer` for one that is ahead of the store, whichever copy it is, and `foreign` for one that another
   * directory wrote to, however many writes it has.
   */
  async function check(): Promise<{ found: CopyAnswer; revision: number }> {
    const { revision } = await keys.state();
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
      await keys.setPlaceCopy(place, given);
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
