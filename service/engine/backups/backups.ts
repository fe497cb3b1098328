import { dirname } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import { adviceFor } from './advice.ts';
import {
  type BackupPlan,
  type BackupRun,
  beyondKeep,
  describeUnproven,
  isDue,
  type ListedRun,
  type Origin,
  reasonOf,
  troubleOf,
} from './backup.ts';
import type { BackupFiles, KeyCopy, KeyPlaces } from './backup-files.ts';
import { createBackupStore } from './backup-store.ts';

export interface MadeBackup {
  run: BackupRun;
  /** Of the key store, without which the file opens nothing. */
  keys: KeyCopy[];
  /** What the operator should know, one sentence each. */
  advice: string[];
}

export interface Backups {
  /**
   * Writes one backup while everything goes on, brings every copy of the key store up to date, and proves the file as a restore
   * would; `keysTo` is such a place from now on, and `folder` where there is none at all. Throws CONFLICT while another one is written, what says why it
   * could not be written, and BACKUP_UNUSABLE for a file that would not restore, which stays.
   */
  create(order: { folder: string; keysTo?: string; withModels?: boolean }, actor: Actor): Promise<MadeBackup>;
  /** Makes the folder a place of the key store too, unless there is another one. */
  schedule(plan: { folder: string; everyMinutes: number; keep: number }, actor: Actor): Promise<BackupPlan>;
  /** Files that are there stay. Throws NOT_FOUND. */
  unschedule(folder: string, actor: Actor): Promise<void>;
  /** Newest runs first. */
  list(): Promise<{ plans: BackupPlan[]; runs: ListedRun[]; keys: KeyCopy[]; warnings: string[] }>;
  /** After somebody proved a file: it is the last that retention lets go. False for a file that this appliance does not know. */
  verified(path: string, actor: Actor): Promise<boolean>;
  /** Runs what is due. What fails is noted, logged and shown, never thrown. */
  runDue(): Promise<void>;
  /** Once at start: what was cut short is noted as failed and cleared away, but as done where the whole file is there. */
  resume(): Promise<void>;
  /** When the newest backup that was written and proven was finished, ms since 1970. */
  lastDone(): Promise<number | undefined>;
  /** What is wrong with backups, for `/health`, doctor and the alert, one sentence each; reads memory. */
  warnings(): string[];
}

export interface BackupsDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  files: BackupFiles;
  copies: KeyPlaces;
  /** Called when a backup failed its proof: the alert does not wait for its next look. */
  troubled?: () => Promise<void>;
  ids: Ids;
  clock: Clock;
  log: Log;
}

const appliance: Actor = { is: 'appliance', task: 'backups' };

export function createBackups({
  db,
  inTransaction,
  audit,
  files,
  copies,
  troubled = async () => {},
  ids,
  clock,
  log,
}: BackupsDeps): Backups {
  const store = createBackupStore({ db });
  let writing = false;
  let warnings: string[] = [];

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (writing) throw new Problem('CONFLICT', 'Another backup is being written: wait until it is done.');
    writing = true;
    try {
      return await work();
    } finally {
      writing = false;
    }
  }

  async function write(
    { folder, withModels, origin }: { folder: string; withModels: boolean; origin: Origin },
    actor: Actor,
  ): Promise<BackupRun> {
    const startedAt = clock.now();
    const run = { id: ids.next('backup'), path: files.pathIn(folder, startedAt), startedAt, origin };
    const by = { actor, target: run.id };
    try {
      await inTransaction((tx) => store.begin(tx, run));
      const { bytes } = await files.write(run.path, { at: startedAt, origin, withModels });
      return await prove({ ...run, bytes }, { ...by, withModels });
    } catch (error) {
      const reason = reasonOf(error);
      log.error({ backup: run.id, path: run.path, err: error }, 'a backup failed');
      // On a full disk this may fail as well; the next start notes it then.
      await inTransaction(async (tx) => {
        await store.end(tx, run.id, { at: clock.now(), outcome: 'failed', reason });
        await audit.add(tx, {
          ...by,
          action: 'backup.create',
          outcome: 'refused',
          details: { path: run.path, origin, reason },
        });
      }).catch((lost: unknown) => log.error({ backup: run.id, err: lost }, 'its failure was not noted'));
      throw error;
    }
  }

  /** As a restore does, with the newest keys; the run ends as `done` or `unproven`. */
  async function prove(
    run: Pick<BackupRun, 'id' | 'path' | 'startedAt' | 'origin'> & { bytes: number },
    { actor, target, withModels }: { actor: Actor; target: string; withModels: boolean },
  ): Promise<BackupRun> {
    const { id, path, bytes, origin } = run;
    // After the copy of the database: whoever is in that has a key in these.
    const keys = await copies.sync();
    const current = keys.filter(({ state }) => state === 'current').map(({ place }) => place);
    const problems = await files.prove(path, current);
    const finishedAt = clock.now();
    const outcome = problems.length === 0 ? ('done' as const) : ('unproven' as const);
    const reason = problems.join(' ');
    await inTransaction(async (tx) => {
      await store.end(tx, id, {
        ...{ at: finishedAt, outcome, bytes },
        ...(outcome === 'done' ? { proven: true } : { reason }),
      });
      await audit.add(tx, {
        ...{ actor, target, action: 'backup.create' },
        details: { path, bytes, origin, withModels, ...(outcome === 'done' ? {} : { unproven: problems }) },
      });
    });
    if (outcome === 'done') return { ...run, finishedAt, outcome, verifiedAt: finishedAt };
    log.error({ backup: id, path, problems }, 'a backup was written, but would not restore');
    await look();
    await troubled().catch((error: unknown) => log.error({ err: error }, 'the alert is told a minute later'));
    return { ...run, finishedAt, outcome, reason };
  }

  async function look(): Promise<void> {
    const now = clock.now();
    const found: string[] = [];
    const newest = await store.lastWritten(now);
    if (newest?.outcome === 'unproven') found.push(describeUnproven(newest));
    for (const plan of await store.plans()) {
      const last = await store.last(plan.folder, { until: now, origin: 'schedule' });
      const lastDone = await store.last(plan.folder, { until: now, outcome: 'done' });
      const trouble = troubleOf(plan, { last, lastDone }, now);
      if (trouble !== undefined && !(last?.outcome === 'unproven' && last.id === newest?.id))
        found.push(trouble);
    }
    warnings = found;
  }

  async function listed(run: BackupRun): Promise<ListedRun> {
    const left = run.outcome === 'done' || run.outcome === 'unproven';
    const futureDated = run.startedAt > clock.now();
    return { ...run, futureDated, ...(left ? { file: await files.where(run.path) } : {}) };
  }

  /** Without any current copy of the key store no backup opens. */
  async function requireKeyPlace(keysTo: string | undefined, folder: string, actor: Actor): Promise<void> {
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

  /** A place of the key store that is not there: what lies at the path now is not the medium that was meant. */
  async function requireMedium(folder: string): Promise<void> {
    const copy = (await copies.sync()).find(({ place }) => place === folder);
    if (copy?.state === 'unreachable') {
      throw new Problem(
        'CONFLICT',
        `The copy of the key store that belongs into ${folder} is not there: is the medium mounted? ${copy.reason ?? ''}`.trim(),
      );
    }
  }

  async function letGo({ folder, keep }: BackupPlan, justWritten: string): Promise<void> {
    const proven = await store.lastVerified(folder);
    const now = clock.now();
    const there = await files.list(folder);
    const unproven = await store.unproven(there.map(({ path }) => path));
    for (const { path } of beyondKeep(there, { keep, justWritten, proven, unproven, now })) {
      await inTransaction((tx) =>
        audit.add(tx, { actor: appliance, action: 'backup.remove', details: { path, keep } }),
      );
      await files.remove(path);
      log.info({ path, keep }, 'removed a backup beyond those that are kept');
    }
  }

  async function runPlan(plan: BackupPlan): Promise<void> {
    const { folder } = plan;
    try {
      await requireMedium(folder);
      await files.checkFolder(folder);
    } catch (error) {
      await noteRefusal(folder, error);
      return;
    }
    let run: BackupRun;
    try {
      run = await alone(() => write({ folder, withModels: false, origin: 'schedule' }, appliance));
    } catch {
      // It is noted, and logged with its cause.
      return;
    }
    log.info({ backup: run.id, path: run.path, bytes: run.bytes }, 'made a scheduled backup');
    await letGo(plan, run.path);
  }

  /** A run that could not begin leaves a row as well: the plan waits before it tries again, and doctor sees it. */
  async function noteRefusal(folder: string, error: unknown): Promise<void> {
    const at = clock.now();
    const reason = reasonOf(error);
    log.error({ folder, err: error }, 'a scheduled backup could not begin');
    const id = ids.next('backup');
    await inTransaction(async (tx) => {
      await store.begin(tx, { id, path: files.pathIn(folder, at), startedAt: at, origin: 'schedule' });
      await store.end(tx, id, { at, outcome: 'failed', reason });
      await audit.add(tx, {
        actor: appliance,
        action: 'backup.create',
        target: id,
        outcome: 'refused',
        details: { folder, origin: 'schedule', reason },
      });
    });
  }

  /** Of a run that somebody began who is gone: the service ended, or this database was taken into that very backup. */
  async function end(
    { id, path, origin }: BackupRun,
    found: { outcome: 'done'; bytes: number } | { outcome: 'failed'; reason: string },
  ): Promise<void> {
    const { outcome, ...rest } = found;
    await inTransaction(async (tx) => {
      await store.end(tx, id, { at: clock.now(), ...found });
      await audit.add(tx, {
        actor: appliance,
        action: 'backup.create',
        target: id,
        outcome: outcome === 'done' ? 'done' : 'refused',
        details: { path, origin, ...rest },
      });
    });
  }

  return {
    create: ({ folder: given, keysTo, withModels = false }, actor) =>
      alone(async () => {
        const folder = await files.checkFolder(given);
        const place = keysTo === undefined ? undefined : await files.checkFolder(keysTo);
        await requireKeyPlace(place, folder, actor);
        const run = await write({ folder, withModels, origin: 'operator' }, actor);
        if (run.outcome === 'unproven') throw new Problem('BACKUP_UNUSABLE', describeUnproven(run));
        const keys = await copies.list();
        await look();
        return { run, keys, advice: adviceFor(folder, keys) };
      }),
    async schedule({ folder: given, everyMinutes, keep }, actor) {
      const folder = await files.checkFolder(given);
      if ((await copies.list()).length === 0) await copies.add(folder, actor);
      const plan = { folder, everyMinutes, keep, setBy: describeActor(actor), setAt: clock.now() };
      await inTransaction(async (tx) => {
        await store.putPlan(tx, plan);
        await audit.add(tx, { actor, action: 'backup.schedule', details: { folder, everyMinutes, keep } });
      });
      await look();
      return plan;
    },
    async unschedule(folder, actor) {
      await inTransaction(async (tx) => {
        if (!(await store.removePlan(tx, folder))) {
          throw new Problem(
            'NOT_FOUND',
            `No backups are scheduled into ${folder}: “gatehouse backup list” shows the plans.`,
          );
        }
        await audit.add(tx, { actor, action: 'backup.unschedule', details: { folder } });
      });
      await look();
    },
    async list() {
      await look();
      return {
        plans: await store.plans(),
        runs: await Promise.all((await store.list(50)).map(listed)),
        keys: await copies.list(),
        warnings: [...warnings],
      };
    },
    lastDone: () => store.lastDone(),
    verified: (path, actor) =>
      inTransaction(async (tx) => {
        const known = await store.verified(tx, path, clock.now());
        if (known) await audit.add(tx, { actor, action: 'backup.verify', details: { path } });
        return known;
      }),
    async runDue() {
      await files.keepPassphrase();
      for (const plan of await store.plans()) {
        const now = clock.now();
        const last = await store.last(plan.folder, { until: now, origin: 'schedule' });
        if (!writing && isDue(plan, last, now)) await runPlan(plan);
      }
      await look();
    },
    async resume() {
      await files.keepPassphrase();
      for (const run of await store.unfinished()) {
        // A medium that is not there any more has nothing to show, and nothing to clear.
        const there = await files.list(dirname(run.path)).catch(() => []);
        const whole = there.find(({ path }) => path === run.path);
        await files.clear(run.path).catch(() => {});
        if (whole) {
          await end(run, { outcome: 'done', bytes: whole.bytes });
          continue;
        }
        await end(run, { outcome: 'failed', reason: 'The service ended while it was written.' });
        log.warn(
          { backup: run.id, path: run.path },
          'a backup was cut short; what there was of it is removed',
        );
      }
      await look();
    },
    warnings: () => [...warnings],
  };
}
