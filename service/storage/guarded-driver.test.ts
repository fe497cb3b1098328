import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresQueryCompiler,
} from 'kysely';
import { expect, test } from 'vitest';
import { createTransactionGuard, guardDriver } from './guarded-driver.ts';

const gone = () => Promise.reject(Object.assign(new Error('terminating connection'), { code: '57P01' }));
const connection = {} as DatabaseConnection;
const driver = guardDriver(
  { beginTransaction: gone, commitTransaction: gone } as unknown as Driver,
  createTransactionGuard(),
);

test('a server that goes away during a commit may have done it: the error does not say that nothing was changed', async () => {
  await expect(driver.commitTransaction(connection)).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringContaining('the result is unknown'),
    extra: { retryAfterSeconds: 5 },
  });
  await expect(driver.beginTransaction(connection, {})).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    message: expect.stringContaining('nothing was changed'),
  });
});

test('of a transaction too, whose rollback fails as well; each is counted', async () => {
  let isAway = false;
  const answer = async () => (isAway ? gone() : undefined);
  const inner = Object.assign(new DummyDriver(), {
    acquireConnection: async () => ({ executeQuery: gone, async *streamQuery() {} }),
    beginTransaction: answer,
    // As the driver of PostgreSQL does.
    commitTransaction: (to: DatabaseConnection) => to.executeQuery(CompiledQuery.raw('commit')),
    rollbackTransaction: (to: DatabaseConnection) => to.executeQuery(CompiledQuery.raw('rollback')),
  });
  const guard = createTransactionGuard();
  const db = new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => guardDriver(inner, guard),
      createIntrospector: () => ({}) as never,
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  const transact = () => db.transaction().execute(async () => {});
  await expect(transact()).rejects.toThrow('the result is unknown');
  isAway = true;
  await expect(transact()).rejects.toThrow('nothing was changed');
  expect(guard.countUnanswered()).toBe(1);
  isAway = false;
  await expect(transact()).rejects.toThrow('the result is unknown');
  expect(guard.countUnanswered()).toBe(2);
});
