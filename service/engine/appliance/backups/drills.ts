import { Problem } from '../../../lib/problem.ts';
import { isElsewhere, isOfNode, type Runs } from '../../../storage/runs.ts';
import { type Actor, describeActor, type Foundation } from '../../audit/index.ts';
import type { RecurringWorks } from '../../events/index.ts';
import {
  type BackupFiles,
  type Drill,
  type DrillStep,
  type KeyCopies,
  type KeyCopy,
  reasonOf,
} from './backup.ts';
import {
  beginDrill,
  insertDrill,
  selectDrill,
  selectDrills,
  selectRun,
  selectUnfinishedDrills,
  updateState,
  updateVerified,
} from './backup-store.ts';
import { appliance } from './backup-writer.ts';

export type BackupDrills = ReturnType<typeof createBackupDrills>;

interface BackupDrillsDeps extends Foundation {
  files: Pick<BackupFiles, 'drill' | 'where'>;
  copies: Pick<KeyCopies, 'sync'>;
  recurring: Pick<RecurringWorks, 'due'>;
  runs: Runs;
}

export function createBackupDrills(deps: BackupDrillsDeps) {
  const { db, inTransaction, audit, files, recurring, ids, clock, runs } = deps;
  /** By the id of a drill that runs. */
  const steps = new Map<string, DrillStep>();
  const shown = (drill: Drill): Drill => {
    const now = steps.get(drill.id);
    return now === undefined ? drill : { ...drill, now };
  };

  return {
    /**
     * Tries a backup in the background: restores its file to scratch, opens it with the keys, looks at all of it. Throws NOT_FOUND, and
     * CONFLICT for a file that is not there, and while another trial waits or runs.
     */
    async drill(backup: string, actor: Actor): Promise<Drill> {
      const run = await selectRun(db, backup);
      if (!run) throw new Problem('NOT_FOUND', `No backup has the id ${backup}.`);
      if (run.outcome === 'running' || run.outcome === 'failed' || (await files.where(run.path)) !== 'there')
        throw new Problem('CONFLICT', `${run.path} is not there: only a file that can be read is tried.`);
      const drill: Drill = {
        id: ids.next('drill'),
        backup,
        path: run.path,
        askedBy: describeActor(actor),
        askedAt: clock.now(),
        state: 'waiting',
        problems: [],
      };
      await inTransaction(async (tx) => {
        if ((await selectUnfinishedDrills(tx)).length > 0)
          throw new Problem('CONFLICT', 'Another backup is being tried: wait until that is done.');
        await insertDrill(tx, { ...drill, begunBy: runs.own });
        await recurring.due(tx, 'backup-drill');
        const details = { drill: drill.id, path: run.path };
        await audit.add(tx, { actor, action: 'backup.drill', target: backup, details });
      });
      return drill;
    },
    /** The newest first. */
    drills: async (page: { before?: string; limit: number }): Promise<Drill[]> =>
      (await selectDrills(db, page)).map(shown),
    /** Throws NOT_FOUND. */
    async getDrill(id: string): Promise<Drill> {
      const found = await selectDrill(db, id);
      if (found) return shown(found);
      throw new Problem('NOT_FOUND', `No trial of a backup has the id ${id}.`);
    },
    /** Those that were asked for at this machine, which has the files. */
    async runDrills(): Promise<void> {
      for (const { begunBy, ...drill } of await selectUnfinishedDrills(db)) {
        if (!isOfNode(begunBy, runs)) continue;
        if (!(await inTransaction((tx) => beginDrill(tx, drill.id, runs.own)))) continue;
        try {
          await tryBackup(deps, drill, (step) => steps.set(drill.id, step));
        } finally {
          steps.delete(drill.id);
        }
      }
    },
  };
}

async function tryBackup(
  { inTransaction, audit, files, copies, clock, log }: BackupDrillsDeps,
  { id, backup, path }: Drill,
  progress: (step: DrillStep) => void,
): Promise<void> {
  const keys = await copies.sync();
  const current = keys.filter(({ state }) => state === 'current').map(({ place }) => place);
  const { problems, found } = await files.drill(path, current, progress).catch((error: unknown) => {
    log.error({ drill: id, path, err: error }, 'a backup could not be tried');
    return { problems: [reasonOf(error)], found: undefined };
  });
  const passed = problems.length === 0;
  const at = clock.now();
  await inTransaction(async (tx) => {
    await updateState(tx, id, 'running', passed ? 'passed' : 'failed', { at, problems, found });
    if (passed) await updateVerified(tx, path, at);
    const outcome = passed ? ('done' as const) : ('refused' as const);
    const details = { drill: id, path, ...(!passed && { problems }) };
    await audit.add(tx, { actor: appliance, action: 'backup.drilled', target: backup, outcome, details });
  });
}

/** Those of runs that live no more; what another machine was asked for only once that is gone. */
export async function closeInterruptedDrills({
  db,
  inTransaction,
  clock,
  runs,
}: Pick<BackupDrillsDeps, 'db' | 'inTransaction' | 'clock' | 'runs'>): Promise<void> {
  const unfinished = await selectUnfinishedDrills(db);
  const living = await runs.living(db);
  const end = { at: clock.now(), problems: ['The service ended while it ran: try the backup again.'] };
  for (const { id, state, begunBy } of unfinished) {
    if (begunBy === runs.own || isElsewhere(begunBy, runs.own, living)) continue;
    // It waits for its own machine, which has just started.
    if (state === 'waiting' && isOfNode(begunBy, runs)) continue;
    await inTransaction((tx) => updateState(tx, id, state, 'failed', end));
  }
}

/** Advice about the locations of a backup and the copies of the key store, one sentence each. */
export function adviceFor(folder: string, keys: readonly KeyCopy[]): string[] {
  const advice: string[] = [];
  if (keys.some(({ place }) => place === folder)) {
    advice.push(
      `The data and a copy of the key store are both in ${folder}: with the master key they open everything. Better: --keys-to a folder on other media.`,
    );
  }
  if (keys.length < 2) {
    advice.push(
      'The key store has one copy. Without the key store no backup opens: at least two places are advised (“gatehouse keystore add DIR”).',
    );
  }
  for (const { place, state, reason } of keys) {
    if (state !== 'current')
      advice.push(`The copy of the key store in ${place} is ${state}: ${reason ?? ''}`.trim());
  }
  return advice;
}
