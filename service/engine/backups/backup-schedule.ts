import { Problem } from '../../lib/problem.ts';
import type { Db } from '../../storage/transaction.ts';
import { type Actor, describeActor } from '../audit/index.ts';
import { type BackupPlan, type BackupRun, beyondKeep, isDue } from './backup.ts';
import type { KeyPlaces } from './backup-files.ts';
import {
  deletePlan,
  putPlan,
  selectLast,
  selectLastVerified,
  selectPlans,
  selectUnproven,
} from './backup-store.ts';
import { appliance, type BackupWriter, type BackupWriterDeps } from './backup-writer.ts';

export interface BackupScheduleDeps extends BackupWriterDeps {
  db: Db;
  writer: Pick<BackupWriter, 'noteRefusal'>;
  /** Throws when it could not be written; that is noted, and logged with its cause. */
  write(folder: string): Promise<BackupRun>;
  isWriting(): boolean;
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
  const { db, inTransaction, audit, files, copies, writer, write, isWriting, refreshWarnings, clock, log } =
    deps;

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
        await putPlan(tx, plan);
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
      for (const plan of await selectPlans(db)) {
        const now = clock.now();
        const last = await selectLast(db, plan.folder, { until: now, origin: 'schedule' });
        if (!isWriting() && isDue(plan, last, now)) await run(plan);
      }
      await refreshWarnings();
    },
  };
}

/** A place of the key store whose medium is not mounted: the path holds another folder. */
async function requireMedium(copies: KeyPlaces, folder: string): Promise<void> {
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
  const proven = await selectLastVerified(db, folder);
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
