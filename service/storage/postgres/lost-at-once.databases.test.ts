import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../../test/support/listener.ts';
import { findPostgres, nameOf, startPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { silentLog } from '../../lib/log.ts';
import { openDatabase } from '../connection.ts';
import { openPostgresPool } from './postgres.ts';

const binaries = findPostgres();
/** First byte of a message of the client. */
const QUERY = 0x51;

describe.skipIf(binaries === undefined)('connections to PostgreSQL that end at once', () => {
  let server: TestPostgres;
  let front: Awaited<ReturnType<typeof listen>>;
  /** As a pooler whose server is away: it takes connections, and refuses the first statement of each. */
  let serverIsAway = false;
  /** Keeps queries until `go`. */
  let held: { kept: number; go(): void; until: Promise<void> } | undefined;
  beforeAll(async () => {
    server = await startPostgres(binaries ?? '');
    front = await listen(
      createServer((client) => {
        const behind = connect(`${server.folder}/.s.PGSQL.5432`);
        for (const [one, other] of [
          [client, behind],
          [behind, client],
        ] as const) {
          one.on('error', () => {});
          one.on('close', () => other.destroy());
        }
        behind.on('data', (bytes) => client.write(bytes));
        client.on('data', (bytes) => {
          const [kind] = bytes;
          // A start-up message has its length there.
          if (serverIsAway && kind !== 0) client.destroy();
          else if (held && kind === QUERY) {
            held.kept++;
            void held.until.then(() => behind.write(bytes));
          } else behind.write(bytes);
        });
      }),
    );
  });
  afterAll(async () => {
    await front?.stop();
    await server?.stop();
  });

  test('leave their places in the pool to later ones', async () => {
    const url = `postgresql://gatehouse@127.0.0.1:${front.port}/${nameOf(await server.createDatabase())}`;
    const database = await openDatabase(
      { kind: 'postgres', url },
      { clock: { now: () => 5 }, log: silentLog },
    );
    const ask = () => database.db.selectFrom('organization').select('id').execute();
    serverIsAway = true;
    for (let attempt = 0; attempt < 12; attempt++)
      await expect(ask()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    serverIsAway = false;
    expect(await Promise.all(Array.from({ length: 10 }, ask))).toEqual(Array(10).fill([]));
    await database.close();
  });

  test('and so does one whose caller did not wait for its settings', async () => {
    const url = `postgresql://gatehouse@127.0.0.1:${front.port}/${nameOf(await server.createDatabase())}?connect_timeout=1`;
    const pool = openPostgresPool(url, { name: 'test', log: silentLog, moved: () => {} });
    const { promise: until, resolve: go } = Promise.withResolvers<void>();
    const all = await Promise.all(Array.from({ length: 10 }, () => pool.connect()));
    held = { kept: 0, go, until };
    const late = Array.from({ length: 10 }, () => pool.connect());
    // In the place of each that is given up now a new one is opened, for those that wait.
    for (const client of all) client.release(true);
    for (const one of late) await expect(one).rejects.toThrow('timeout exceeded');
    await expect.poll(() => held?.kept).toBe(10);
    held.go();
    held = undefined;
    for (const client of await Promise.all(Array.from({ length: 10 }, () => pool.connect())))
      client.release();
    await pool.end();
  });
});
