import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../../test/support/listener.ts';
import { findPostgres, nameOf, startPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { silentLog } from '../../lib/log.ts';
import { openDatabase } from '../connection.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined)('connections to PostgreSQL that end at once', () => {
  let server: TestPostgres;
  let front: Awaited<ReturnType<typeof listen>>;
  /** As a pooler whose server is away: it takes connections, and refuses the first statement of each. */
  let serverIsAway = false;
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
          else behind.write(bytes);
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
});
