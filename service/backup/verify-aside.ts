import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Log } from '../lib/log.ts';
import { Problem, type ProblemCode, type ProblemExtra } from '../lib/problem.ts';
import type { MasterKey } from '../storage/master/master-key.ts';
import type { BackupFacts } from './backup-file.ts';
import { type Examination, examineBackup } from './examine-backup.ts';
import { wipeKeys } from './finish-restore.ts';
import { layOutBackup, type OpenBackupOptions } from './open-backup.ts';

/** What the thread is given. */
export interface AsideRequest {
  order: Pick<VerifyBackupOptions, 'file' | 'keys' | 'scratch'>;
  /** Id of the master key, which stays with the one who asks. */
  master: string;
  /** ms since 1970. */
  now: number;
}

/** What the thread says. */
export type FromThread =
  | { is: 'progress'; what: string; done: number | undefined; of: number | undefined }
  | { is: 'log'; level: keyof Log; fields: object; message: string }
  | { is: 'master'; call: number; way: 'wrap' | 'unwrap'; key: Uint8Array; bound: string }
  | { is: 'verified'; found: VerifiedBackup }
  | { is: 'refused'; code: ProblemCode; message: string; extra: ProblemExtra };

/** The answer to `master`. */
export interface FromMaster {
  call: number;
  key?: Uint8Array | undefined;
  error?: Error;
}

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './verify-backup-worker.ts' : './verify-backup-worker.js',
  import.meta.url,
);

/**
 * As `verifyBackup`, in a thread: it opens every template and reads every line, and what it takes of memory is given back by the end. The
 * thread has no key of its own: it asks `master` to unwrap.
 */
export function verifyAside({
  master,
  clock,
  log,
  progress = () => {},
  ...order
}: Omit<VerifyBackupOptions, 'masterKeyFiles'> & { master: MasterKey }): Promise<VerifiedBackup> {
  const { promise, resolve, reject } = Promise.withResolvers<VerifiedBackup>();
  const workerData: AsideRequest = { order, master: master.id, now: clock.now() };
  const thread = new Worker(worker, { workerData });
  let end = (code: number) => reject(new Error(`The thread that tests a backup ended with ${code}.`));
  thread.on('message', (said: FromThread) => {
    switch (said.is) {
      case 'progress':
        return progress(said.what, said.done, said.of);
      case 'log':
        return log[said.level](said.fields, said.message);
      case 'master':
        return void askMaster(master, said).then((answer) => thread.postMessage(answer));
      case 'verified':
        end = () => resolve(said.found);
        return;
      case 'refused':
        end = () => reject(new Problem(said.code, said.message, said.extra));
        return;
      default:
        said satisfies never;
    }
  });
  thread.once('error', reject);
  thread.once('exit', (code) => end(code));
  return promise;
}

async function askMaster(
  master: MasterKey,
  { call, way, key, bound }: Extract<FromThread, { is: 'master' }>,
): Promise<FromMaster> {
  try {
    return { call, key: await master[way](key, bound) };
  } catch (error) {
    return { call, error: error as Error };
  }
}

/** Prefix of the folders in which backups are tested. */
export const PROOF_FOLDER = 'gatehouse-verify-';

export type VerifyBackupOptions = Omit<OpenBackupOptions, 'into'> & { scratch?: string };

export interface VerifiedBackup extends Examination {
  facts: BackupFacts;
}

/**
 * Restores a backup to a folder of its own (0700, under `scratch`, the system's temporary folder unless given), looks at all of
 * it, and removes the folder again. Throws what `layOutBackup` throws; what else is wrong stands in `problems`.
 */
export async function verifyBackup({
  scratch = tmpdir(),
  ...order
}: VerifyBackupOptions): Promise<VerifiedBackup> {
  const folder = mkdtempSync(join(scratch, PROOF_FOLDER));
  try {
    const backup = await layOutBackup({ ...order, into: folder });
    try {
      return { ...(await examineBackup(folder, backup, order)), facts: backup.facts };
    } finally {
      await backup.close();
    }
  } finally {
    wipeKeys(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}
