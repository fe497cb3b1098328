import { Problem } from '../../../lib/problem.ts';
import type { Runs } from '../../../storage/runs.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { type Actor, type Audit, describeActor, type Foundation } from '../../audit/index.ts';
import {
  alteredReason,
  type BackupFiles,
  type BackupPlan,
  type BackupRun,
  beyondKeep,
  isDue,
  type KeyCopies,
  type Origin,
  reasonOf,
} from './backup.ts';
import {
  deletePlan,
  insertRun,
  putPlan,
  type RunEnd,
  selectLast,
  selectLastVerified,
  selectPlans,
  selectUnproven,
  takePlan,
  updateEnd,
} from './backup-store.ts';

export interface BackupWriterDeps
  extends Pick<Foundation, 'inTransaction' | 'audit' | 'ids' | 'clock' | 'log'> {
  files: BackupFiles;
  copies: KeyCopies;
  runs: Runs;
  /** Why this node makes no backups for now: a newer one has brought the schema of the database further. */
  whyOutdated?: (() => Promise<string | undefined>) | undefined;
}

export const appliance: Actor = { is: 'appliance', task: 'backups' };

/** Runs from their begin to their end, each with its row and its line in the log. */
export function createBackupWriter(deps: BackupWriterDeps) {
  const { inTransaction, audit, files, copies, ids, clock, log, runs } = deps;

  /** As a restore does, with the newest keys; the run ends as `done` or `unproven`. */
  async function prove(
    run: Pick<BackupRun, 'id' | 'path' | 'startedAt' | 'origin'> & { bytes: number },
    actor: Actor,
  ): Promise<BackupRun> {
    const { id, path, bytes, origin } = run;
    // After the copy of the database: every person in that has a key in these.
    const keys = await copies.sync();
    const current = keys.filter(({ state }) => state === 'current').map(({ place }) => place);
    const { problems, found: { altered = [] } = {} } = await files.prove(path, current);
    const finishedAt = clock.now();
    const isProven = problems.length === 0;
    const outcome = isProven ? ('done' as const) : ('unproven' as const);
    const why = [...problems, ...(altered.length > 0 ? [alteredReason(altered)] : [])];
    const reason = why.length > 0 ? { reason: why.join(' ') } : {};
    const end = { at: finishedAt, outcome, bytes, proven: isProven, ...reason };
    const found = {
      ...(!isProven && { unproven: problems }),
      ...(altered.length > 0 && { altered: altered.length }),
    };
    const details = { path, bytes, origin, ...found };
    await inTransaction((tx) => noteEnd(audit, tx, { actor, target: id }, end, details));
    if (!isProven) log.error({ backup: id, path, problems }, 'a backup was written, but would not restore');
    else if (altered.length > 0)
      log.error({ backup: id, path, altered }, 'a backup holds what another program wrote');
    return { ...run, finishedAt, outcome, ...reason, ...(isProven && { verifiedAt: finishedAt }) };
  }

  return {
    /** Throws an error that says why the file could not be written. */
    async write({ folder, origin }: { folder: string; origin: Origin }, actor: Actor): Promise<BackupRun> {
      const startedAt = clock.now();
      const run = { id: ids.next('backup'), path: files.pathIn(folder, startedAt), startedAt, origin };
      const { id, path } = run;
      try {
        await inTransaction((tx) => insertRun(tx, { ...run, begunBy: runs.own }));
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
        const path = files.pathIn(folder, at);
        await insertRun(tx, { id, path, startedAt: at, origin, begunBy: runs.own });
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

interface BackupScheduleDeps extends BackupWriterDeps {
  db: Db;
  writer: Pick<BackupWriter, 'noteRefusal'>;
  /** Throws when it could not be written; that is noted, and logged with its cause. */
  write(folder: string): Promise<BackupRun>;
  isWriting(): boolean;
  /** What a node left that is gone. */
  closeLeft(): Promise<void>;
  /** Reads the warnings about backups again. */
  refreshWarnings(): Promise<void>;
}

/** Scheduled backups. */
export interface BackupSchedule {
  /** Makes the folder a place of the key store too, unless there is another one. */
  schedule(plan: { folder: string; everyMinutes: number; keep: number }, actor: Actor): Promise<BackupPlan>;
  /** Files that are there stay. Throws NOT_FOUND. */
  unschedule(folder: string, actor: Actor): Promise<void>;
  /** Runs what is due. What fails is noted, logged and shown, never thrown. */
  runDue(): Promise<void>;
}

export function createBackupSchedule(deps: BackupScheduleDeps): BackupSchedule {
  const { db, inTransaction, audit, files, copies, writer, write, isWriting, closeLeft, clock, log } = deps;
  const { refreshWarnings, runs, whyOutdated = async () => undefined } = deps;

  async function run(plan: BackupPlan): Promise<void> {
    const { folder } = plan;
    try {
      await requireMedium(copies, folder);
      await files.checkFolder(folder);
    } catch (error) {
      await writer.noteRefusal(folder, error);
      return;
    }
    const made = await write(folder).catch(() => undefined);
    if (!made) return;
    log.info({ backup: made.id, path: made.path, bytes: made.bytes }, 'made a scheduled backup');
    await removeBeyondKeep(deps, plan, made.path);
  }

  return {
    async schedule({ folder: given, everyMinutes, keep }, actor) {
      const folder = await files.checkFolder(given);
      if ((await copies.list()).length === 0) await copies.add(folder, actor);
      const plan = { folder, everyMinutes, keep, setBy: describeActor(actor), setAt: clock.now() };
      await inTransaction(async (tx) => {
        await putPlan(tx, plan, runs.node);
        await audit.add(tx, { actor, action: 'backup.schedule', details: { folder, everyMinutes, keep } });
      });
      await refreshWarnings();
      return plan;
    },
    async unschedule(folder, actor) {
      await inTransaction(async (tx) => {
        if (!(await deletePlan(tx, folder))) {
          throw new Problem(
            'NOT_FOUND',
            `No backups are scheduled into ${folder}: “gatehouse backup list” shows the plans.`,
          );
        }
        await audit.add(tx, { actor, action: 'backup.unschedule', details: { folder } });
      });
      await refreshWarnings();
    },
    async runDue() {
      await files.keepPassphrase();
      await closeLeft();
      for (const plan of await selectPlans(db)) {
        const now = clock.now();
        const last = await selectLast(db, plan.folder, { until: now, origin: 'schedule' });
        if (isWriting() || !isDue(plan, last, now)) continue;
        const why = await whyOutdated();
        if (why !== undefined) {
          log.warn({ folder: plan.folder }, `a scheduled backup waits. ${why}`);
          continue;
        }
        const isHere =
          runs.node === '' || (await inTransaction((tx) => takePlan(tx, plan.folder, runs.node)));
        if (isHere) await run(plan);
      }
      await refreshWarnings();
    },
  };
}

/** A place of the key store whose medium is not mounted: the path holds another folder. */
async function requireMedium(copies: KeyCopies, folder: string): Promise<void> {
  const copy = (await copies.sync()).find(({ place }) => place === folder);
  if (copy?.state === 'unreachable') {
    throw new Problem(
      'CONFLICT',
      `The copy of the key store that belongs into ${folder} is not there: is the medium mounted? ${copy.reason ?? ''}`.trim(),
    );
  }
}

async function removeBeyondKeep(
  { db, inTransaction, audit, files, clock, log }: BackupScheduleDeps,
  { folder, keep }: BackupPlan,
  justWritten: string,
): Promise<void> {
  const proven = [
    await selectLastVerified(db, folder),
    await selectLastVerified(db, folder, { unaltered: true }),
  ].filter((path) => path !== undefined);
  const now = clock.now();
  const there = await files.list(folder);
  const unproven = await selectUnproven(
    db,
    there.map(({ path }) => path),
  );
  for (const { path } of beyondKeep(there, { keep, justWritten, proven, unproven, now })) {
    const details = { path, keep };
    await inTransaction((tx) => audit.add(tx, { actor: appliance, action: 'backup.remove', details }));
    await files.remove(path);
    log.info(details, 'removed a backup beyond those that are kept');
  }
}
