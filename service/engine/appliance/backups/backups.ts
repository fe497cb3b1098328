import { dirname } from 'node:path';
import { Problem } from '../../../lib/problem.ts';
import { isElsewhere, isOfNode } from '../../../storage/runs.ts';
import type { Db } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import type { RecurringWorks } from '../../events/index.ts';
import type { BackupFacts } from '../overview/appliance-attention.ts';
import {
  type BackupFiles,
  type BackupPlan,
  type BackupRun,
  describeAltered,
  describeUnproven,
  isAltered,
  type KeyCopies,
  type KeyCopy,
  type ListedRun,
  type Origin,
  type RunPage,
  troubleOf,
} from './backup.ts';
import {
  hasProven,
  selectFailedOf,
  selectLast,
  selectLastDone,
  selectLastWritten,
  selectPlans,
  selectRuns,
  selectUnfinished,
  updateVerified,
} from './backup-store.ts';
import {
  appliance,
  type BackupSchedule,
  type BackupWriter,
  type BackupWriterDeps,
  createBackupSchedule,
  createBackupWriter,
} from './backup-writer.ts';
import { adviceFor, type BackupDrills, closeInterruptedDrills, createBackupDrills } from './drills.ts';

export interface MadeBackup {
  run: BackupRun;
  /** Copies of the key store, which are needed to open the backup. */
  keys: KeyCopy[];
  /** What the operator should know, one sentence each. */
  advice: string[];
}

export interface Backups extends BackupSchedule, BackupDrills {
  /**
   * Writes one backup while the service runs, brings every copy of the key store up to date, and proves the file as a restore
   * would; `keysTo` is such a place from now on, and `folder` where there is none at all. Throws CONFLICT while another one is written and at a node that does not know the schema of the database, an error that says why it
   * could not be written, and BACKUP_UNUSABLE for a file that would not restore, which stays.
   */
  create(order: { folder: string; keysTo?: string }, actor: Actor): Promise<MadeBackup>;
  /** Newest first. */
  page(page: RunPage): Promise<ListedRun[]>;
  /** With what is wrong with backups now. */
  plans(): Promise<{ plans: BackupPlan[]; warnings: string[] }>;
  /** After a file was proven: retention deletes it last. False for a file that this appliance does not know. */
  verified(path: string, actor: Actor): Promise<boolean>;
  /**
   * Once at start: what a run began that lives no more is noted as failed and cleared away, but as done where the whole file is there.
   */
  resume(): Promise<void>;
  /** When the newest backup that was written and proven was finished, ms since 1970. */
  lastDone(): Promise<number | undefined>;
  /** What is wrong with backups, one sentence each; reads memory. */
  warnings(): string[];
  /** The same, and how the box stands with backups; reads memory. */
  facts(): BackupFacts;
}

export interface BackupsDeps extends BackupWriterDeps {
  db: Db;
  recurring: Pick<RecurringWorks, 'due'>;
  /** Called when the proof of a backup found something: the alert does not wait for its next poll. */
  troubled?: () => Promise<void>;
}

export function createBackups(deps: BackupsDeps): Backups {
  const { db, inTransaction, audit, files, copies, troubled = async () => {}, clock, log, runs } = deps;
  const { whyOutdated = async () => undefined } = deps;
  const writer = createBackupWriter(deps);
  const drills = createBackupDrills(deps);
  let writing = false;
  let facts: BackupFacts = { troubles: [], scheduled: false, proven: false };

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (writing) throw new Problem('CONFLICT', 'Another backup is being written: wait until it is done.');
    writing = true;
    try {
      return await work();
    } finally {
      writing = false;
    }
  }

  async function refreshWarnings(): Promise<void> {
    facts = {
      troubles: await findTroubles(db, clock.now()),
      scheduled: (await selectPlans(db)).length > 0,
      lastDone: await selectLastDone(db),
      proven: await hasProven(db),
    };
  }

  async function closeLeft(): Promise<void> {
    const unfinished = await selectUnfinished(db);
    const living = unfinished.length > 0 ? await runs.living(db) : new Set<string>();
    for (const { begunBy, ...run } of unfinished) {
      if (begunBy === runs.own || isElsewhere(begunBy, runs.own, living)) continue;
      await closeInterrupted(run, { ...deps, clears: isOfNode(begunBy, runs) }, writer);
    }
    await closeInterruptedDrills(deps);
  }

  async function write(order: { folder: string; origin: Origin }, actor: Actor): Promise<BackupRun> {
    const run = await writer.write(order, actor);
    if (run.outcome !== 'unproven' && !isAltered(run)) return run;
    await refreshWarnings();
    await troubled().catch((error: unknown) => log.error({ err: error }, 'the alert follows a minute later'));
    return run;
  }

  return {
    create: ({ folder: given, keysTo }, actor) =>
      alone(async () => {
        const why = await whyOutdated();
        if (why !== undefined) throw new Problem('CONFLICT', why);
        const folder = await files.checkFolder(given);
        const place = keysTo === undefined ? undefined : await files.checkFolder(keysTo);
        await requireKeyCopyFolder(copies, place, folder, actor);
        const run = await write({ folder, origin: 'operator' }, actor);
        if (run.outcome === 'unproven') throw new Problem('BACKUP_UNUSABLE', describeUnproven(run));
        const keys = await copies.list();
        await refreshWarnings();
        const found = isAltered(run) ? [describeAltered(run)] : [];
        return { run, keys, advice: [...found, ...adviceFor(folder, keys)] };
      }),
    ...createBackupSchedule({
      ...deps,
      writer,
      refreshWarnings,
      write: (folder) => alone(() => write({ folder, origin: 'schedule' }, appliance)),
      isWriting: () => writing,
      closeLeft,
    }),
    ...drills,
    async runDrills() {
      await drills.runDrills();
      await refreshWarnings();
    },
    async page(page) {
      const runs = await selectRuns(db, page);
      return Promise.all(runs.map((run) => toListed(run, files, clock.now())));
    },
    async plans() {
      await refreshWarnings();
      return { plans: await selectPlans(db), warnings: [...facts.troubles] };
    },
    lastDone: () => selectLastDone(db),
    async verified(path, actor) {
      const known = await inTransaction(async (tx) => {
        const updated = await updateVerified(tx, path, clock.now());
        if (updated) await audit.add(tx, { actor, action: 'backup.verify', details: { path } });
        return updated;
      });
      await refreshWarnings();
      return known;
    },
    async resume() {
      await files.keepPassphrase();
      await closeLeft();
      // Another node closed it when this one was gone, and could not reach the disk.
      if (runs.node !== '') for (const path of await selectFailedOf(db, runs.node)) await files.clear(path);
      await refreshWarnings();
    },
    warnings: () => [...facts.troubles],
    facts: () => facts,
  };
}

async function findTroubles(db: Db, now: number): Promise<string[]> {
  const found: string[] = [];
  const newest = await selectLastWritten(db, now);
  if (newest?.outcome === 'unproven') found.push(describeUnproven(newest));
  else if (newest && isAltered(newest)) found.push(describeAltered(newest));
  for (const plan of await selectPlans(db)) {
    const last = await selectLast(db, plan.folder, { until: now, origin: 'schedule' });
    const lastDone = await selectLast(db, plan.folder, { until: now, outcome: 'done' });
    const trouble = troubleOf(plan, { last, lastDone }, now);
    const isFoundAlready = last?.outcome === 'unproven' && last.id === newest?.id;
    if (trouble !== undefined && !isFoundAlready) found.push(trouble);
  }
  return found;
}

async function toListed(run: BackupRun, files: BackupFiles, now: number): Promise<ListedRun> {
  const left = run.outcome === 'done' || run.outcome === 'unproven';
  return { ...run, futureDated: run.startedAt > now, ...(left && { file: await files.where(run.path) }) };
}

/** Without any current copy of the key store no backup opens. */
async function requireKeyCopyFolder(
  copies: KeyCopies,
  keysTo: string | undefined,
  folder: string,
  actor: Actor,
): Promise<void> {
  const there = await copies.sync();
  const adds = keysTo ?? (there.length === 0 ? folder : undefined);
  const places = adds === undefined ? there : [await copies.add(adds, actor)];
  if (places.some(({ state }) => state === 'current')) return;
  const [{ place, state, reason }] = places as [KeyCopy];
  throw new Problem(
    'CONFLICT',
    `The key store cannot be copied to ${place}, and without it no backup opens: ${reason ?? state}`,
  );
}

/** A run that lives no more began it: done where the whole file is there. */
async function closeInterrupted(
  run: BackupRun,
  { files, log, clears }: Pick<BackupsDeps, 'files' | 'log'> & { clears: boolean },
  writer: Pick<BackupWriter, 'close'>,
): Promise<void> {
  // A medium that is not there any more has nothing to show, and nothing to clear.
  const there = await files.list(dirname(run.path)).catch(() => []);
  const whole = there.find(({ path }) => path === run.path);
  if (clears) await files.clear(run.path).catch(() => {});
  if (whole) return writer.close(run, { outcome: 'done', bytes: whole.bytes });
  await writer.close(run, { outcome: 'failed', reason: 'The service ended while it was written.' });
  log.warn({ backup: run.id, path: run.path }, 'a backup was cut short; what there was of it is removed');
}
