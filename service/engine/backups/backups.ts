import { dirname } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import { adviceFor } from './advice.ts';
import { type BackupPlan, type BackupRun, beyondKeep, isDue, type Origin, troubleOf } from './backup.ts';
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
   * Writes one backup while everything goes on, and brings every copy of the key store up to date; `keysTo` (else `folder`) is
   * such a place from now on. Throws CONFLICT while another one is written, and what says why it could not be written.
   */
  create(order: { folder: string; keysTo?: string; withModels?: boolean }, actor: Actor): Promise<MadeBackup>;
  /** Makes the folder a place of the key store too, unless there is another one. */
  schedule(plan: { folder: string; everyMinutes: number; keep: number }, actor: Actor): Promise<BackupPlan>;
  /** Files that are there stay. Throws NOT_FOUND. */
  unschedule(folder: string, actor: Actor): Promise<void>;
  /** Newest runs first. */
  list(): Promise<{ plans: BackupPlan[]; runs: BackupRun[]; keys: KeyCopy[]; warnings: string[] }>;
  /** After somebody proved a file: it is the last that retention lets go. False for a file that this appliance does not know. */
  verified(path: string, actor: Actor): Promise<boolean>;
  /** Runs what is due. What fails is noted, logged and shown, never thrown. */
  runDue(): Promise<void>;
  /** Once at start: what was cut short is noted as failed and cleared away, but as done where the whole file is there. */
  resume(): Promise<void>;
  /** Sentences for `/health`; reads memory. */
  warnings(): string[];
}

export interface BackupsDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  files: BackupFiles;
  copies: KeyPlaces;
  ids: Ids;
  clock: Clock;
  log: Log;
}

const itself: Actor = { is: 'operator', name: 'gatehouse' };

export function createBackups({
  db,
  inTransaction,
  audit,
  files,
  copies,
  ids,
  clock,
  log,
}: BackupsDeps): Backups {
  const store = createBackupStore({ db });
  let writing = false;
  let warnings: string[] = [];

  async function write(
    { folder, withModels, origin }: { folder: string; withModels: boolean; origin: Origin },
    actor: Actor,
  ): Promise<BackupRun> {
    if (writing) throw new Problem('CONFLICT', 'Another backup is being written: wait until it is done.');
    writing = true;
    const startedAt = clock.now();
    const run = { id: ids.next('backup'), path: files.pathIn(folder, startedAt), startedAt, origin };
    const by = { actor, target: run.id };
    try {
      await inTransaction((tx) => store.begin(tx, run));
      const { bytes } = await files.write(run.path, { at: startedAt, origin, withModels });
      const finishedAt = clock.now();
      await inTransaction(async (tx) => {
        await store.end(tx, run.id, { at: finishedAt, outcome: 'done', bytes });
        await audit.add(tx, {
          ...by,
          action: 'backup.create',
          details: { path: run.path, bytes, origin, withModels },
        });
      });
      return { ...run, finishedAt, bytes, outcome: 'done' };
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
    } finally {
      writing = false;
    }
  }

  async function look(): Promise<void> {
    const now = clock.now();
    const found: string[] = [];
    for (const plan of await store.plans()) {
      const last = await store.last(plan.folder, { until: now, origin: 'schedule' });
      const lastDone = await store.last(plan.folder, { until: now, outcome: 'done' });
      const trouble = troubleOf(plan, { last, lastDone }, now);
      if (trouble !== undefined) found.push(trouble);
    }
    warnings = found;
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
    for (const { path } of beyondKeep(await files.list(folder), { keep, justWritten, proven, now })) {
      await inTransaction((tx) =>
        audit.add(tx, { actor: itself, action: 'backup.remove', details: { path, keep } }),
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
      run = await write({ folder, withModels: false, origin: 'schedule' }, itself);
    } catch {
      // It is noted, and logged with its cause.
      return;
    }
    log.info({ backup: run.id, path: run.path, bytes: run.bytes }, 'made a scheduled backup');
    await copies.sync();
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
        actor: itself,
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
        actor: itself,
        action: 'backup.create',
        target: id,
        outcome: outcome === 'done' ? 'done' : 'refused',
        details: { path, origin, ...rest },
      });
    });
  }

  return {
    async create({ folder: given, keysTo, withModels = false }, actor) {
      const folder = await files.checkFolder(given);
      const place = await copies.add(keysTo === undefined ? folder : await files.checkFolder(keysTo), actor);
      if (place.state !== 'current') {
        throw new Problem(
          'CONFLICT',
          `The key store cannot be copied to ${place.place}, and without it no backup opens: ${place.reason ?? place.state}`,
        );
      }
      const run = await write({ folder, withModels, origin: 'operator' }, actor);
      // After the copy of the database: whoever is in that has a key in these.
      const keys = await copies.sync();
      await look();
      return { run, keys, advice: adviceFor(folder, keys) };
    },
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
        runs: await store.list(50),
        keys: await copies.list(),
        warnings: [...warnings],
      };
    },
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

function reasonOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? 'Something broke; the log says what.' : message;
}
