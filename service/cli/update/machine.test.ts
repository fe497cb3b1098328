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
    migrate: step('migrate', true),
    migrateBack: step('migrate back', undefined),
    tryStart: step('try', undefined as string | undefined),
    ...own,
  };
  return { machine, done, run: () => update(machine, 'new.deb', versions, () => {}) };
}

test('an update that becomes ready stays', async () => {
  const { run, done } = machineWith();
  expect(await run()).toEqual(versions);
  expect(done).toEqual(['pack', 'stop', 'install new.deb', 'migrate', 'try', 'start']);
});

test('a version that does not become ready is taken back, with its schema', async () => {
  const { run, done } = machineWith({ tryStart: async () => '/ready answered 503' });
  expect(await run()).toEqual({ ...versions, wentBack: '/ready answered 503' });
  expect(done.slice(4)).toEqual(['migrate back', 'install old.deb {"goingBack":true}', 'start']);
});

test('without a migration no data is taken back, and a service that did not run is not started', async () => {
  const { run, done } = machineWith({ migrate: async () => false, tryStart: async () => 'no' }, false);
  await run();
  expect(done).toEqual(['pack', 'install new.deb', 'install old.deb {"goingBack":true}']);
});

test('an installation or migration that fails is taken back', async () => {
  const broken = machineWith({
    async migrate() {
      throw new Error('the migration ended with 1');
    },
  });
  expect(await broken.run()).toMatchObject({ wentBack: 'the migration ended with 1' });
  expect(broken.done.at(-1)).toBe('start');
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
