import { afterEach, beforeEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { direction } from '../../../../test/support/faces.ts';
import { createPictureCounts } from './template-counts-store.ts';

onBothDatabases('counts of pictures', (newLocation) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
  });
  afterEach(() => engine.stop());

  const realm = (world: 'live' | 'test' = 'test') => ({ organization: engine.organization, world });
  const enroll = (face: string, world?: 'live') =>
    engine.subjects.enroll(
      realm(world),
      {
        email: `${face}@example.com`,
        // Two embedders: one picture all the same.
        embeddings: { 'a-net': direction(face), 'b-net': direction(face) },
        quality: 1,
      },
      operator,
    );

  test('a picture counts once, whatever it made templates for, and in its own world', async () => {
    const picturesOf = createPictureCounts({ db: engine.db, elapsed: () => 0 });
    expect(await picturesOf(realm())).toBe(0);
    await enroll('ada');
    await enroll('ada');
    await enroll('bea');
    await enroll('ada', 'live');
    const again = createPictureCounts({ db: engine.db });
    expect([await again(realm()), await again(realm('live'))]).toEqual([3, 1]);
  });

  test('a count that took long stands for a hundred times as long', async () => {
    let now = 0;
    // Each look at the clock is 10 ms after the one before.
    const elapsed = () => {
      now += 10;
      return now;
    };
    const picturesOf = createPictureCounts({ db: engine.db, elapsed });
    expect(await picturesOf(realm())).toBe(0);
    await enroll('ada');
    expect(await picturesOf(realm())).toBe(0);
    now += 1_000;
    expect(await picturesOf(realm())).toBe(1);
  });
});
