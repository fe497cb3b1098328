import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../lib/clock.ts';
import { answerOf } from '../lib/machine/thread-answer.ts';
import { Problem } from '../lib/problem.ts';
import { noteProgress } from '../lib/progress/progress.ts';
import type { DatabasePlace } from '../storage/connection.ts';
import type { DialectName } from '../storage/migration.ts';
import { toStorageProblem } from '../storage/storage-problem.ts';
import { type CopyFacts, readCopyFacts } from './backup-copy-facts.ts';
import { copyPostgres } from './backup-copy-postgres.ts';
import type { CopyReply } from './backup-copy-worker.ts';

/** A consistent copy of the database as a SQLite file. */
export async function copyDatabase(
  place: DatabasePlace,
  to: string,
  clock: Clock,
): Promise<{ facts: CopyFacts; dialect: DialectName }> {
  switch (place.kind) {
    case 'sqlite':
      return { facts: await copySqlite(place.path, to), dialect: 'sqlite' };
    case 'postgres':
      await copyPostgres(place.url, to, clock);
      return { facts: readCopyFacts(to), dialect: 'postgres' };
    case 'sqlite-memory':
      throw new Error('A database in memory has no backups.');
    default:
      return place satisfies never;
  }
}

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './backup-copy-worker.ts' : './backup-copy-worker.js',
  import.meta.url,
);

/**
 * A consistent copy of the SQLite file `from` as the new file `to` (0600), made in a thread of its own over a second
 * connection: writers and the event loop go on meanwhile. Throws STORAGE_FULL when `to` cannot be written; then nothing of it
 * is left.
 */
export async function copySqlite(from: string, to: string): Promise<CopyFacts> {
  try {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    closeSync(openSync(to, 'wx', 0o600));
    const { size } = await stat(from);
    const looking = setInterval(async () => {
      const written = await stat(to).catch(() => undefined);
      noteProgress('copying the database', Math.min(written?.size ?? 0, size), size);
    }, 1_000);
    const thread = new Worker(worker, { workerData: { from, to } });
    const reply = await answerOf<CopyReply>(thread, 'copies the database').finally(() =>
      clearInterval(looking),
    );
    if (reply.is === 'done') return reply.facts;
    throw Object.assign(new Error(reply.message), reply.code === undefined ? {} : { code: reply.code });
  } catch (error) {
    for (const suffix of ['', '-journal']) rmSync(`${to}${suffix}`, { force: true });
    const { code } = error as { code?: string };
    if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
      throw new Problem(
        'STORAGE_FULL',
        `There is no room for a copy of the database in ${dirname(to)}: no backup was made. Free as much space as the database takes, then try again.`,
        { cause: error },
      );
    }
    throw toStorageProblem(error, from);
  }
}
