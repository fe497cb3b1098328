import { expect, test } from 'vitest';
import { deleteOld } from '../../service/storage/rows.ts';
import type { InTransaction } from '../../service/storage/transaction.ts';
import { startEngine } from '../support/engine.ts';
import { onBothDatabases } from './databases.ts';

onBothDatabases('rows past their time', (newLocation) => {
  test('are deleted some at a time, and those of one moment together', async () => {
    const { db, inTransaction, organization, stop } = await startEngine({ location: await newLocation() });
    const rows = Array.from({ length: 1_300 }, (_, i) => ({
      organization,
      world: 'live',
      jti: `jti_${i}`,
      used_at: 0,
      // 300 of one moment where a page ends.
      expires_at: i < 400 ? i : i < 700 ? 400 : i,
    }));
    for (let i = 0; i < rows.length; i += 100)
      await db
        .insertInto('token_use')
        .values(rows.slice(i, i + 100))
        .execute();
    const left: number[] = [];
    const counted: InTransaction = async (work) => {
      const done = await inTransaction(work);
      left.push((await db.selectFrom('token_use').select('jti').execute()).length);
      return done;
    };
    await deleteOld(counted, 'token_use', 'expires_at', 1_250);
    expect(left).toEqual([600, 100, 50]);
    await deleteOld(counted, 'token_use', 'expires_at', 2_000, AbortSignal.abort());
    expect(left.at(-1)).toBe(0);
    await stop();
  });
});
