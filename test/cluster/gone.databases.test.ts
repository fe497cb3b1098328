import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { runOfNode } from '../../service/storage/runs.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined)('a node that is gone', () => {
  let server: TestPostgres;
  let url: string;
  let admin: pg.Client;
  /** Of the node `a`, added to its time. */
  let off = 0;
  const opened: Database[] = [];
  beforeAll(async () => {
    server = await startPostgres(binaries!);
    url = await server.createDatabase();
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
  });
  afterAll(async () => {
    for (const database of opened) await database.close();
    await admin?.end();
    await server?.stop();
  });

  async function open(id: string): Promise<Database> {
    const node = { id, version: '0.2.0', address: `http://127.0.0.1/${id}` };
    const clock = { now: () => Date.now() + (id === 'node_a' ? off : 0) };
    const database = await openDatabase(
      { kind: 'postgres', url },
      { clock, log: silentLog, writer: id, node },
    );
    opened.push(database);
    return database;
  }
  const beats = async (id: string) => {
    const { rows } = await admin.query<{ beats: number }>(
      'select beats::integer from service_node where node = $1',
      [id],
    );
    return rows[0]?.beats;
  };

  test('is removed as soon as its session at the server has ended, and the others notice it', async () => {
    const a = await open('node_a');
    const runs = runOfNode('node_a', a.token!);
    // A process of which nothing is left but its row, as after a kill.
    const killed = new pg.Client({ connectionString: url, application_name: 'gatehouse killed' });
    await killed.connect();
    await killed.query(
      `insert into service_node select 'its own', 'node_b', 'gatehouse b', 'gatehouse killed', version, schema, 'http://127.0.0.1/b',
         pg_backend_pid(), clock_timestamp(), 7, clock_timestamp(), 0 from service_node`,
    );
    let gone = 0;
    runs.whenGone(() => {
      gone += 1;
    });
    expect((await runs.living(a.db)).size).toBe(2);
    const seen = (await beats('node_a'))! + 2;
    await expect.poll(() => beats('node_a')).toBeGreaterThanOrEqual(seen);
    await killed.end();
    const ended = (await beats('node_a'))!;
    await expect.poll(() => beats('node_b')).toBeUndefined();
    // Ten seconds of silence are five.
    expect((await beats('node_a'))! - ended).toBeLessThan(4);
    expect([(await runs.living(a.db)).size, gone]).toEqual([1, 1]);
  });

  test('that is removed while it lives knows it at its next transaction', async () => {
    const c = await open('node_c');
    await admin.query(`delete from service_node where node = 'node_c'`);
    await expect(c.inTransaction(async () => {})).rejects.toThrow('removed this one');
    await c.gone;
    expect(() => c.requireWriter()).toThrow('removed this one');
  });

  test('and one whose clock is wrong writes nothing from that moment on, and goes on when it is right', async () => {
    const [a] = opened;
    off = 5 * 60_000;
    await expect(a!.inTransaction(async () => {})).rejects.toThrow('are allowed between nodes');
    expect(() => a!.requireWriter()).toThrow('ahead of');
    off = 0;
    const write = () =>
      a!
        .inTransaction(async () => {})
        .then(
          () => 'written',
          () => 'not written',
        );
    await expect.poll(write).toBe('written');
    off = -5 * 60_000;
    await expect(a!.inTransaction(async () => {})).rejects.toThrow('behind');
    off = 0;
  });
});
