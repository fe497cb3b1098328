import type { DatabaseConnection, Driver } from 'kysely';
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
