import { afterEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../../../test/storage/databases.ts';
import { solve } from '../../../../test/support/behavior-challenges.ts';
import { personWindow } from '../../../../test/support/behavior-windows.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { type EventsOut, openEventsOut } from '../../../../test/support/events-out.ts';
import type { KeyId } from '../../../lib/id.ts';

const LIFE = 300_000;
let engine: Engine;
let out: EventsOut;

onBothDatabases('tokens for one use', (newLocation) => {
  const open = async () => {
    engine = await startEngine({ location: await newLocation() });
    out = await openEventsOut(engine);
  };
  afterEach(async () => {
    await out.verdicts.settled();
    await engine.stop();
  });
  const realm = (world: 'live' | 'test' = 'live') => ({ organization: engine.organization, world });
  const caller = () => ({ ...realm(), lineage: 'key_1', key: 'key_1' as KeyId });
  const asked = { hostname: 'shop.example', action: 'login' };
  const newToken = async () =>
    (await out.verdicts.verify(caller(), { userId: 'u', data: personWindow(), asked })).token;
  const redeem = (token: string, of = realm()) => out.verdicts.redeem(of, token, LIFE);

  test('a token counts once, of several requests at once for one of them', async () => {
    await open();
    const token = await newToken();
    const found = await Promise.all(Array.from({ length: 5 }, () => redeem(token)));
    expect(found.filter(({ valid }) => valid)).toMatchObject([
      { valid: true, record: { human: true, asked } },
    ]);
    expect(found.filter(({ valid }) => !valid)).toEqual(Array(4).fill({ valid: false, reason: 'over' }));
    expect(await redeem(token)).toEqual({ valid: false, reason: 'over' });
    expect(await out.verdicts.checkToken(realm(), token)).toMatchObject({ valid: true });
  });

  test('a token counts for five minutes by the clock', async () => {
    await open();
    const [early, late] = [await newToken(), await newToken()];
    engine.advance(LIFE - 1);
    expect(await redeem(early)).toMatchObject({ valid: true });
    engine.advance(1);
    expect(await redeem(late)).toEqual({ valid: false, reason: 'over' });
    engine.advance(-LIFE);
    expect(await redeem(early)).toEqual({ valid: false, reason: 'over' });
  });

  test('a token that was made while the clock was ahead counts in its own time alone', async () => {
    await open();
    engine.advance(30 * 86_400_000);
    const token = await newToken();
    engine.advance(-30 * 86_400_000);
    const unknown = { valid: false, reason: 'unknown' };
    expect(await redeem(token)).toEqual(unknown);
    expect(await out.verdicts.checkToken(realm(), token)).toEqual(unknown);
    engine.advance(30 * 86_400_000 - 60_000);
    expect(await redeem(token)).toMatchObject({ valid: true });
  });

  test('a token of another organization or world is unknown, and stays unused', async () => {
    await open();
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const token = await newToken();
    const unknown = { valid: false, reason: 'unknown' };
    expect(await redeem(token, { organization: other, world: 'live' })).toEqual(unknown);
    expect(await redeem(token, realm('test'))).toEqual(unknown);
    for (const text of ['', 'x', 'h_verified_', `${token}x`, `${token}\0`])
      expect(await redeem(text)).toEqual(unknown);
    expect(await redeem(token)).toMatchObject({ valid: true });
  });

  test('what the page said is protected as the verdict is', async () => {
    await open();
    const [changed, emptied, plain] = [
      await newToken(),
      await newToken(),
      (await out.verdicts.verify(caller(), { userId: 'u', data: personWindow() })).token,
    ];
    const rows = await engine.db.selectFrom('behavior_verdict').selectAll().orderBy('id').execute();
    const set = (i: number, text: string | null) =>
      engine.db.updateTable('behavior_verdict').set({ asked: text }).where('id', '=', rows[i]!.id).execute();
    await set(0, JSON.stringify({ hostname: 'evil.example' }));
    await set(1, null);
    await set(2, JSON.stringify(asked));
    for (const token of [changed, emptied, plain])
      expect(await redeem(token)).toEqual({ valid: false, reason: 'unknown' });
  });

  test('a challenge that was passed says where and what for', async () => {
    await open();
    const { id, shown } = await out.behaviorChallenges.create(caller(), { userId: 'u', accessible: true });
    engine.advance(5_000);
    const actor = { is: 'key', key: 'key_1' as KeyId } as const;
    const result = await out.behaviorChallenges.answer(
      caller(),
      { challenge: id, answer: solve(shown), asked },
      actor,
    );
    if (result.is !== 'passed') throw new Error(result.why);
    expect(await redeem(result.token)).toMatchObject({ valid: true, record: { kind: 'challenge', asked } });
  });
});
