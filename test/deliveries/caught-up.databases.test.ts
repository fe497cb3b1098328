import { expect, test } from 'vitest';
import { onSqlite } from '../storage/databases.ts';
import { until } from '../support/fake-time.ts';
import { createQueueWorld, delivered } from './queue-world.ts';

onSqlite('a node among several', (newLocation) => {
  test('sends a delivery when it has what the other nodes wrote, and not where it cannot look', async () => {
    const world = await createQueueWorld(await newLocation());
    let away = true;
    let looks = 0;
    const life = await world.live({
      answer: () => delivered,
      async catchUp() {
        looks++;
        if (away) throw new Error('The database does not answer.');
      },
    });
    const [id] = await world.add(life, { name: 'identity.one' });
    await until(async () => (await world.row(id!)).attempts === 1);
    expect([looks, life.begun.length]).toEqual([1, 0]);
    away = false;
    await world.time.advance(5_000);
    await until(async () => (await life.jobs.counts()).webhook.done === 1);
    expect([looks, life.begun.length]).toEqual([2, 1]);
    await world.close();
  });
});
