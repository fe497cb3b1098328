import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyWindow, personWindow, programWindow } from '../../../test/support/behavior-windows.ts';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import type { KeyId } from '../../lib/id.ts';
import { behaviorRoutes } from './behavior.ts';
import { behaviorLayerRoutes } from './behavior-layer.ts';

let engine: Engine;
let control: ControlAdmin;

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [behaviorRoutes, behaviorLayerRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const verify = async (userId: string, data?: ReturnType<typeof emptyWindow>) => {
  const caller = {
    organization: engine.organization,
    world: 'live' as const,
    key: 'key_1' as KeyId,
    lineage: 'key_1',
  };
  const { token } = await engine.verdicts.verify(caller, { userId, ...(data && { data }) });
  return token;
};

test('verdicts come the newest first, page by page, without token and user', async () => {
  await verify('ada@example.org', personWindow());
  await verify('grace@example.org', programWindow());
  const token = await verify('alan@example.org');
  const first = await control.call('GET', '/behavior/verdicts?env=live&limit=2');
  expect(first.body.items).toMatchObject([
    { kind: 'verified', human: false, score: 49, notes: ['insufficient_data'] },
    { kind: 'verified', human: false, agent: { is_agent: true } },
  ]);
  const rest = await control.call('GET', `/behavior/verdicts?env=live&limit=2&cursor=${first.body.next}`);
  expect(rest.body).toMatchObject({ items: [{ human: true }] });
  expect(rest.body).not.toHaveProperty('next');
  const programs = await control.call('GET', '/behavior/verdicts?env=live&human=false');
  expect(programs.body.items.map(({ id }: { id: string }) => id)).toEqual(
    first.body.items.map(({ id }: { id: string }) => id),
  );
  expect((await control.call('GET', '/behavior/verdicts?env=test')).body).toEqual({ items: [] });
  const text = JSON.stringify([first.body, rest.body]);
  for (const word of [token, 'example.org']) expect(text).not.toContain(word);
});

test('the distribution of scores counts people and programs', async () => {
  await verify('a', personWindow());
  await verify('b', programWindow());
  await verify('c');
  const { body } = await control.call('GET', '/behavior/scores?env=live&span=day');
  expect(body).toMatchObject({ verdicts: 3, humans: 1, agents: 1 });
  const counted = body.bins.filter(({ verdicts }: { verdicts: number }) => verdicts > 0);
  expect(body.bins).toHaveLength(20);
  expect(counted).toEqual([
    { from: 0, to: 4, verdicts: 1, agents: 1 },
    { from: 45, to: 49, verdicts: 1, agents: 0 },
    expect.objectContaining({ verdicts: 1, agents: 0 }),
  ]);
});

test('settings change alone what is named, and a wrong one is named', async () => {
  const before = await control.call('GET', '/behavior/settings');
  expect(before.body).toEqual({ tokenHours: 24, challengePictures: false, agents: [] });
  const after = await control.call('PUT', '/behavior/settings', { tokenHours: 12 });
  expect(after).toEqual({ status: 200, body: { ...before.body, tokenHours: 12 } });
  expect((await control.call('GET', '/behavior/settings')).body).toEqual(after.body);
  expect(await control.call('PUT', '/behavior/settings', { tokenHours: 0 })).toMatchObject({
    status: 400,
    body: { details: [{ path: 'tokenHours' }] },
  });
});

test('an own window is judged, and nothing of it is kept', async () => {
  const { status, body } = await control.call('POST', '/behavior/try', { sessionData: programWindow() });
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({ human: false, agent: expect.objectContaining({ is_agent: true }) }),
  ]);
  expect(body.rules.every(({ logOdds }: { logOdds: number }) => logOdds < 0)).toBe(true);
  expect((await control.call('GET', '/behavior/verdicts?env=live')).body).toEqual({ items: [] });
  expect(body).not.toHaveProperty('learned');
  await control.call('PUT', '/behavior/layer', { layer: 'research', acceptLicenceDoubt: true });
  const both = await control.call('POST', '/behavior/try', { sessionData: personWindow() });
  expect(both.body).toMatchObject({
    confidence: 0.71,
    notes: ['organic_typing', 'rules_only'],
    learned: { weights: 'research-5', z: expect.any(Number), logOdds: expect.any(Number) },
  });
  expect(both.body.learned.notes).not.toContain('rules_only');
  await control.call('PUT', '/behavior/layer', { layer: 'rules' });
  // A second look at the same window is no replay.
  const again = await control.call('POST', '/behavior/try', { sessionData: programWindow() });
  expect(again.body).toEqual(body);
  expect(
    await control.call('POST', '/behavior/try', { sessionData: { ...emptyWindow(), keys: 'abc' } }),
  ).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
});
