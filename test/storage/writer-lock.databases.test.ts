import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase, openPostgres } from '../../service/storage/connection.ts';
import { type KeySchema, keyMigrations } from '../../service/storage/keys/key-store-schema.ts';
import { createKeyWriter } from '../../service/storage/keys/key-writer.ts';
import { FENCE } from '../../service/storage/postgres/writer-row.ts';
import { type CutNetwork, createCutNetwork } from '../support/cut-network.ts';
import { findPostgres, nameOf, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const program = fileURLToPath(new URL('./hold-writer-lock.ts', import.meta.url));
const clock = { now: () => 1 };
const network = createCutNetwork();
/** Another process takes the database over. */
const TAKEN = "update writer_lock set token = 'another', holder = 'second'";

afterAll(() => network?.remove());

describe.skipIf(binaries === undefined)('the writer of a PostgreSQL database', () => {
  let server: TestPostgres;
  let url: string;
  let closers: (() => Promise<unknown> | unknown)[];
  beforeAll(async () => {
    server = await startPostgres(binaries ?? '', {
      settings: { listen_addresses: network?.address ?? '' },
      files: { 'pg_hba.conf': 'local all all trust\nhost all all 198.18.0.0/15 trust\n' },
    });
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    closers = [];
  });
  afterEach(async () => {
    for (const close of closers.toReversed()) await close();
  });

  async function open(writer: string): Promise<Database> {
    const database = await openDatabase({ kind: 'postgres', url }, { clock, log: silentLog, writer });
    closers.push(() => database.close());
    return database;
  }
  const add = (database: Database, id: string) =>
    database.inTransaction((tx) =>
      tx
        .insertInto('organization')
        .values({
          id,
          name: id,
          created_at: 1,
          match_only: 0,
          uniqueness_policy: 'off',
          consent_policy: 'attested',
        })
        .execute(),
    );
  async function connect(name: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url, application_name: name });
    client.on('error', () => {});
    await client.connect();
    closers.push(() => client.end().catch(() => {}));
    return client;
  }
  const organizations = async (client: pg.Client): Promise<string[]> =>
    (await client.query('select id from organization order by id')).rows.map(({ id }) => id);

  /** A process that writes, and has been acknowledged five rows; `of` is the database as it reaches it. */
  async function startWriter(
    of: string,
    through: readonly string[] = [],
  ): Promise<{ child: ChildProcess; ended: Promise<string> }> {
    const [command = '', ...words] = [...through, process.execPath, program, of, 'first'];
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    closers.push(() => child.kill('SIGKILL'));
    let failed = '';
    child.stderr.on('data', (chunk: Buffer) => {
      failed += chunk;
    });
    const ended = once(child, 'close').then(() => failed);
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk;
        if (said.split('\n').length > 5) resolve();
      });
      ended.then((error) => reject(new Error(error)));
    });
    return { child, ended };
  }

  test('a commit that was not answered is waited for: the session that was lost may still have it under way', async () => {
    const { token, doubts } = await open('first');
    const lost = await connect('lost');
    await lost.query('begin');
    await lost.query(FENCE, [token]);
    let isOver = false;
    const ended = doubts!.ended().then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(isOver).toBe(false);
    await lost.query('commit');
    await ended;
    expect(doubts!.unanswered()).toBe(0);
  });

  test('whose row is taken notices it by itself, and writes nothing from that moment', async () => {
    const database = await open('first');
    await add(database, 'org_before');
    const admin = await connect('admin');
    await admin.query("update writer_lock set token = 'another', holder = 'second'");
    await expect(add(database, 'org_after')).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('restart this one'),
    });
    expect(await organizations(admin)).toEqual(['org_before']);
  });

  test('that brings the schema up to date stops at the migration after it', async () => {
    const steps = ['0001-a', '0002-b', '0003-c'].map((name, at) => ({
      name,
      up: () => [`create table step_${at} (id text)`, ...(at === 1 ? [TAKEN] : [])],
    }));
    const older = { clock, log: silentLog, writer: 'first' };
    await (await openPostgres(url, older, steps.slice(0, 1))).close();
    await expect(openPostgres(url, older, steps)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    const admin = await connect('admin');
    const { rows } = await admin.query("select relname from pg_class where relname like 'step__' order by 1");
    expect(rows.map(({ relname }) => relname)).toEqual(['step_0', 'step_1']);
  });

  test('writes no table anew after it', async () => {
    const opened = await openPostgres<KeySchema>(
      url,
      { clock, log: silentLog, writer: 'first' },
      keyMigrations,
    );
    closers.push(() => opened.close());
    await opened.db
      .insertInto('store_state')
      .values({ id: 1, identity: 'i', revision: 0, copy: '' })
      .execute();
    const admin = await connect('admin');
    const fileOf = async () =>
      (await admin.query("select pg_relation_filenode('note') as file")).rows[0].file;
    const before = await fileOf();
    const written = createKeyWriter(opened).write(
      async (tx) => {
        await sql.raw(TAKEN).execute(tx);
        return { touched: { table: 'note', keys: [['a']] }, result: undefined };
      },
      { destroys: true },
    );
    await expect(written).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(await fileOf()).toBe(before);
  });

  test('that is idle notices it within a heartbeat', async () => {
    const database = await open('first');
    const admin = await connect('admin');
    await admin.query("update writer_lock set token = 'another', holder = 'second'");
    await expect
      .poll(() => {
        try {
          return database.requireWriter();
        } catch (error) {
          return error;
        }
      })
      .toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('in use by second') });
  });

  test('is waited for until its transaction has ended, and no longer writes then', async () => {
    const database = await open('first');
    const admin = await connect('admin');
    let taken: Promise<unknown> | undefined;
    const waiting = async () =>
      (
        await admin.query(
          "select from pg_stat_activity where application_name = 'thief' and wait_event_type = 'Lock'",
        )
      ).rowCount;
    const thief = await connect('thief');
    await database.inTransaction(async (tx) => {
      await tx.selectFrom('organization').select('id').execute();
      taken = thief.query("update writer_lock set token = 'another', holder = 'second'");
      await expect.poll(waiting).toBe(1);
    });
    await taken;
    await expect(add(database, 'org_after')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  test('that hangs is taken over from, with the transaction that it had begun', async () => {
    await (await open('before')).close();
    closers = [];
    const hung = await connect('first');
    await hung.query('select pg_advisory_lock(7184002)');
    await hung.query(
      `insert into writer_lock (token, holder, sessions, backend, beats, beaten_at)
       values ('its own', 'first', 'pool of first', pg_backend_pid(), 7, clock_timestamp())`,
    );
    const begun = await connect('pool of first');
    await begun.query('begin');
    expect((await begun.query(FENCE, ['its own'])).rowCount).toBe(1);
    const second = await open('second');
    await add(second, 'org_second');
    await expect(begun.query('commit')).rejects.toThrow();
    await expect(hung.query('select 1')).rejects.toThrow();
  });

  test('that is stopped for a while finds another one, and ends without a row after it', async () => {
    const { child, ended } = await startWriter(url);
    child.kill('SIGSTOP');
    const second = await open('second');
    const admin = await connect('admin');
    const before = await organizations(admin);
    child.kill('SIGCONT');
    expect(await ended).toMatch(
      /restart this one|Connection terminated|does not answer|was lost|result is unknown/,
    );
    expect(await organizations(admin)).toEqual(before);
    await add(second, 'org_second');
  });

  test('that was killed is followed at once', async () => {
    const { child, ended } = await startWriter(url);
    child.kill('SIGKILL');
    await ended;
    await add(await open('second'), 'org_second');
  });

  describe.skipIf(network === undefined)(
    'on another machine (skipped where no network namespace can be made: root and ip)',
    () => {
      const { address, other, inside, cut, mend } = network ?? ({} as CutNetwork);
      const far = () => `postgresql://gatehouse@${address}:5432/${nameOf(url)}`;
      afterEach(() => mend());
      const sessions = async (client: pg.Client) =>
        (await client.query('select from pg_stat_activity where client_addr = $1', [other])).rowCount;

      test('that lost its power: a second machine has the lock, and the transaction that was open is gone', async () => {
        const { child, ended } = await startWriter(far(), inside);
        cut();
        child.kill('SIGKILL');
        await ended;
        const second = await open('second');
        await add(second, 'org_second');
      });

      test('that lost its power: the server ends all of its sessions by itself', async () => {
        const { child, ended } = await startWriter(far(), inside);
        const admin = await connect('admin');
        expect(await sessions(admin)).toBeGreaterThan(1);
        cut();
        child.kill('SIGKILL');
        await ended;
        await expect.poll(() => sessions(admin)).toBe(0);
      });

      test('that lost its network and gets it back writes nothing after the other one', async () => {
        const { ended } = await startWriter(far(), inside);
        cut();
        const second = await open('second');
        const admin = await connect('admin');
        const before = await organizations(admin);
        mend();
        expect(await ended).not.toBe('');
        expect(await organizations(admin)).toEqual(before);
        await add(second, 'org_second');
      });
    },
  );
});
