import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findPgbouncer, startPgbouncer, type TestPgbouncer } from '../../../test/support/pgbouncer.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { silentLog } from '../../lib/log.ts';
import { openDatabase } from '../connection.ts';
import { checkPostgres } from './check-postgres.ts';
import { takePostgresLock } from './postgres-lock.ts';

const binaries = findPostgres();
const pgbouncer = findPgbouncer();

describe.skipIf(binaries === undefined || pgbouncer === undefined)(
  'PostgreSQL behind PgBouncer (skipped where one of both is not installed)',
  () => {
    let server: TestPostgres;
    let url: string;
    let pooler: TestPgbouncer;
    beforeAll(async () => {
      server = await startPostgres(binaries ?? '');
      url = await server.createDatabase();
    });
    afterAll(() => server?.stop());
    afterEach(() => pooler?.stop());

    async function behind(settings: Record<string, string>): Promise<string> {
      pooler = await startPgbouncer(pgbouncer ?? '', server.folder, settings);
      return pooler.through(url);
    }

    test.each([
      ['transactions', { pool_mode: 'transaction' }],
      ['transactions, with one session', { pool_mode: 'transaction', default_pool_size: '1' }],
      [
        'transactions, sessions in turn, as the threads advise it',
        {
          pool_mode: 'transaction',
          server_round_robin: '1',
          min_pool_size: '5',
          ignore_startup_parameters: 'statement_timeout,extra_float_digits',
        },
      ],
      ['statements', { pool_mode: 'statement' }],
    ])('a pool of %s is refused, with the remedy', async (_, settings) => {
      const pooled = await behind(settings);
      for (let attempt = 0; attempt < 5; attempt++) {
        await expect(checkPostgres(pooled)).rejects.toMatchObject({
          code: 'CONFLICT',
          message: expect.stringMatching(/pool_mode = session.*or name the server itself/),
        });
      }
    });

    test('with its defaults, which are sessions, all works', async () => {
      const pooled = await behind({});
      await checkPostgres(pooled);
      const location = { kind: 'postgres' as const, url: pooled };
      const deps = { clock: { now: () => 5 }, log: silentLog, writer: 'gatehouse 7' };
      const database = await openDatabase(location, deps);
      try {
        await database.inTransaction((tx) => tx.selectFrom('organization').select('id').execute());
        await expect(openDatabase(location, deps)).rejects.toMatchObject({
          code: 'CONFLICT',
          message: expect.stringContaining('gatehouse 7'),
        });
      } finally {
        await database.close();
      }
    });

    test('a parameter of the URL that it does not know is named', async () => {
      const pooled = await behind({});
      await expect(checkPostgres(`${pooled}?options=-c%20geqo%3Doff`)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringMatching(/startup parameter: options.*Remove the parameter/),
      });
    });

    test('a second writer never misses the first, also where the pool voids the advisory lock', async () => {
      const pooled = await behind({ pool_mode: 'transaction', server_round_robin: '1', min_pool_size: '5' });
      const lock = await takePostgresLock(pooled, { log: silentLog, holder: 'gatehouse 7' });
      try {
        for (let attempt = 0; attempt < 5; attempt++) {
          await expect(
            takePostgresLock(pooled, { log: silentLog, holder: 'gatehouse 8' }),
          ).rejects.toMatchObject({ code: 'CONFLICT' });
          lock.require();
        }
      } finally {
        await lock.close();
      }
    });
  },
);
