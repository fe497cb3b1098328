import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type BackupFile,
  type BackupFiles,
  type Backups,
  createBackups,
  type KeyCopy,
} from '../../service/engine/appliance/index.ts';
import { createIds } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { Problem } from '../../service/lib/problem.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { onlyRun } from '../../service/storage/runs.ts';
import { onSqlite } from '../storage/databases.ts';
import { createTestAudit } from '../support/audit.ts';

const HOUR = 3_600_000;
const found = {
  takenAt: '2026-11-20T12:00:00.000Z',
  schema: '0001',
  organizations: 1,
  people: { there: 1, erased: 0 },
  templates: { there: 1, opened: 1, erased: 0, damaged: 0 },
  match: { asked: 1, found: 1 },
  audit: { lines: 1, checkpoints: 1, valid: true },
};
const ada = { is: 'operator', name: 'ada' } as const;

onSqlite('backups', (newLocation) => {
  let database: Database;
  let now: number;
  let there: BackupFile[];
  let cleared: string[];
  let copies: KeyCopy[];
  let failure: Error | undefined;
  let problems: string[];
  let altered: string[];
  let troubled: number;
  let sequence: number;
  let backups: Backups;
  let due: string[];
  let duringDrill: (path: string, places: readonly string[]) => Promise<void>;

  const files: BackupFiles = {
    checkFolder: async (folder) => folder,
    pathIn: (folder, at) => `${folder}/${at}.backup`,
    async write(path, { at, origin }) {
      if (failure) throw failure;
      there.push({ path, takenAt: at, bytes: 7, origin, sequence: ++sequence });
      return { bytes: 7 };
    },
    prove: async () => ({ problems, found: { ...found, altered } }),
    async drill(path, places, progress) {
      progress({ step: 'reading the backup', done: 1, of: 2 });
      await duringDrill(path, places);
      return { problems, found: undefined };
    },
    list: async (folder) => there.filter(({ path }) => path.startsWith(`${folder}/`)),
    where: async (path) => (there.some((file) => file.path === path) ? 'there' : 'removed'),
    async remove(path) {
      there = there.filter((file) => file.path !== path);
    },
    keepPassphrase: async () => {},
    async clear(path) {
      cleared.push(path);
    },
  };
  const clock = { now: () => now };
  const ids = createIds(clock);

  beforeEach(async () => {
    now = Date.UTC(2026, 10, 20, 12);
    database = await openDatabase(await newLocation(), { clock, log: silentLog });
    [there, cleared, copies, failure] = [[], [], [], undefined];
    [problems, altered, troubled, sequence, due] = [[], [], 0, 0, []];
    duringDrill = async () => {};
    const { db, inTransaction } = database;
    backups = createBackups({
      db,
      inTransaction,
      audit: createTestAudit({ ids, clock }),
      files,
      copies: {
        async add(place) {
          const copy = { place, state: 'current' as const };
          if (!copies.some((one) => one.place === place)) copies.push(copy);
          return copy;
        },
        list: async () => copies,
        sync: async () => copies,
      },
      async troubled() {
        troubled += 1;
      },
      recurring: { due: async (_tx, kind) => void due.push(kind) },
      ids,
      clock,
      log: silentLog,
      runs: onlyRun('run_1'),
    });
  });
  afterEach(() => database.close());

  const actions = async () =>
    (
      await database.db.selectFrom('audit').select(['action', 'outcome', 'actor']).orderBy('id').execute()
    ).map(({ action, outcome, actor }) => `${actor} ${action} ${outcome}`);
  const outcomes = async () =>
    (await backups.page({ limit: 50 })).map(({ outcome, reason }) => reason ?? outcome);

  test('a backup registers its folder for the keys, and advises against having both in one place', async () => {
    const { run, advice } = await backups.create({ folder: '/b' }, ada);
    expect(run).toMatchObject({ path: `/b/${now}.backup`, outcome: 'done', bytes: 7, origin: 'operator' });
    expect(copies.map(({ place }) => place)).toEqual(['/b']);
    expect(advice.join(' ')).toMatch(/both in \/b.*at least two places/);
    // A place that is there is enough: what was set up apart stays apart.
    await backups.create({ folder: '/c' }, ada);
    expect(copies.map(({ place }) => place)).toEqual(['/b']);
    copies[0]!.state = 'unreachable';
    await expect(backups.create({ folder: '/c' }, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
    copies = [];
    const apart = await backups.create({ folder: '/b', keysTo: '/k' }, ada);
    expect(apart.keys).toEqual([{ place: '/k', state: 'current' }]);
    expect(apart.advice.join(' ')).not.toContain('both in');
    expect(await actions()).toEqual(Array.from({ length: 3 }, () => 'operator:ada backup.create done'));
  });

  test('a failure is thrown, noted with its reason, and audited', async () => {
    failure = new Problem('STORAGE_FULL', 'No room.');
    await expect(backups.create({ folder: '/b' }, ada)).rejects.toBe(failure);
    expect(await outcomes()).toEqual(['No room.']);
    expect(await actions()).toEqual(['operator:ada backup.create refused']);
  });

  test('a backup that would not restore is reported at once, stays, and removes no older one', async () => {
    await backups.schedule({ folder: '/b', everyMinutes: 60, keep: 1 }, ada);
    await backups.runDue();
    const good = there[0]!.path;
    expect((await backups.page({ limit: 50 }))[0]).toMatchObject({ outcome: 'done', verifiedAt: now });
    problems = ['3 templates do not open.'];
    now += 1;
    await expect(backups.create({ folder: '/b' }, ada)).rejects.toMatchObject({
      code: 'BACKUP_UNUSABLE',
      message: expect.stringContaining('3 templates do not open.'),
    });
    expect([troubled, backups.warnings()]).toEqual([1, [expect.stringContaining('would not restore')]]);
    for (let hour = 0; hour < 3; hour++) {
      now += HOUR;
      await backups.runDue();
    }
    expect(troubled).toBe(4);
    expect(backups.warnings()).toHaveLength(1);
    // Of those of the schedule: the good one, and the newest of the bad.
    expect(there.filter(({ origin }) => origin === 'schedule').map(({ path }) => path)).toEqual([
      good,
      `/b/${now}.backup`,
    ]);
    const [bad] = await backups.page({ limit: 50 });
    expect(bad).toMatchObject({ outcome: 'unproven', reason: '3 templates do not open.' });
    expect(bad).not.toHaveProperty('verifiedAt');
    problems = [];
    now += HOUR;
    await backups.runDue();
    expect(backups.warnings()).toEqual([]);
  });

  test('one that holds what another program wrote is made and marked, and the newest without it stays', async () => {
    await backups.schedule({ folder: '/b', everyMinutes: 60, keep: 2 }, ada);
    await backups.runDue();
    const clean = there[0]!.path;
    altered = Array.from({ length: 12 }, (_, i) => `The row gra_${i} of destination_grant is not used.`);
    for (let hour = 0; hour < 4; hour++) {
      now += HOUR;
      await backups.runDue();
    }
    expect(there.map(({ path }) => path)).toEqual([clean, `/b/${now - HOUR}.backup`, `/b/${now}.backup`]);
    const { run, advice } = await backups.create({ folder: '/b' }, ada);
    const reason = expect.stringMatching(/The row gra_0 .*gra_9 .*And 2 more/);
    expect(run).toMatchObject({ outcome: 'done', verifiedAt: now, reason });
    expect(advice[0]).toContain('can be restored, but another program wrote to the database before');
    expect([troubled, backups.warnings()]).toEqual([5, [advice[0]]]);
    expect(await backups.lastDone()).toBe(now);
    // A test by hand does not take the mark away.
    await backups.verified(run.path, ada);
    expect((await backups.page({ limit: 1 }))[0]).toMatchObject({ outcome: 'done', reason });
    altered = [];
    now += HOUR;
    await backups.runDue();
    expect(backups.warnings()).toEqual([]);
  });

  test('a clock that stood in the future cannot push out a newer backup with a true date', async () => {
    await backups.schedule({ folder: '/b', everyMinutes: 60, keep: 2 }, ada);
    now += 1000 * HOUR;
    for (let hour = 0; hour < 3; hour++) {
      await backups.runDue();
      now += HOUR;
    }
    now -= 1003 * HOUR;
    await backups.runDue();
    const truthful = there.at(-1)!.path;
    now += 1100 * HOUR;
    await backups.runDue();
    expect(there.map(({ path }) => path)).toEqual([truthful, `/b/${now}.backup`]);
    now -= 200 * HOUR;
    // Those that were removed, and those that are dated ahead of the clock, are marked.
    const [newest, ...older] = await backups.page({ limit: 50 });
    expect(await backups.page({ before: newest!, limit: 50 })).toEqual(older);
    const marks = [newest!, ...older].map(({ file, futureDated }) => [file, futureDated]);
    expect(marks).toEqual([
      ['there', true],
      ...Array.from({ length: 3 }, () => ['removed', true]),
      ['there', false],
    ]);
  });

  test('two at a time: the second is refused', async () => {
    const first = backups.create({ folder: '/b' }, ada);
    await expect(backups.create({ folder: '/b' }, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
    await first;
  });

  test('a schedule runs at once, then at its interval, and keeps the newest', async () => {
    await backups.schedule({ folder: '/b', everyMinutes: 60, keep: 2 }, ada);
    for (let hour = 0; hour < 5; hour++) {
      await backups.runDue();
      await backups.runDue();
      now += HOUR;
    }
    expect(there.map(({ takenAt }) => (now - takenAt) / HOUR)).toEqual([2, 1]);
    expect((await actions()).filter((one) => one.includes('backup.remove'))).toHaveLength(3);
    expect(backups.warnings()).toEqual([]);
  });

  test('the one that was proven last stays beyond those that are kept', async () => {
    await backups.schedule({ folder: '/b', everyMinutes: 60, keep: 1 }, ada);
    await backups.runDue();
    const proven = there[0]!.path;
    expect(await backups.verified(proven, ada)).toBe(true);
    expect(await backups.verified('/elsewhere', ada)).toBe(false);
    problems = ['The audit chain is not valid.'];
    for (let hour = 0; hour < 3; hour++) {
      now += HOUR;
      await backups.runDue();
    }
    expect(there.map(({ path }) => path)).toEqual([proven, `/b/${now}.backup`]);
  });

  test('a clock that stood in the future for a while holds nothing up', async () => {
    await backups.schedule({ folder: '/b', everyMinutes: 60, keep: 9 }, ada);
    now += 1000 * HOUR;
    await backups.runDue();
    now -= 1000 * HOUR;
    await backups.runDue();
    expect(there.map(({ takenAt }) => takenAt)).toContain(now);
    await backups.runDue();
    expect(there).toHaveLength(2);
  });

  test('a failing schedule is reported, tried again after a quarter of an hour, and recovers', async () => {
    await backups.schedule({ folder: '/b', everyMinutes: 60, keep: 2 }, ada);
    failure = new Problem('STORAGE_FULL', 'No room.');
    await backups.runDue();
    await backups.runDue();
    expect(await outcomes()).toEqual(['No room.']);
    expect(backups.warnings()).toEqual(['The scheduled backup into /b fails (there is none yet): No room.']);
    failure = undefined;
    now += HOUR / 4;
    await backups.runDue();
    expect([await outcomes(), backups.warnings()]).toEqual([['done', 'No room.'], []]);
  });

  test('nothing is written where the medium with the keys should be and is not', async () => {
    await backups.schedule({ folder: '/b', everyMinutes: 60, keep: 2 }, ada);
    copies[0]!.state = 'unreachable';
    await backups.runDue();
    expect(there).toEqual([]);
    expect(backups.warnings()[0]).toContain('is the medium mounted?');
  });

  test('a run that was cut short is noted as failed at the next start, and its rest is removed', async () => {
    const path = '/b/half.backup';
    await database.db
      .insertInto('backup_run')
      .values({
        id: 'bkp_half',
        path,
        started_at: now,
        outcome: 'running',
        origin: 'schedule',
        finished_at: null,
        bytes: null,
        reason: null,
        verified_at: null,
      })
      .execute();
    await backups.resume();
    expect(cleared).toEqual([path]);
    expect(await outcomes()).toEqual(['The service ended while it was written.']);
    expect(await actions()).toEqual(['appliance:backups backup.create refused']);
  });

  test('a database that comes out of a backup knows that this backup was made', async () => {
    const { run } = await backups.create({ folder: '/b' }, ada);
    await database.db
      .updateTable('backup_run')
      .set({ outcome: 'running', finished_at: null, bytes: null, begun_by: 'run_0' })
      .where('id', '=', run.id)
      .execute();
    await backups.resume();
    // The file has its name: what it was written under, and the copy of the database, may be there still.
    expect(cleared).toEqual([run.path]);
    expect(await backups.page({ limit: 50 })).toMatchObject([{ id: run.id, outcome: 'done', bytes: 7 }]);
  });

  test('a schedule is changed and ended; another folder knows none', async () => {
    await backups.schedule({ folder: '/b', everyMinutes: 60, keep: 2 }, ada);
    await backups.schedule({ folder: '/b', everyMinutes: 120, keep: 5 }, ada);
    expect((await backups.plans()).plans).toMatchObject([{ folder: '/b', everyMinutes: 120, keep: 5 }]);
    await expect(backups.unschedule('/c', ada)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await backups.unschedule('/b', ada);
    expect((await backups.plans()).plans).toEqual([]);
  });

  test('a trial runs by itself: how far it is can be seen, and what it found stays', async () => {
    const { run } = await backups.create({ folder: '/b' }, ada);
    const { id } = await backups.drill(run.id, ada);
    expect(due).toEqual(['backup-drill']);
    await expect(backups.drill(run.id, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
    duringDrill = async (path, places) => {
      expect([path, places]).toEqual([run.path, copies.map(({ place }) => place)]);
      expect(await backups.getDrill(id)).toMatchObject({
        state: 'running',
        now: { step: 'reading the backup', done: 1, of: 2 },
      });
    };
    now += 5_000;
    await backups.runDrills();
    expect(await backups.drills({ limit: 5 })).toEqual([
      {
        id,
        backup: run.id,
        path: run.path,
        askedBy: 'operator:ada',
        askedAt: now - 5_000,
        finishedAt: now,
        state: 'passed',
        problems: [],
      },
    ]);
    expect(await backups.page({ limit: 1 })).toMatchObject([{ verifiedAt: now }]);
    // A lease that ran out gives the job again: it is done once.
    await backups.runDrills();
    expect((await actions()).filter((line) => line.includes('drill')).toSorted()).toEqual([
      'appliance:backups backup.drilled done',
      'operator:ada backup.drill done',
    ]);
  });

  test('a trial that fails says why; one that the end of the service cut short too', async () => {
    const { run } = await backups.create({ folder: '/b' }, ada);
    problems = ['The database is damaged: row 7.'];
    const first = await backups.drill(run.id, ada);
    await backups.runDrills();
    expect(await backups.getDrill(first.id)).toMatchObject({ state: 'failed', problems });
    expect(await actions()).toContain('appliance:backups backup.drilled refused');
    const second = await backups.drill(run.id, ada);
    await database.db
      .updateTable('backup_drill')
      .set({ state: 'running', begun_by: 'run_0' })
      .where('id', '=', second.id)
      .execute();
    await backups.resume();
    expect(await backups.getDrill(second.id)).toMatchObject({
      state: 'failed',
      problems: [expect.stringContaining('The service ended')],
    });
    await expect(backups.drill('bkp_none', ada)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    there = [];
    await expect(backups.drill(run.id, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
