import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { syncFile, syncFolder, writeDurably } from '../../lib/durable-file.ts';
import { Problem } from '../../lib/problem.ts';
import { productVersion } from '../../lib/version.ts';
import { readSmallFile } from '../../release/small-file.ts';

/** Root's. Others may ask whether the journal is there, and read nothing. */
export const UPDATE_FOLDER = '/var/lib/gatehouse-update';

const JOURNAL = 'journal.json';
const RECOVER = 'recover';
const LOCK = 'lock';

const Entry = z.object({
  format: z.literal(1),
  /**
   * What is under way, and so what a recovery does: `before` nothing was replaced; `installing` the program may be half replaced, the data was
   * not touched; `changing data` and `starting` the new program is whole and may have changed the data; `ready` the new version answered; `data back`, `program back`
   * and `start back` it is being taken back.
   */
  step: z.enum([
    'before',
    'installing',
    'changing data',
    'starting',
    'ready',
    'data back',
    'program back',
    'start back',
  ]),
  from: z.string(),
  to: z.string(),
  /** The package or folder of the version from before. */
  before: z.string(),
  /** Folder with a whole program of the version from before, whatever happens to the installed one. */
  program: z.string(),
  data: z.string(),
  /** Newest migration that the version from before knows. */
  schema: z.string(),
  /** When the update began, in ms since 1970, before its first copy of the database. */
  begun: z.int().optional(),
  /** Of an installation by the archive. */
  home: z.string().optional(),
  /** Whether the service ran. */
  running: z.boolean(),
  /** The copy of the database, in words. */
  snapshot: z.string().optional(),
  /** Whether that copy was put in place of the database. */
  restored: z.boolean().default(false),
});
export type JournalEntry = z.infer<typeof Entry>;

/** What survives a kill or a power cut of an update. Every write is on disk when it returns. */
export type Journal = ReturnType<typeof openJournal>;

export const journalFile = (folder = UPDATE_FOLDER): string => join(folder, JOURNAL);
export const recoverScript = (folder = UPDATE_FOLDER): string => join(folder, RECOVER);
const lockFile = (folder = UPDATE_FOLDER): string => join(folder, LOCK);

/** In the data directory, since the service writes there: the version that became ready while the journal was there. */
const readyFile = (data: string): string => join(data, 'update-ready');
/** Set in the environment of the trial that an update makes: that one does not serve. */
export const UPDATE_TRIAL = 'UPDATE_TRIAL';

interface NoteReadyOptions {
  version?: string;
  env?: Readonly<Record<string, string | undefined>>;
  folder?: string;
}

/**
 * Of each start of the service: where an update is under way or was interrupted, that this version became ready. From then on people are enrolled and
 * changes are made, which a recovery must not take back.
 */
export function noteReady(
  data: string,
  { version = productVersion(), env = process.env, folder = UPDATE_FOLDER }: NoteReadyOptions = {},
): void {
  if (env[UPDATE_TRIAL] !== undefined) return;
  if (existsSync(journalFile(folder))) writeDurably(readyFile(data), version);
  else rmSync(readyFile(data), { force: true });
}

/** The account of the service may have put anything there. */
function becameReady({ data, to }: JournalEntry): boolean {
  try {
    return readSmallFile(readyFile(data)) === to;
  } catch {
    return false;
  }
}

/**
 * Undefined where no update was interrupted. One whose new version became ready since is at the step `ready`. Throws CONFLICT for one that this
 * version cannot read.
 */
export function readJournal(folder = UPDATE_FOLDER): JournalEntry | undefined {
  const file = journalFile(folder);
  if (!existsSync(file)) return undefined;
  try {
    const entry = Entry.parse(JSON.parse(readFileSync(file, 'utf8')));
    const isNew = entry.step === 'changing data' || entry.step === 'starting';
    return isNew && becameReady(entry) ? { ...entry, step: 'ready' } : entry;
  } catch (error) {
    throw new Problem(
      'CONFLICT',
      `${file} cannot be read by this version (${(error as Error).message.split('\n')[0]}). Run ${recoverScript(folder)}, which is of the version that wrote it.`,
      { cause: error },
    );
  }
}

export function openJournal(folder = UPDATE_FOLDER) {
  return {
    write(entry: JournalEntry): void {
      writeRecoverScript(folder, entry.program);
      writeDurably(journalFile(folder), `${JSON.stringify(entry)}\n`);
    },
    /** The update has ended. What the journal named stays until `sweepUpdateFolder`: a recovery runs from there. */
    remove(): void {
      rmSync(journalFile(folder), { force: true });
      syncFolder(folder);
    },
  };
}

/** Removes what updates left there, unless one was interrupted: its journal names that. Only while the lock is held, and as the last thing of a recovery. */
export function sweepUpdateFolder(folder = UPDATE_FOLDER): void {
  if (existsSync(journalFile(folder))) return;
  for (const name of readdirSync(folder).filter((one) => one !== LOCK))
    rmSync(join(folder, name), { recursive: true, force: true });
}

function makeUpdateFolder(folder = UPDATE_FOLDER): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
}

/** Runs the recovery with the program from before: the installed one may be a mixture of two versions. */
function writeRecoverScript(folder: string, program: string): void {
  const script = recoverScript(folder);
  if (existsSync(script)) return;
  const quoted = (path: string) => `'${path.replaceAll("'", String.raw`'\''`)}'`;
  const node = quoted(join(program, 'bin/node'));
  const entry = quoted(join(program, 'dist/service/cli/gatehouse.js'));
  // as the command of the package and of the archive has it
  const settings = `export GATEHOUSE_SETTINGS="\${GATEHOUSE_SETTINGS:-/etc/gatehouse/gatehouse.json}"`;
  writeFileSync(
    script,
    `#!/bin/sh\n${settings}\nexec ${node} --disable-sigusr1 ${entry} update --recover "$@"\n`,
    {
      mode: 0o700,
    },
  );
  syncFile(script);
}

export interface UpdateLock extends Disposable {
  /** Programs that inherit it hold the lock as well: one that outlives a killed update is waited for. */
  fd: number;
}

/**
 * One update at a time. The kernel releases the lock with the last process that has it, however that ends; a terminal that is closed (SIGHUP) does not end the one
 * that took it. Throws CONFLICT where another update, or a program
 * that an interrupted one started, still runs after `waitSeconds`.
 */
export async function takeUpdateLock({
  folder = UPDATE_FOLDER,
  waitSeconds,
}: {
  folder?: string;
  waitSeconds: number;
}): Promise<UpdateLock> {
  makeUpdateFolder(folder);
  const fd = openSync(lockFile(folder), 'a', 0o600);
  try {
    const code = await flock(fd, waitSeconds);
    if (code === 0) {
      process.on('SIGHUP', goOn);
      return {
        fd,
        [Symbol.dispose]() {
          process.off('SIGHUP', goOn);
          closeSync(fd);
        },
      };
    }
    throw new Problem(
      'CONFLICT',
      `Another update is under way on this machine, or a program that it started (${lockFile(folder)} is held): wait until it has ended.`,
    );
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

const goOn = () => {};

/** Locks the open file, which the program shares with this process. 0: it is locked. */
function flock(fd: number, waitSeconds: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-w', String(waitSeconds), '3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
    child.on('error', () => reject(new Error('flock is not on this machine (package util-linux).')));
    child.on('exit', resolve);
  });
}
