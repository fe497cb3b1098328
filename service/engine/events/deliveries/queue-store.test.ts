import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { openDatabase } from '../../../storage/connection.ts';
import { unrelayed } from './queue-store.ts';

test('waiting events are read from the head of an index, without sorting', async () => {
  const { db, close } = await openDatabase({ kind: 'sqlite-memory' }, { clock: systemClock, log: silentLog });
  try {
    const plan = await unrelayed(db, 100).explain<{ detail: string }>(undefined, sql`query plan`);
    expect(plan.map(({ detail }) => detail)).toEqual(['SEARCH outbox USING INDEX outbox_unrelayed (seq>?)']);
  } finally {
    await close();
  }
});
