import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sparing } from '../../test/support/sparing.ts';
import { compose } from '../compose/compose.ts';
import { parseConfig } from '../config.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { openDatabase } from '../storage/connection.ts';
import type { Migration } from '../storage/migration.ts';
import { migrations } from '../storage/migrations/index.ts';
import { type GoBackOptions, goBack } from './go-back.ts';

const ada = { is: 'operator', name: 'ada' } as const;
const newest = migrations.at(-1)!.name;
const later: Migration = {
  name: '9001-later',
  up: ({ text, strict }) => [`create table later (id ${text} primary key not null)${strict}`],
};
const latest: Migration = {
  name: '9002-latest',
  up: ({ text, strict }) => [`create table latest (id ${text} primary key not null)${strict}`],
};

let root: string;
let data: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-back-'));
  data = join(root, 'data');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = () => compose(parseConfig({ data, ...sparing }, {}), { log: silentLog, workers: 'when-needed' });
const order = (more: Partial<GoBackOptions> = {}): GoBackOptions => ({
  config: parseConfig({ data, ...sparing }, {}),
  actor: 'ada',
  confirm: 0,
  clock: systemClock,
  log: silentLog,
  migrations: [...migrations, later],
  ...more,
});

/** As later releases bring the directory forward. */
async function upgrade(list = [...migrations, later]): Promise<void> {
  const location = { kind: 'sqlite', path: join(data, 'gatehouse.db') } as const;
  await (await openDatabase(location, { clock: systemClock, log: silentLog }, list)).close();
}

/** An organization with an API key. */
async function fill(): Promise<string> {
  const gatehouse = await open();
  try {
    const { id } = await gatehouse.organizations.create({ name: 'Museum' }, ada);
    const { key } = await gatehouse.access.createKey(
      { organization: id, world: 'test', scopes: ['identity'] },
      ada,
    );
    return key;
  } finally {
    await gatehouse.close();
  }
}

async function accepts(key: string): Promise<boolean> {
  const gatehouse = await open();
  try {
    await gatehouse.access.authenticate({ credential: key, scope: 'identity', address: '127.0.0.1' });
    return true;
  } catch {
    return false;
  } finally {
    await gatehouse.close();
  }
}

test('after an upgrade and back again: every key still counts', async () => {
  const key = await fill();
  await upgrade();
  expect(await goBack(order())).toMatchObject({ from: later.name, to: newest });
  expect(await accepts(key)).toBe(true);
});

test('a snapshot that is damaged, or whose templates were renewed since, changes nothing', async () => {
  await fill();
  await upgrade();
  const database = new Sqlite(join(data, 'gatehouse.db'));
  const [line] = database.prepare('select * from audit order by seq desc limit 1').all() as { id: string }[];
  database
    .prepare("update audit set id = 'aud_renewed', action = 'organization.renew-templates' where id = ?")
    .run(line!.id);
  await expect(goBack(order())).rejects.toThrow(/renewed after the snapshot/);
  database.prepare("update audit set action = 'org.set' where id = 'aud_renewed'").run();
  database.close();

  const folder = join(data, 'snapshots');
  const [name = ''] = readdirSync(folder);
  renameSync(join(folder, name), join(root, name));
  writeFileSync(join(folder, name), 'no database');
  await expect(goBack(order())).rejects.toThrow();
  await expect(goBack(order({ confirm: 3 }))).rejects.toThrow();
  renameSync(join(root, name), join(folder, name));
  await expect(goBack(order({ confirm: 3 }))).rejects.toMatchObject({ code: 'CONFIRMATION_REQUIRED' });
  expect(readdirSync(data).filter((one) => one.includes('back') || one === 'restored.json')).toEqual([]);
});

test('a key store that got a new form with the upgrade does not go back', async () => {
  await fill();
  await upgrade();
  const keys = new Sqlite(join(data, 'keys.db'));
  keys.prepare('update schema_migration set applied_at = ?').run(Date.now() + 1000);
  keys.close();
  await expect(goBack(order())).rejects.toThrow(/old key store would undo every erasure/);
});

test('run again after it went back, it goes no further: the version from before comes first', async () => {
  await fill();
  await upgrade();
  await upgrade([...migrations, later, latest]);
  const both = order({ migrations: [...migrations, later, latest] });
  expect(await goBack(both)).toMatchObject({ to: later.name });
  await expect(goBack(both)).rejects.toThrow(/went back .* already/);
  // What the older Gatehouse does at its first start.
  rmSync(join(data, 'restored.json'));
  expect(await goBack(both)).toMatchObject({ to: newest });
});
