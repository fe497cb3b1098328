import { expect, test } from 'vitest';
import type { JournalEntry } from './journal.ts';
import type { Machine } from './machine.ts';
import { recover, update } from './update-steps.ts';

const versions = { from: '0.1.0', to: '0.2.0' };

function machineWith(own: Partial<Machine> = {}, running = true) {
  const done: string[] = [];
  const steps: (JournalEntry['step'] | 'end')[] = [];
  const turns: (readonly string[])[] = [];
  const kept: (readonly string[])[] = [];
  const step =
    <T>(name: string, value: T) =>
    async (...words: unknown[]) => {
      done.push(
        [name, ...words.map((word) => (typeof word === 'object' ? JSON.stringify(word) : word))].join(' '),
      );
      return value;
    };
  const machine: Machine = {
    program: '/installed',
    installedVersion: async () => '0.1.0',
    describe: async () => ({ name: 'gatehouse', version: '0.2.0', architecture: 'amd64' }),
    architecture: async () => 'amd64',
    isOlder: async () => true,
    packInstalled: step('pack', 'old.deb'),
    keepProgram: async () => '/kept/program',
    install: step('install', undefined),
    isRunning: async () => running,
    stop: step('stop', undefined),
    start: step('start', undefined),
    migrate: step('migrate', undefined),
    keepData: step('keep data', 'snapshots/a.db'),
    migrateBack: step('migrate back', true),
    tryStart: step('try', undefined as string | undefined),
    askService: step('ask', undefined as string | undefined),
    takeTurn: async () => {
      turns.push([...steps]);
      return {
        keep: async () => void kept.push([...done]),
        [Symbol.asyncDispose]: async () => void turns.push([...steps]),
      };
    },
    nodesWithout: async () => [],
    ...own,
  };
  const journal = {
    write: (entry: JournalEntry) => void steps.push(entry.step),
    remove: () => void steps.push('end'),
  };
  const order = { ...versions, place: { data: '/data', schema: '0034' }, journal, say() {} };
  return {
    machine,
    order,
    done,
    steps,
    /** What the journal held as it was taken and given back. */
    turns,
    /** What was done before each look whether it was lost. */
    kept,
    run: (more = {}) => update(machine, 'new.deb', { ...order, ...more }),
  };
}

const snapshot = 'snapshots/a.db';
const BEFORE = ['pack', 'stop', 'keep data'];
const BACK = ['stop', 'migrate back', 'install old.deb {"goingBack":true}', 'migrate', 'start'];
const fail = (message: string) => async () => {
  throw new Error(message);
};

test('an update that becomes ready stays', async () => {
  const { run, done, steps } = machineWith();
  expect(await run()).toEqual({ ...versions, snapshot });
  expect(done).toEqual([...BEFORE, 'install new.deb', 'migrate', 'try', 'start', 'ask']);
  expect(steps).toEqual(['before', 'installing', 'changing data', 'starting', 'ready', 'end']);
});

test('of several nodes one is updated at a time: from before the first step until after the last, whatever comes of it', async () => {
  for (const own of [{}, { tryStart: async () => 'no' }, { keepData: fail('no') }]) {
    const { run, steps, turns } = machineWith(own);
    await run().catch(() => {});
    expect(turns).toEqual([[], steps]);
  }
  const { run, done, steps } = machineWith({
    takeTurn: fail('Another node of this record is being updated.'),
  });
  await expect(run()).rejects.toThrow('Another node');
  expect([done, steps]).toEqual([[], []]);
});

test('where the turn was lost, and another node has it, nothing more is changed: each step looks', async () => {
  const another = 'Another node of this record is being updated.';
  const fine = machineWith();
  await fine.run();
  const installed = [...BEFORE, 'install new.deb'];
  expect(fine.kept).toEqual([BEFORE, BEFORE, installed, [...installed, 'migrate', 'try']]);

  function lostAt(look: number) {
    const { machine, ...lost } = machineWith();
    let looks = 0;
    machine.takeTurn = async () => ({
      async keep() {
        looks += 1;
        if (looks === look) throw new Error(another);
      },
      async [Symbol.asyncDispose]() {},
    });
    return lost;
  }
  const early = lostAt(1);
  await expect(early.run()).rejects.toThrow(`Nothing was changed: ${another}`);
  expect(early.done).toEqual([...BEFORE, 'start']);
  expect(early.steps).toEqual(['before', 'start back', 'end']);
  const late = lostAt(3);
  expect(await late.run()).toMatchObject({ wentBack: another });
  expect(late.done).toEqual([...installed, 'stop', 'install old.deb {"goingBack":true}', 'migrate', 'start']);
});

test('what is taken back keeps the others off, and waits for none: the record may not answer, or another one be updated', async () => {
  for (const refused of [false, true]) {
    const { machine, order, steps, turns } = machineWith();
    if (refused) machine.takeTurn = fail('The server does not answer.');
    const { journal, say } = order;
    const entry = { ...versions, ...order.place, format: 1, step: 'installing', before: 'old.deb' } as const;
    const more = { program: '/kept/program', running: true, restored: false };
    await recover(machine, { ...entry, ...more }, { journal, say, opens: false });
    expect(steps.at(-1)).toBe('end');
    expect(turns).toEqual(refused ? [] : [[], steps]);
  }
});

test('nodes of another version are said, where the service of this one runs', async () => {
  const nodesWithout = async (version: string) => [`node_b (before ${version})`];
  expect(await machineWith({ nodesWithout }).run()).toEqual({
    ...versions,
    snapshot,
    others: ['node_b (before 0.2.0)'],
  });
  for (const other of [
    machineWith({ nodesWithout: fail('no socket') }),
    machineWith({ nodesWithout }, false),
  ])
    expect(await other.run()).toEqual({ ...versions, snapshot });
});

test('without a snapshot, where the operator says so, the data is opened all the same', async () => {
  const { run, done } = machineWith();
  expect(await run({ snapshot: false })).toEqual(versions);
  expect(done.slice(0, 3)).toEqual(['pack', 'stop', 'migrate']);
});

test('a version that does not become ready is taken back, with its schema', async () => {
  const { run, done, steps } = machineWith({ tryStart: async () => '/ready answered 503' });
  expect(await run()).toEqual({ ...versions, snapshot, wentBack: '/ready answered 503', restored: true });
  expect(done).toEqual([...BEFORE, 'install new.deb', 'migrate', ...BACK]);
  expect(steps.slice(3)).toEqual(['data back', 'program back', 'start back', 'end']);
});

test('data of which the schema was not changed stays', async () => {
  const { run } = machineWith({ tryStart: async () => 'no', migrateBack: async () => false });
  expect(await run()).toEqual({ ...versions, snapshot, wentBack: 'no', restored: false });
});

test('a version that fails under its unit alone is taken back', async () => {
  for (const own of [{ askService: async () => 'the port is taken' }, {}]) {
    let starts = 0;
    const { run, done } = machineWith({
      ...own,
      async start() {
        starts += 1;
        if (starts === 1 && !('askService' in own)) throw new Error('the port is taken');
      },
    });
    expect(await run()).toMatchObject({ wentBack: 'the port is taken' });
    expect([done.slice(-4), starts]).toEqual([BACK.slice(0, -1), 2]);
  }
});

test('a service that did not run is not started', async () => {
  const { run, done } = machineWith({}, false);
  await run();
  expect(done).toEqual(['pack', 'keep data', 'install new.deb', 'migrate', 'try']);
  const broken = machineWith({ tryStart: async () => 'no' }, false);
  await broken.run();
  expect(broken.done.slice(4)).toEqual(BACK.slice(1, -1));
});

test('a migration that fails half-way is taken back, with whatever schema it left', async () => {
  let calls = 0;
  const broken = machineWith({
    async migrate() {
      calls += 1;
      broken.done.push('migrate');
      if (calls === 1) throw new Error('the migration ended with 1');
    },
  });
  expect(await broken.run()).toMatchObject({ wentBack: 'the migration ended with 1' });
  expect(broken.done).toEqual([...BEFORE, 'install new.deb', 'migrate', ...BACK]);
});

test('an installation that fails half-way is taken back; the data, which it did not touch, is only opened', async () => {
  const install = machineWith({});
  install.machine.install = async (_, how) => {
    install.done.push(how ? 'install old.deb {"goingBack":true}' : 'install new.deb');
    if (!how) throw new Error('dpkg ended with 1');
  };
  expect(await install.run()).toMatchObject({ wentBack: 'dpkg ended with 1', restored: false });
  expect(install.done).toEqual([
    ...BEFORE,
    'install new.deb',
    ...BACK.filter((one) => one !== 'migrate back'),
  ]);
});

test('data that the version from before does not open, or copy, end the update before anything is installed', async () => {
  const { run, done, steps } = machineWith({ keepData: fail('That is not the passphrase.') });
  await expect(run()).rejects.toThrow(
    'Nothing was changed: 0.1.0 does not open the data, or keeps no copy of it. That is not the passphrase.',
  );
  expect(done).toEqual(['pack', 'stop', 'start']);
  expect(steps).toEqual(['before', 'start back', 'end']);
});

test('a new version that can run no command is replaced all the same; data that stay newer are named', async () => {
  const { run } = machineWith({ tryStart: async () => 'no', migrateBack: fail('it ended with 1') });
  expect(await run()).toMatchObject({ wentBack: 'no', restored: false });
  let calls = 0;
  const lost = machineWith({
    tryStart: async () => 'no',
    migrateBack: fail('The key store got its schema 2 after the snapshot.'),
    async migrate() {
      calls += 1;
      if (calls === 2) throw new Error('newer schema');
    },
  });
  await expect(lost.run()).rejects.toThrow(
    /^0\.1\.0 is installed again, but it does not open the data.*The key store got its schema 2.*old\.deb.*snapshots\/a\.db/,
  );
  expect(lost.done.at(-1)).toBe('install old.deb {"goingBack":true}');
  expect(lost.steps.at(-1)).toBe('end');
});

test('where the version from before cannot be installed, the journal stays for another try', async () => {
  const stuck = machineWith({
    tryStart: async () => 'no',
    async install(_, how) {
      if (how) throw new Error('dpkg: the database is locked');
    },
  });
  await expect(stuck.run()).rejects.toThrow(/dpkg: the database is locked.*gatehouse-update\/recover/);
  expect(stuck.steps.at(-1)).toBe('program back');
});

test('without a copy of the old version nothing is touched', async () => {
  const { run, done, steps } = machineWith({
    async packInstalled() {
      throw new Error('no room');
    },
  });
  await expect(run()).rejects.toThrow('no room');
  expect([done, steps]).toEqual([[], []]);
});
