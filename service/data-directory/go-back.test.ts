import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { giveEarlierSchema } from '../../test/support/earlier-schema.ts';
import { sparing } from '../../test/support/sparing.ts';
import { compose } from '../compose/compose.ts';
import { parseConfig } from '../config.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { openKeyStore } from '../storage/keys/key-store.ts';
import { leaveIntegrity } from '../storage/keys/leave-integrity.ts';
import { openOrganizationKeys } from '../storage/keys/organization-keys.ts';
import { masterKeyFile } from '../storage/master/master-key-file.ts';
import { apiKeyMac } from '../storage/migrations/0006-api-key-mac.ts';
import { migrations } from '../storage/migrations/index.ts';
import { type GoBackOrder, goBack } from './go-back.ts';

const ada = { is: 'operator', name: 'ada' } as const;
const newest = migrations.at(-1)!.name;

let root: string;
let data: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-back-'));
  data = join(root, 'data');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = () => compose(parseConfig({ data, ...sparing }, {}), { log: silentLog, workers: 'when-needed' });
const order = (more: Partial<GoBackOrder> = {}): GoBackOrder => ({
  config: parseConfig({ data, ...sparing }, {}),
  actor: 'ada',
  confirm: 0,
  clock: systemClock,
  log: silentLog,
  ...more,
});

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

async function withKeys<T>(
  work: (
    keys: Awaited<ReturnType<typeof openKeyStore>>,
    master: Awaited<ReturnType<ReturnType<typeof masterKeyFile>['open']>>,
  ) => Promise<T>,
): Promise<T> {
  const keys = await openKeyStore({ kind: 'sqlite', path: join(data, 'keys.db') }, { clock: systemClock });
  try {
    return await work(keys, await masterKeyFile(join(data, 'master.key')).open('current'));
  } finally {
    await keys.close();
  }
}

test('before the protection of API keys and back again: the key store is as it was, and every key still counts', async () => {
  const key = await fill();
  await giveEarlierSchema(data, apiKeyMac.name);
  await withKeys((keys, master) => leaveIntegrity(keys, master, randomFillSync));
  expect(await accepts(key)).toBe(true);

  await goBack(order());
  await withKeys(async (keys, master) => {
    expect((await keys.secrets()).map(({ name }) => name)).not.toContain('integrity');
    const organizations = await openOrganizationKeys({ keys, master, random: randomFillSync });
    expect(organizations.boundToIntegrity()).toBe(false);
  });
  // What the older Gatehouse does at its first start.
  rmSync(join(data, 'restored.json'));

  expect(await accepts(key)).toBe(true);
});

test('a snapshot that is damaged, or whose templates were renewed since, changes nothing', async () => {
  await fill();
  await giveEarlierSchema(data, newest);
  await (await open()).close();
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
  await giveEarlierSchema(data, newest);
  await (await open()).close();
  const keys = new Sqlite(join(data, 'keys.db'));
  keys.prepare('update schema_migration set applied_at = ?').run(Date.now() + 1000);
  keys.close();
  await expect(goBack(order())).rejects.toThrow(/old key store would undo every erasure/);
});

test('run again after it went back, it goes no further: the version from before comes first', async () => {
  await fill();
  await giveEarlierSchema(data, migrations.at(-2)!.name);
  await (await open()).close();
  await giveEarlierSchema(data, newest);
  await (await open()).close();
  expect(await goBack(order())).toMatchObject({ to: migrations.at(-2)!.name });
  await expect(goBack(order())).rejects.toThrow(/went back .* already/);
  // What the older Gatehouse does at its first start.
  rmSync(join(data, 'restored.json'));
  expect(await goBack(order())).toMatchObject({ to: migrations.at(-3)!.name });
});
