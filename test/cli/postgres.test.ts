import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type Cli, createCli } from './gatehouse.ts';
import { portrait } from './portraits.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined)('people in PostgreSQL', () => {
  let server: TestPostgres;
  let url: string;
  let cli: Cli;

  beforeAll(async () => {
    server = await startPostgres(binaries ?? '');
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    cli = createCli();
    url = await server.createDatabase();
  });
  afterEach(() => cli.clean());

  const sqlite = () => existsSync(join(cli.data, 'gatehouse.db'));
  const settings = () => join(cli.data, 'gatehouse.json');

  test('init names the database once, and every later command finds it; another directory does not get it', async () => {
    const made = await cli.json<{ keys: { test: string } }>('init', '--org', 'Museum', '--database-url', url);
    expect(JSON.parse(readFileSync(settings(), 'utf8'))).toEqual({ databaseUrl: url });
    expect(statSync(settings()).mode & 0o777).toBe(0o600);

    const ada = join(cli.data, 'ada.jpg');
    writeFileSync(ada, await portrait('ada'));
    await cli.json('subject', 'enroll', '--test', '--email', 'ada@example.com', ada);
    const service = await cli.serve();
    await cli.json('key', 'create', '--scopes', 'identity', '--env', 'test');
    const image = (await portrait('ada', 60)).toString('base64');
    const verified = await fetch(`${service.url}/api/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': made.keys.test },
      body: JSON.stringify({ image }),
    });
    expect(await verified.json()).toMatchObject({ verified: true, email: 'ada@example.com' });
    const elsewhere = createCli();
    try {
      const second = await elsewhere.run('init', '--org', 'Museum', '--database-url', url);
      expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(cli.data) });
    } finally {
      await elsewhere.clean();
    }
    expect((await service.end()).code).toBe(0);

    const { total } = await cli.json<{ total: number }>('subject', 'list', '--test');
    expect([total, sqlite()]).toEqual([1, false]);
    const again = await cli.run('init', '--org', 'Museum', '--json');
    expect(JSON.parse(again.stdout).code).toBe('CONFLICT');
  });

  test('the key store is a second database; both are found by every later command', async () => {
    const keys = await server.createDatabase();
    const same = await cli.run('init', '--org', 'Museum', '--database-url', url, '--keys-database-url', url);
    expect(same).toMatchObject({ code: 2, stderr: expect.stringContaining('a database of its own') });
    expect(existsSync(settings())).toBe(false);
    await cli.json('init', '--org', 'Museum', '--database-url', url, '--keys-database-url', keys);
    expect(JSON.parse(readFileSync(settings(), 'utf8'))).toEqual({ databaseUrl: url, keysDatabaseUrl: keys });
    const ada = join(cli.data, 'ada.jpg');
    writeFileSync(ada, await portrait('ada'));
    await cli.json('subject', 'enroll', '--test', '--email', 'ada@example.com', ada);
    const { items } = await cli.json<{ items: { email: string }[] }>('subject', 'list', '--test');
    expect(items.map(({ email }) => email)).toEqual(['ada@example.com']);
    expect(['keys.db', 'gatehouse.db'].map((name) => existsSync(join(cli.data, name)))).toEqual([
      false,
      false,
    ]);
  });

  test('start names it too', async () => {
    const service = cli.start('start', '--port', '0', '--database-url', url);
    await new Promise<void>((resolve, reject) => {
      service.child.stdout?.on('data', () => {
        if (service.output.stdout.includes('Ctrl-C stops.')) resolve();
      });
      service.ended.then(({ stderr }) => reject(new Error(stderr)), reject);
    });
    service.child.kill('SIGTERM');
    await service.ended;
    const { items: organizations } = await cli.json<{ items: { name: string }[] }>('org', 'list');
    expect([organizations.map(({ name }) => name), sqlite()]).toEqual([['Default'], false]);
  });

  test('another database than the directory’s own is refused, naming both', async () => {
    await cli.json('init', '--org', 'Museum', '--database-url', url);
    const other = await server.createDatabase();
    const nameOf = (one: string) => new URL(one).pathname.slice(1);
    const refused = await cli.run('serve', '--port', '0', '--database-url', other);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain(nameOf(url));
    expect(refused.stderr).toContain(nameOf(other));

    rmSync(settings());
    const lost = await cli.run('subject', 'list', '--json');
    expect([lost.code, JSON.parse(lost.stdout).code, sqlite()]).toEqual([2, 'CONFIG', false]);

    const plain = createCli();
    try {
      await plain.json('init', '--org', 'Museum');
      const kept = readFileSync(join(plain.data, 'gatehouse.db'));
      const mixed = await plain.run('serve', '--port', '0', '--database-url', url);
      expect([mixed.code, mixed.stdout]).toEqual([2, '']);
      expect(mixed.stderr).toContain('gatehouse.db (SQLite)');
      expect(mixed.stderr).toContain(nameOf(url));
      expect(readFileSync(join(plain.data, 'gatehouse.db'))).toEqual(kept);
    } finally {
      await plain.clean();
    }
  });

  test('a role without grants gets the missing grant and the command; a refused init leaves nothing behind', async () => {
    const keys = await server.createDatabase();
    const owner = new pg.Client({ connectionString: keys });
    await owner.connect();
    const role = `visitor_${randomUUID().slice(0, 8)}`;
    await owner.query(`create role ${role} login`);
    const asVisitor = keys.replace('gatehouse@', `${role}@`);
    const data = join(cli.data, 'new', 'box');
    const init = (...more: string[]) =>
      cli.run(
        'init',
        '--org',
        'Museum',
        '--data',
        data,
        '--database-url',
        url,
        '--keys-database-url',
        asVisitor,
        ...more,
      );
    try {
      const refused = await init();
      const [, database = ''] = /\/(t[0-9a-f]+)\?/.exec(keys) ?? [];
      expect([refused.code, refused.stdout]).toEqual([1, '']);
      for (const named of [`"${role}"`, `"${database}"`, 'permission denied for schema public'])
        expect(refused.stderr).toContain(named);
      expect(refused.stderr).not.toMatch(/broke|\n +at /);
      expect(readdirSync(cli.data)).toEqual([]);
      const people = new pg.Client({ connectionString: url });
      await people.connect();
      const { rows } = await people.query("select tablename from pg_tables where schemaname = 'public'");
      await people.end();
      expect(rows).toEqual([]);

      const [grant = ''] = /GRANT [^;]+;/.exec(refused.stderr) ?? [];
      await owner.query(grant);
      expect(await init('--json')).toMatchObject({ code: 0 });
    } finally {
      await owner.end();
    }
  });

  test('a database in another encoding is refused by init, by a start and by doctor, and leaves nothing', async () => {
    await server.administer((client) =>
      client.query("create database latin1 encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'"),
    );
    const latin1 = url.replace(/\/t[0-9a-f]+\?/, '/latin1?');
    for (const words of [
      ['init', '--org', 'Museum', '--database-url', latin1],
      ['init', '--org', 'Museum', '--database-url', url, '--keys-database-url', latin1],
      ['start', '--port', '0', '--database-url', latin1],
    ]) {
      const refused = await cli.run(...words);
      expect([refused.code, refused.stdout]).toEqual([1, '']);
      expect(refused.stderr).toMatch(/"latin1" has the encoding LATIN1.*ENCODING 'UTF8' TEMPLATE template0;/);
      expect(readdirSync(cli.data)).toEqual([]);
    }
    await cli.json('init', '--org', 'Museum', '--database-url', url);
    writeFileSync(settings(), JSON.stringify({ databaseUrl: latin1 }));
    const doctor = await cli.run('doctor');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout.replaceAll(/\s+/g, ' ')).toContain('has the encoding LATIN1');
  });

  test('a database that cannot be reached leaves nothing recorded', async () => {
    const gone = 'postgresql://none@127.0.0.1:1/none';
    const refused = await cli.run('init', '--org', 'Museum', '--database-url', gone);
    expect(refused.code).toBe(1);
    expect(readdirSync(cli.data)).toEqual([]);
    await cli.json('init', '--org', 'Museum', '--database-url', url);
  });
});
