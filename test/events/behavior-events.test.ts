import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBehaviorDoor } from '../../service/doors/behavior/index.ts';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { openEvents } from '../../service/engine/events/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import { solve } from '../support/behavior-challenges.ts';
import { personWindow, programWindow } from '../support/behavior-windows.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openEventsOut } from '../support/events-out.ts';
import { openDoors } from '../support/open-doors.ts';

// A user of a page from the verification over heartbeats and a challenge, over HTTP, with the events that are written.

let engine: Engine;
let out: Awaited<ReturnType<typeof openEventsOut>>;
let webhook: string;
let app: Awaited<ReturnType<typeof openDoors>>;
let access: ReturnType<typeof createAccess>;
let key: string;

beforeEach(async () => {
  engine = await startEngine();
  out = await openEventsOut(engine);
  access = createAccess({ ...engine, log: silentLog, refusals: engine.limits.refusals });
  app = await openDoors(engine, { access }, [createBehaviorDoor({ ...engine, ...out })]);
  const realm = { organization: engine.organization, world: 'live' } as const;
  const made = await access.createKey({ ...realm, scopes: ['behavior'], prefix: 'huma' }, operator);
  key = made.key;
  await out.grants.add(engine.organization, 'hooks.example.org', '', operator);
  const wanted = { family: 'behavior', url: 'https://hooks.example.org/', lineage: made.id } as const;
  webhook = (await out.webhooks.add(realm, wanted, operator)).endpoint.id;
});
afterEach(async () => {
  await app.close();
  await access.settled();
  await engine.stop();
});

async function post(path: string, payload: object) {
  const reply = await app.inject({
    method: 'POST',
    url: path,
    payload,
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: reply.statusCode, ...reply.json() };
}
const events = async () => {
  const rows = await engine.db.selectFrom('outbox').selectAll().orderBy('seq').execute();
  return (await openEvents(engine.sealer, rows)).flatMap((one) =>
    one.is === 'open' ? [{ type: one.event.type, ...one.event.payload, ...one.event.personal }] : [],
  );
};
const userId = 'user_123';

test('verified, followed, taken over by a program, and a challenge that gives a new session', async () => {
  const verified = await post('/api/v1/verify', {
    userId,
    sessionData: personWindow({ seq: 1, upMs: 34_000 }),
  });
  expect(verified).toMatchObject({ status: 200, human: true });
  const { token: sessionToken } = verified;
  engine.advance(30_000);
  const key = { hold: 97, dd: 166 };
  const going = personWindow({ seq: 2, upMs: 64_500, key });
  expect(await post('/api/v1/session', { userId, sessionToken, sessionData: going })).toMatchObject({
    status: 200,
    action: 'allow',
    anomaly: false,
    baseline: verified.score,
  });
  engine.advance(30_000);
  const taken = await post('/api/v1/session', { userId, sessionToken, sessionData: programWindow() });
  expect(taken).toMatchObject({ action: 'block', anomaly: true, delta: taken.score - verified.score });

  const challenge = await post('/api/v1/challenge/create', { userId, accessible: true });
  const { grid, dots, instruction, sequence_hint: hint } = challenge.payload;
  engine.advance(9_000);
  const answer = solve({ type: 'pattern', grid, dots, instruction, hint });
  const passed = await post('/api/v1/challenge/verify', { challenge_id: challenge.challenge_id, answer });
  expect(passed).toEqual({ status: 200, passed: true, token: expect.stringMatching(/^h_challenge_/) });
  expect(await post('/api/v1/session', { userId, sessionToken: passed.token })).toEqual({
    status: 200,
    score: 70,
    confidence: 0.7,
    baseline: 70,
    delta: 0,
    anomaly: false,
    action: 'allow',
    notes: ['insufficient_data'],
  });
  const judged = (await events()).filter(({ type }) => type === 'behavior.judged');
  expect(judged).toEqual(
    [
      { human: true, confidence: verified.confidence, token: sessionToken },
      { human: false, confidence: taken.confidence, token: sessionToken },
      { human: true, confidence: 0.7, token: passed.token },
    ].map((one) => ({ type: 'behavior.judged', ...one, reference: userId })),
  );
});

test('a rule for the share of programs counts verdicts without a webhook too, and none of before it was there', async () => {
  const realm = { organization: engine.organization, world: 'live' } as const;
  const judge = async (count: number, data: object | undefined) => {
    for (let i = 0; i < count; i++)
      await post('/api/v1/verify', { userId: `user_${i}`, ...(data && { sessionData: data }) });
    await out.relay();
  };
  await judge(30, undefined);
  await out.webhooks.remove(realm, webhook, operator);
  await judge(5, undefined);
  expect(await events()).toHaveLength(30);
  engine.advance(1_000);
  await out.alerts.addRule(realm, { metric: 'bot-rate' }, operator);
  const fired = async () =>
    (await out.alerts.list(realm, { limit: 10 })).map(({ metric, value }) => [metric, value]);
  await judge(19, undefined);
  expect(await fired()).toEqual([]);
  await judge(1, undefined);
  expect(await fired()).toEqual([['bot-rate', 1]]);
});

test('the window of the verification, sent again as a heartbeat of another session, is a replay', async () => {
  const stolen = personWindow({ seq: 1, upMs: 34_000 });
  const { token: sessionToken } = await post('/api/v1/verify', { userId, sessionData: stolen });
  engine.advance(30_000);
  const again = { ...stolen, sid: 'sid-of-a-copying-script', seq: 7 };
  expect(await post('/api/v1/session', { userId, sessionToken, sessionData: again })).toMatchObject({
    action: 'block',
    anomaly: true,
    notes: expect.arrayContaining(['replayed_vector']),
  });
});

test('a session ends with its token: 410 then, and nothing of the user is left after the sweeps', async () => {
  const { token: sessionToken } = await post('/api/v1/verify', { userId, sessionData: personWindow() });
  await post('/api/v1/session', { userId, sessionToken });
  engine.advance(86_400_000);
  expect(await post('/api/v1/session', { userId, sessionToken })).toMatchObject({
    status: 410,
    code: 'SESSION_EXPIRED',
  });
  await Promise.all([engine.verdicts.sweep(), engine.heartbeats.sweep(), engine.behaviorChallenges.sweep()]);
  for (const table of ['behavior_verdict', 'behavior_session', 'behavior_challenge'] as const)
    expect(await engine.db.selectFrom(table).selectAll().execute()).toEqual([]);
});

test('a webhook that a key registers raises the alert of one that an administrator makes', async () => {
  const realm = { organization: engine.organization, world: 'live' } as const;
  ({ key } = await access.createKey({ ...realm, scopes: ['webhooks'] }, operator));
  const url = 'https://hooks.example.org/of-a-key';
  expect(await post('/api/v1/webhooks', { url })).toMatchObject({ status: 201 });
  const alerts = await engine.db.selectFrom('alert').select(['metric', 'about']).execute();
  expect(alerts).toEqual([{ metric: 'protected-change', about: 'createWebhook' }]);
});
