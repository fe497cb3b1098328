import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { type BackupRun, type Origin, reasonOf } from './backup.ts';
import type { BackupFiles, KeyPlaces } from './backup-files.ts';
import { insertRun, type RunEnd, updateEnd } from './backup-store.ts';

export interface BackupWriterDeps {
  inTransaction: InTransaction;
  audit: Audit;
  files: BackupFiles;
  copies: KeyPlaces;
  ids: Ids;
  clock: Clock;
  log: Log;
}

export const appliance: Actor = { is: 'appliance', task: 'backups' };

/** Runs from their begin to their end, each with its row and its line in the log. */
export function createBackupWriter(deps: BackupWriterDeps) {
  const { inTransaction, audit, files, copies, ids, clock, log } = deps;

  /** As a restore does, with the newest keys; the run ends as `done` or `unproven`. */
  async function prove(
    run: Pick<BackupRun, 'id' | 'path' | 'startedAt' | 'origin'> & { bytes: number },
    actor: Actor,
  ): Promise<BackupRun> {
    const { id, path, bytes, origin } = run;
    // After the copy of the database: every person in that has a key in these.
    const keys = await copies.sync();
    const current = keys.filter(({ state }) => state === 'current').map(({ place }) => place);
    const problems = await files.prove(path, current);
    const finishedAt = clock.now();
    const isProven = problems.length === 0;
    const outcome = isProven ? ('done' as const) : ('unproven' as const);
    const reason = problems.join(' ');
    const end = { at: finishedAt, outcome, bytes, ...(isProven ? { proven: true } : { reason }) };
    const details = { path, bytes, origin, ...(!isProven && { unproven: problems }) };
    await inTransaction((tx) => noteEnd(audit, tx, { actor, target: id }, end, details));
    if (isProven) return { ...run, finishedAt, outcome, verifiedAt: finishedAt };
    log.error({ backup: id, path, problems }, 'a backup was written, but would not restore');
    return { ...run, finishedAt, outcome, reason };
  }

  return {
    /** Throws an error that says why the file could not be written. */
    async write({ folder, origin }: { folder: string; origin: Origin }, actor: Actor): Promise<BackupRun> {
      const startedAt = clock.now();
      const run = { id: ids.next('backup'), path: files.pathIn(folder, startedAt), startedAt, origin };
      const { id, path } = run;
      try {
        await inTransaction((tx) => insertRun(tx, run));
        const { bytes } = await files.write(path, { at: startedAt, origin });
        return await prove({ ...run, bytes }, actor);
      } catch (error) {
        const reason = reasonOf(error);
        log.error({ backup: id, path, err: error }, 'a backup failed');
        const end = { at: clock.now(), outcome: 'failed', reason } as const;
        // On a full disk this may fail as well; the next start notes it then.
        await inTransaction((tx) =>
          noteEnd(audit, tx, { actor, target: id }, end, { path, origin, reason }),
        ).catch((lost: unknown) => log.error({ backup: id, err: lost }, 'its failure was not noted'));
        throw error;
      }
    },

    /** A scheduled run that could not begin leaves a row as well: the plan waits before it tries again, and doctor sees it. */
    async noteRefusal(folder: string, error: unknown): Promise<void> {
      const at = clock.now();
      const reason = reasonOf(error);
      log.error({ folder, err: error }, 'a scheduled backup could not begin');
      const id = ids.next('backup');
      const origin = 'schedule';
      const by = { actor: appliance, target: id };
      await inTransaction(async (tx) => {
        await insertRun(tx, { id, path: files.pathIn(folder, at), startedAt: at, origin });
        await noteEnd(audit, tx, by, { at, outcome: 'failed', reason }, { folder, origin, reason });
      });
    },

    /** Closes a run that began before this start: the service ended, or this database is the one in that backup. */
    async close(
      { id, path, origin }: BackupRun,
      found: { outcome: 'done'; bytes: number } | { outcome: 'failed'; reason: string },
    ): Promise<void> {
      const { outcome: _, ...rest } = found;
      const end = { at: clock.now(), ...found };
      const by = { actor: appliance, target: id };
      await inTransaction((tx) => noteEnd(audit, tx, by, end, { path, origin, ...rest }));
    },
  };
}

export type BackupWriter = ReturnType<typeof createBackupWriter>;

async function noteEnd(
  audit: Audit,
  tx: Tx,
  { actor, target }: { actor: Actor; target: string },
  end: RunEnd,
  details: Record<string, unknown>,
): Promise<void> {
  await updateEnd(tx, target, end);
  const outcome = end.outcome === 'failed' ? 'refused' : 'done';
  await audit.add(tx, { actor, action: 'backup.create', target, outcome, details });
}
