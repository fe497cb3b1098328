import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMigrated } from '../../test/storage/databases.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
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
const binaries = findPostgres();

describe.skipIf(binaries === undefined)('going back with people in PostgreSQL', () => {
  let server: TestPostgres;
  let data: string;
  let url: string;
  let admin: pg.Client;
  beforeAll(async () => {
    server = await startPostgres(binaries ?? '');
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'gatehouse-back-'));
    url = await createMigrated(server);
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
  });
  afterEach(async () => {
    await admin.end();
    rmSync(data, { recursive: true, force: true });
  });

  let keysDatabaseUrl: string | undefined;
  afterEach(() => {
    keysDatabaseUrl = undefined;
  });
  const config = () =>
    parseConfig(
      { data, databaseUrl: url, ...(keysDatabaseUrl === undefined ? {} : { keysDatabaseUrl }) },
      {},
    );
  const open = () => compose(config(), { log: silentLog, workers: 'when-needed' });
  /** As a later release brings the database forward. */
  const upgrade = async () => {
    const deps = { clock: systemClock, log: silentLog };
    await (await openDatabase({ kind: 'postgres', url }, deps, [...migrations, later])).close();
  };
  const order = (more: Partial<GoBackOptions> = {}): GoBackOptions => ({
    config: config(),
    actor: 'ada',
    confirm: 0,
    clock: systemClock,
    log: silentLog,
    migrations: [...migrations, later],
    ...more,
  });

  /** An organization with an API key. */
  async function fill(): Promise<string> {
    const gatehouse = await open();
    try {
      const { id } = await gatehouse.organizations.create({ name: 'Museum' }, ada);
      const made = { organization: id, world: 'test' as const, scopes: ['identity' as const] };
      return (await gatehouse.access.createKey(made, ada)).key;
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

  const schemas = async (like: string) => {
    const { rows } = await admin.query<{ nspname: string }>(
      'select nspname from pg_namespace where starts_with(nspname, $1) order by 1',
      [`gatehouse_${like}_`],
    );
    return rows.map(({ nspname }) => nspname);
  };
  const versionNow = async () =>
    (await admin.query<{ name: string }>('select max(name) as name from schema_migration')).rows[0]!.name;
  const unchanged = async () => ({
    version: await versionNow(),
    aside: await schemas('aside'),
    marker: existsSync(join(data, 'restored.json')),
  });
  const asItWas = { version: later.name, aside: [], marker: false };

  test.each(['keys.db', 'PostgreSQL'])(
    'after an upgrade and back again, keys in %s: every key still counts',
    async (keysIn) => {
      if (keysIn === 'PostgreSQL') keysDatabaseUrl = await server.createDatabase();
      const key = await fill();
      await upgrade();
      const back = await goBack(order());
      const [aside = ''] = await schemas('aside');
      expect(back).toMatchObject({
        from: later.name,
        to: newest,
        aside: `the PostgreSQL schema ${aside}`,
        removal: `DROP SCHEMA ${aside} CASCADE;`,
      });
      expect(await schemas('snapshot')).toEqual([]);
      await expect(goBack(order())).rejects.toThrow(/went back .* already/);
      await admin.query(`drop schema ${aside} cascade`);
      expect(await accepts(key)).toBe(true);
    },
  );

  test('a snapshot that was changed, or whose templates were renewed since, changes nothing', async () => {
    await fill();
    await upgrade();
    const [snapshot = ''] = await schemas('snapshot');
    const act = (action: string, where: string) =>
      admin.query(`update audit set id = 'aud_renewed', action = $1 where ${where}`, [action]);
    await act('organization.renew-templates', 'seq = (select max(seq) from audit)');
    await expect(goBack(order())).rejects.toThrow(/renewed after the snapshot/);
    await act('org.set', "id = 'aud_renewed'");

    await admin.query(`update ${snapshot}.organization set name = 'Muzeum'`);
    await expect(goBack(order())).rejects.toThrow(/rows of its table organization were changed/);
    await admin.query(`update ${snapshot}.organization set name = 'Museum'`);
    await admin.query(`alter table ${snapshot}.audit rename to away`);
    await expect(goBack(order())).rejects.toThrow(/damaged .*audit/);
    await admin.query(`alter table ${snapshot}.away rename to audit`);
    await expect(goBack(order({ confirm: 3 }))).rejects.toMatchObject({ code: 'CONFIRMATION_REQUIRED' });
    expect(await unchanged()).toEqual(asItWas);
    expect(await goBack(order())).toMatchObject({ to: newest });
  });

  test('a key store that got a new form with the upgrade does not go back', async () => {
    keysDatabaseUrl = await server.createDatabase();
    await fill();
    await upgrade();
    const keys = new pg.Client({ connectionString: keysDatabaseUrl });
    await keys.connect();
    await keys.query('update schema_migration set applied_at = $1', [Date.now() + 1000]);
    await keys.end();
    await expect(goBack(order())).rejects.toThrow(/old key store would undo every erasure/);
    expect(await unchanged()).toEqual(asItWas);
  });

  test('a database that another process holds, or whose tables another session reads, stays as it is; then the same command completes it', async () => {
    const key = await fill();
    await upgrade();
    const elsewhere = await openDatabase(
      { kind: 'postgres', url },
      { clock: systemClock, log: silentLog, writer: 'gatehouse elsewhere' },
    );
    await expect(goBack(order())).rejects.toThrow(/in use by gatehouse elsewhere/);
    await elsewhere.close();

    await admin.query('begin; select count(*) from subject');
    await expect(goBack(order({ lockPatience: 100 }))).rejects.toThrow(/Another session reads/);
    await admin.query('rollback');
    expect(await unchanged()).toEqual(asItWas);
    expect(await goBack(order())).toMatchObject({ from: later.name });
    expect(await accepts(key)).toBe(true);
  });

  test.each(['before', 'after'] as const)(
    'a connection lost %s the commit took place: what the server says counts',
    async (when) => {
      await fill();
      await upgrade();
      await using proxy = await startCuttingProxy(url, when);
      const going = goBack(order({ config: { ...config(), databaseUrl: proxy.url } }));
      if (when === 'after') expect(await going).toMatchObject({ from: later.name, to: newest });
      else {
        await expect(going).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
        expect(await unchanged()).toEqual(asItWas);
        expect(await goBack(order())).toMatchObject({ to: newest });
      }
      expect(await unchanged()).toMatchObject({ version: newest, marker: true });
    },
  );

  test('lost for good, it says that it does not know; the same command then finds out', async () => {
    await fill();
    await upgrade();
    await using proxy = await startCuttingProxy(url, 'after', { forGood: true });
    await expect(goBack(order({ config: { ...config(), databaseUrl: proxy.url } }))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('run the same command again'),
    });
    expect(await unchanged()).toMatchObject({ version: newest, marker: true });
    await expect(goBack(order())).rejects.toThrow(/went back .* already/);
  });
});

/** Between the service and the server: cuts the connection that puts a snapshot back, `before` its commit reaches the server or `after`. */
async function startCuttingProxy(url: string, when: 'before' | 'after', { forGood = false } = {}) {
  const target = join(decodeURIComponent(new URL(url).hostname), '.s.PGSQL.5432');
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-proxy-'));
  let isCut = false;
  const server = createServer((client) => {
    const upstream = createConnection(target);
    let exchanges = false;
    let committing = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    const cut = () => {
      isCut = true;
      end();
    };
    for (const one of [client, upstream]) one.on('error', () => {}).on('close', end);
    if (isCut && forGood) end();
    client.on('data', (bytes) => {
      exchanges ||= bytes.includes('drop schema');
      committing ||= exchanges && bytes.includes('commit\0');
      if (committing && when === 'before') cut();
      else upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (committing) cut();
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(join(folder, '.s.PGSQL.5432'), resolve));
  return {
    url: url.replace(/@[^/]+/, `@${encodeURIComponent(folder)}`),
    async [Symbol.asyncDispose]() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
