import { expect, test } from 'vitest';
import { type Machine, update } from './machine.ts';

const versions = { from: '0.1.0', to: '0.2.0' };

function machineWith(own: Partial<Machine> = {}, running = true) {
  const done: string[] = [];
  const step =
    <T>(name: string, value: T) =>
    async (...words: unknown[]) => {
      done.push(
        [name, ...words.map((word) => (typeof word === 'object' ? JSON.stringify(word) : word))].join(' '),
      );
      return value;
    };
  const machine: Machine = {
    installedVersion: async () => '0.1.0',
    describe: async () => ({ name: 'gatehouse', version: '0.2.0', architecture: 'amd64' }),
    architecture: async () => 'amd64',
    isOlder: async () => true,
    packInstalled: step('pack', 'old.deb'),
    install: step('install', undefined),
    isRunning: async () => running,
    stop: step('stop', undefined),
    start: step('start', undefined),
    migrate: step('migrate', undefined),
    migrateBack: step('migrate back', undefined),
    tryStart: step('try', undefined as string | undefined),
    askService: step('ask', undefined as string | undefined),
    ...own,
  };
  return { machine, done, run: () => update(machine, 'new.deb', versions, () => {}) };
}

const BEFORE = ['pack', 'stop', 'migrate'];
const BACK = ['stop', 'migrate back', 'install old.deb {"goingBack":true}', 'migrate', 'start'];
const fail = (message: string) => async () => {
  throw new Error(message);
};

test('an update that becomes ready stays', async () => {
  const { run, done } = machineWith();
  expect(await run()).toEqual(versions);
  expect(done).toEqual([...BEFORE, 'install new.deb', 'migrate', 'try', 'start', 'ask']);
});

test('a version that does not become ready is taken back, with its schema', async () => {
  const { run, done } = machineWith({ tryStart: async () => '/ready answered 503' });
  expect(await run()).toEqual({ ...versions, wentBack: '/ready answered 503' });
  expect(done).toEqual([...BEFORE, 'install new.deb', 'migrate', ...BACK]);
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
    expect(await run()).toEqual({ ...versions, wentBack: 'the port is taken' });
    expect([done.slice(-4), starts]).toEqual([BACK.slice(0, -1), 2]);
  }
});

test('a service that did not run is not started', async () => {
  const { run, done } = machineWith({}, false);
  await run();
  expect(done).toEqual(['pack', 'migrate', 'install new.deb', 'migrate', 'try']);
  const broken = machineWith({ tryStart: async () => 'no' }, false);
  await broken.run();
  expect(broken.done.slice(4)).toEqual(BACK.slice(1, -1));
});

test('an installation or migration that fails half-way is taken back, with whatever schema it left', async () => {
  let calls = 0;
  const broken = machineWith({
    async migrate() {
      calls += 1;
      broken.done.push('migrate');
      if (calls === 2) throw new Error('the migration ended with 1');
    },
  });
  expect(await broken.run()).toMatchObject({ wentBack: 'the migration ended with 1' });
  expect(broken.done).toEqual([...BEFORE, 'install new.deb', 'migrate', ...BACK]);
  const install = machineWith({});
  install.machine.install = async (_, how) => {
    install.done.push(how ? 'install old.deb {"goingBack":true}' : 'install new.deb');
    if (!how) throw new Error('dpkg ended with 1');
  };
  expect(await install.run()).toMatchObject({ wentBack: 'dpkg ended with 1' });
  expect(install.done).toEqual([...BEFORE, 'install new.deb', ...BACK]);
});

test('data that the version from before does not open end the update before anything is installed', async () => {
  const { run, done } = machineWith({ migrate: fail('That is not the passphrase.') });
  await expect(run()).rejects.toThrow(
    'Nothing was changed: 0.1.0 does not open the data. That is not the passphrase.',
  );
  expect(done).toEqual(['pack', 'stop', 'start']);
});

test('a new version that can run no command is replaced all the same; data that stay newer are named', async () => {
  const { run } = machineWith({ tryStart: async () => 'no', migrateBack: fail('it ended with 1') });
  expect(await run()).toEqual({ ...versions, wentBack: 'no' });
  let calls = 0;
  const lost = machineWith({
    tryStart: async () => 'no',
    migrateBack: fail('The key store got its schema 2 after the snapshot.'),
    async migrate() {
      calls += 1;
      if (calls === 3) throw new Error('newer schema');
    },
  });
  await expect(lost.run()).rejects.toThrow(
    /^0\.1\.0 is installed again, but it does not open the data.*The key store got its schema 2.*old\.deb/,
  );
  expect(lost.done.at(-1)).toBe('install old.deb {"goingBack":true}');
});

test('without a copy of the old version nothing is touched', async () => {
  const { run, done } = machineWith({
    async packInstalled() {
      throw new Error('no room');
    },
  });
  await expect(run()).rejects.toThrow('no room');
  expect(done).toEqual([]);
});
