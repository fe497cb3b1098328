import { expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { openDatabase } from '../../storage/connection.ts';
import { createUsage } from './usage.ts';

test('counts that cannot be written do not pile up, and the month is kept', async () => {
  let now = Date.UTC(2026, 10, 20, 12);
  let full = true;
  const clock = { now: () => now };
  const { db, inTransaction, close } = await openDatabase(
    { kind: 'sqlite-memory' },
    { clock, log: silentLog },
  );
  try {
    const usage = createUsage({
      db,
      inTransaction: (work) => {
        if (full) throw new Error('The disk is full.');
        return inTransaction(work);
      },
      log: silentLog,
      clock,
      steady: clock,
      most: 10,
    });
    usage.countMonth('org_1', 1);
    for (let minute = 0; minute < 30; minute++) {
      for (let source = 0; source < 50; source++) usage.count(`refused/${minute}.${source}`);
      await usage.flush();
      now += 60_000;
    }
    full = false;
    usage.count('refused/last');
    await usage.flush();
    const names = (await db.selectFrom('usage_counter').select('name').execute()).map(({ name }) => name);
    expect(names).toContain('month/org_1');
    expect(names).toContain('refused/last');
    expect(names.length).toBeLessThanOrEqual(2 + 50 + 10);
  } finally {
    await close();
  }
});
