import { expect, test } from 'vitest';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';
import { actFor } from '../../service/lib/turns.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { onBothDatabases } from './databases.ts';

onBothDatabases('transactions that wait', (newLocation) => {
  test('begin in turns of the organizations and of their callers, however many one asked for before', async () => {
    const database = await openDatabase(await newLocation(), { clock: systemClock, log: silentLog });
    try {
      const order: string[] = [];
      const ask = (group: string, member: string) =>
        actFor([group, member], () =>
          database.inTransaction(async (tx) => {
            await tx.selectFrom('organization').select('id').limit(1).execute();
            order.push(`${group} ${member}`);
          }),
        );
      const many = Array.from({ length: 20 }, () => ask('a', 'many'));
      const own = Array.from({ length: 2 }, () => database.inTransaction(async () => order.push('box')));
      await Promise.all([...many, ask('a', 'few'), ask('b', 'one'), ...own]);
      expect(order).toHaveLength(24);
      expect(order.indexOf('a few')).toBeLessThan(6);
      expect(order.indexOf('b one')).toBeLessThan(4);
      expect(order.lastIndexOf('box')).toBeLessThan(8);
    } finally {
      await database.close();
    }
  });

  test('one after another let the event loop have turns meanwhile', async () => {
    const database = await openDatabase(await newLocation(), { clock: systemClock, log: silentLog });
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    try {
      for (let i = 0; i < 40; i++) {
        await database.inTransaction(async (tx) => {
          await tx.selectFrom('organization').select('id').limit(1).execute();
          for (const begun = performance.now(); performance.now() - begun < 10; );
        });
        if (i === 0) setImmediate(count);
      }
      expect(turns).toBeGreaterThan(5);
    } finally {
      over = true;
      await database.close();
    }
  });
});
