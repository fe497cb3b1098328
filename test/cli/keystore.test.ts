import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';

let cli: Cli;
let folder: string;
beforeEach(async () => {
  cli = createCli();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-places-'));
  mkdirSync(join(folder, 'stick'));
  mkdirSync(join(folder, 'share'));
  await cli.json('init', '--org', 'Acme');
});
afterEach(async () => {
  await cli.clean();
  rmSync(folder, { recursive: true, force: true });
});

test('places are added, reported while one is away, brought up to date and removed', async () => {
  const [stick, share] = [join(folder, 'stick'), join(folder, 'share')];
  expect(await cli.json('keystore', 'add', stick)).toMatchObject({ place: stick, state: 'current' });
  expect(await cli.json('keystore', 'add', share)).toMatchObject({ place: share, state: 'current' });
  expect(statSync(join(stick, 'gatehouse-keys.db')).mode & 0o777).toBe(0o600);

  renameSync(stick, `${stick}-away`);
  await cli.json('org', 'create', '--name', 'Second');
  const away = await cli.run('keystore', 'places');
  expect(away).toMatchObject({ code: 1, stdout: expect.stringContaining('is the medium there?') });
  renameSync(`${stick}-away`, stick);
  expect(await cli.json('keystore', 'sync')).toMatchObject({
    items: [
      { place: share, state: 'current' },
      { place: stick, state: 'current' },
    ],
  });

  const inside = await cli.run('keystore', 'add', cli.data);
  expect(inside).toMatchObject({ code: 1, stderr: expect.stringContaining('lies in the data directory') });
  expect(await cli.json('keystore', 'remove', stick, '--wipe')).toEqual({ removed: stick, wiped: true });
  expect(existsSync(join(stick, 'gatehouse-keys.db'))).toBe(false);
  expect(await cli.json('keystore', 'remove', share)).toEqual({ removed: share, wiped: false });
  expect(existsSync(join(share, 'gatehouse-keys.db'))).toBe(true);
  expect(await cli.json('keystore', 'places')).toEqual({ items: [] });
});
