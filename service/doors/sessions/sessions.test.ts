import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { personWindow, programWindow } from '../../../test/support/behavior-windows.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { type EventsOut, openEventsOut } from '../../../test/support/events-out.ts';
import { analysisOf, direction } from '../../../test/support/faces.ts';
import {
  attempt,
  frameNamed,
  liveSessionsOver,
  scriptedChallenges,
} from '../../../test/support/live-sessions.ts';
import { openDoors } from '../../../test/support/open-doors.ts';
import { approve } from '../../../test/support/presence.ts';
import { createStillValid } from '../../compose/live.ts';
import {
  type AdministratorCaller,
  createAccess,
  createVerifyToken,
  type NewKey,
  type Role,
} from '../../engine/accounts/index.ts';
import { openEvents } from '../../engine/events/index.ts';
import { createApiEnd } from '../../engine/live/index.ts';
import { humannessOfLiveness } from '../../engine/uniqueness/index.ts';
import { createMetrics } from '../../http/metrics.ts';
import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { personSessions } from '../../server/public-server.ts';
import { createLiveDoor } from '../live/index.ts';
import { createTokensDoor } from '../tokens/index.ts';
import { createSessionsDoor } from './index.ts';
import { sessionsEvents } from './webhook-events.ts';

// The door over the real engine: scripted pictures and challenges, everything else as it runs.

let engine: Engine;
let eventsOut: EventsOut;
let access: ReturnType<typeof createAccess>;
let app: Awaited<ReturnType<typeof openDoors>>;
let sessions: ReturnType<typeof liveSessionsOver>;
let challenges: ReturnType<typeof scriptedChallenges>;
let frames: number;

/** Access tokens `<role>.access.token`. */
const administrators = {
  async byToken(token: string) {
    const role = token.split('.')[0] as Role;
    return {
      ...({ is: 'administrator', administrator: `adm_${role}`, session: 'ses_1' } as const),
      organization: engine.organization,
      role,
      applianceOwner: false,
    } as AdministratorCaller;
  },
  byCookie: async () => undefined,
  checkCsrf: () => false,
  hasFreshFactor: () => false,
  goesOn: async () => true,
};

beforeEach(async () => {
  engine = await startEngine();
  eventsOut = await openEventsOut(engine);
  await engine.installPad();
  access = createAccess({ ...engine, log: silentLog, refusals: engine.limits.refusals });
  challenges = scriptedChallenges();
  frames = 0;
  const { events, personTokens } = engine;
  const { callbacks } = eventsOut;
  const liveSessions = liveSessionsOver(engine, {
    challenges,
    uniqueness: engine.uniqueness,
    handlers: { api: createApiEnd({ events, passes: personTokens.passes, callbacks }) },
  });
  sessions = liveSessions;
  const stands = createStillValid({ presence: engine.presence, liveSessions });
  const verifyToken = createVerifyToken({ personTokens, stands });
  const parts = { ...engine, ...eventsOut, access, liveSessions, verifyToken, log: silentLog };
  app = await openDoors(
    engine,
    {
      access,
      sessions: administrators,
      persons: personSessions(liveSessions),
      metrics: createMetrics({ processMetrics: false }),
    },
    [createTokensDoor(parts), createLiveDoor({ ...parts, resolvers: {} }), createSessionsDoor(parts)],
  );
});
afterEach(async () => {
  await app.close();
  await access.settled();
  await engine.stop();
});

const keyOf = async (more: Partial<NewKey> = {}) => {
  const wanted: NewKey = { organization: engine.organization, world: 'live', scopes: ['sessions'], ...more };
  return (await access.createKey(wanted, operator)).key;
};
const post = async (url: string, credential: string, payload: object = {}, headers: object = {}) => {
  const authorization = `Bearer ${credential}`;
  const reply = await app.inject({ method: 'POST', url, headers: { authorization, ...headers }, payload });
  return { status: reply.statusCode, headers: reply.headers, body: reply.json() };
};

function frame(face = direction('ada')): string {
  const name = `frame ${++frames}`;
  const bytes = frameNamed(name);
  engine.analyzer.show(
    new TextDecoder().decode(bytes),
    analysisOf(name, { embeddings: { 'a-net': face }, live: 0.99 }),
  );
  return Buffer.from(bytes).toString('base64');
}

/** The person agrees and shows the face until the challenge is over. */
async function person(
  sessionId: string,
  token: string,
  key: string,
  {
    face,
    sessionData,
    motion,
    most = 12,
    pause = 100,
  }: { face?: Float32Array; sessionData?: object; motion?: boolean; most?: number; pause?: number } = {},
) {
  const { consent } = (
    await app.inject({ url: `/api/v1/sessions/${sessionId}`, headers: { 'x-api-key': key } })
  ).json();
  const signals = `/api/v1/sessions/${sessionId}/signals`;
  let answer = await post(signals, token, {
    consent: { textVersion: consent.version, ...(motion !== undefined && { motion }) },
    ...(sessionData && { sessionData }),
  });
  for (let i = 0; i < most && answer.body.next === 'frames'; i++) {
    engine.advance(pause);
    answer = await post(signals, token, { frames: [{ image: frame(face), time: engine.clock.now() }] });
  }
  return answer;
}

/** The payload that goes to the callback URL, and to webhooks. */
async function payloads() {
  const rows = await engine.db
    .selectFrom('outbox')
    .selectAll()
    .where('type', '=', 'session.decided')
    .execute();
  const list = await eventsOut.eventLog.list(
    { organization: engine.organization, world: 'live' },
    { limit: 9 },
  );
  return { count: rows.length, list };
}

test('behavior on the page counts in the risk, where it comes before the decision', async () => {
  const key = await keyOf();
  const scored = async (sessionData?: object) => {
    const { sessionId, token } = (await post('/api/v1/sessions', key, {})).body;
    await person(sessionId, token, key, { ...(sessionData && { sessionData }) });
    // Too late: the session is decided.
    const late = await post(`/api/v1/sessions/${sessionId}/finalize`, key, { sessionData: programWindow() });
    const whole = await sessions.find({ organization: engine.organization, world: 'live' }, sessionId);
    const { evidence } = whole!.liveness!;
    const parts = humannessOfLiveness(whole!.liveness!).parts.map(({ name }) => name);
    return { ...late.body, parts, kinds: evidence.map(({ kind }) => kind) };
  };
  const without = await scored();
  const empty = await scored({});
  const ofProgram = await scored(programWindow());
  const ofPerson = await scored(personWindow());
  expect(without.kinds).not.toContain('behavior');
  expect(empty.riskScore).toBe(without.riskScore);
  expect(ofProgram.riskFlags).toEqual(['automation_suspected']);
  expect(ofProgram.riskScore).toBeGreaterThan(0.5);
  expect(ofPerson.riskFlags).toEqual([]);
  expect(ofPerson.riskScore).toBe(without.riskScore);
  expect([without.parts.includes('behavior'), ofProgram.parts.includes('behavior')]).toEqual([false, true]);
  const { sessionId, token } = (await post('/api/v1/sessions', key, {})).body;
  const refused = await post(`/api/v1/sessions/${sessionId}/signals`, token, {
    sessionData: { v: 1, mouse: 'many' },
  });
  expect([refused.status, refused.body.code]).toEqual([400, 'INVALID_REQUEST']);
});

test('the callback has all flags of the risk, as finalize has them', async () => {
  const key = await keyOf();
  challenges.script.assurance = 'passive-frames';
  challenges.script.withoutMotion = 'allow';
  const { sessionId, token } = (await post('/api/v1/sessions', key, {})).body;
  await person(sessionId, token, key, { motion: false, sessionData: programWindow() });
  const { riskFlags } = (await post(`/api/v1/sessions/${sessionId}/finalize`, key)).body;
  expect(riskFlags).toEqual(['reduced_challenge', 'automation_suspected']);
  const event = (await payloads()).list.find(({ type }) => type === 'session.decided');
  const body = sessionsEvents.translate({ ...event, personal: { passToken: null } } as never)!.body();
  expect(body).toMatchObject({ event: 'verification.completed', riskFlags });
});

test('from the order to the pass: session, consent, signals, decision, pass, salt', async () => {
  const key = await keyOf();
  const made = await post('/api/v1/sessions', key, {
    metadata: { checkoutId: 'order_42' },
    subjectRef: 'user_7',
  });
  expect([made.status, made.body]).toEqual([
    201,
    {
      sessionId: expect.stringMatching(/^sess_/),
      token: expect.stringMatching(/^[\w-]{43}$/),
      verifyUrl: `http://localhost:80/verify?client=${made.body.sessionId}#${made.body.token}`.replace(
        ':80',
        '',
      ),
      expiresAt: new Date(engine.clock.now() + 1_800_000).toISOString(),
      metadata: { checkoutId: 'order_42' },
    },
  ]);
  const { sessionId, token } = made.body;
  const finalize = `/api/v1/sessions/${sessionId}/finalize`;
  const image = frame();
  const unasked = await post(`/api/v1/sessions/${sessionId}/signals`, token, {
    frames: [{ image, time: 1 }],
  });
  expect([unasked.status, unasked.body.code]).toEqual([422, 'CONSENT_REQUIRED']);
  expect((await post(finalize, token)).status).toBe(409);
  expect((await person(sessionId, token, key)).body.next).not.toBe('frames');
  const toBrowser = await post(finalize, token);
  expect([toBrowser.status, toBrowser.body]).toMatchObject([
    200,
    { sessionId, decision: 'approved', passToken: expect.stringMatching(/^hp_/), riskScore: null },
  ]);
  expect(JSON.stringify(toBrowser.body)).not.toContain('order_42');
  const toServer = await post(finalize, key);
  expect(toServer.body).toMatchObject({
    decision: 'approved',
    passToken: toBrowser.body.passToken,
    riskLevel: 'low',
    riskScore: expect.any(Number),
    metadata: { profile: 'specter', checkoutId: 'order_42', challengesCompleted: expect.any(Number) },
  });
  // The caller's own data lies sealed in the outbox, and comes back with the event.
  const rows = await engine.db
    .selectFrom('outbox')
    .selectAll()
    .where('type', '=', 'session.decided')
    .execute();
  for (const { payload, personal_sealed } of rows)
    expect(payload + Buffer.from(personal_sealed!).toString('latin1')).not.toContain('order_42');
  const [opened] = await openEvents(engine.sealer, rows);
  const event = opened?.is === 'open' ? sessionsEvents.translate(opened.event)?.body() : undefined;
  expect(event).toMatchObject({ metadata: { checkoutId: 'order_42', profile: 'specter' } });
  const pass = await post('/api/v1/passes/verify', key, { passToken: toBrowser.body.passToken });
  expect(pass.body).toMatchObject({
    valid: true,
    sessionId,
    decision: 'approved',
    subjectRef: 'user_7',
    riskLevel: 'low',
    riskFlags: [],
  });
  // The page holds the pass, and learns no figure.
  expect(Object.keys(decodeJwt(toBrowser.body.passToken.slice(3))).join()).not.toMatch(/risk/i);
  engine.advance(3_600_000);
  const late = await post('/api/v1/passes/verify', key, { token: toBrowser.body.passToken });
  expect(late.body).toEqual({ valid: false, reason: 'expired' });
  const salt = async () =>
    (await app.inject({ url: `/api/v1/sessions/${sessionId}/salt`, headers: { 'x-api-key': key } })).json();
  expect(await salt()).toEqual({ salt: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await salt()).toEqual(await salt());
});

test('a callback gets exactly the payload of the contract, once, signed by an endpoint of its own', async () => {
  const key = await keyOf();
  const callbackUrl = 'https://hooks.example.org/cb';
  const refused = await post('/api/v1/sessions', key, { callbackUrl });
  expect([refused.status, refused.body.code]).toEqual([403, 'DESTINATION_NOT_GRANTED']);
  await eventsOut.grants.add(engine.organization, 'hooks.example.org', '', operator);
  const { sessionId, token } = (await post('/api/v1/sessions', key, { callbackUrl })).body;
  await person(sessionId, token, key);
  await post(`/api/v1/sessions/${sessionId}/finalize`, token);
  const deliveries = await engine.db.selectFrom('delivery').selectAll().execute();
  expect(deliveries.map(({ event_name, origin }) => [event_name, origin])).toEqual([
    ['sessions.verification.completed', 'callback'],
  ]);
  const { list } = await payloads();
  const event = list.find(({ type }) => type === 'session.decided') as never as {
    id: string;
    type: 'session.decided';
    at: number;
    payload: never;
  };
  const { passToken } = (await post(`/api/v1/sessions/${sessionId}/finalize`, key)).body;
  const translated = sessionsEvents.translate({ ...event, personal: { passToken } } as never);
  const body = translated!.body();
  const [sample] = sessionsEvents.events;
  expect(Object.keys(body)).toEqual(Object.keys(sample!.sample));
  expect(body).toMatchObject({ event: 'verification.completed', sessionId, decision: 'approved', passToken });
  expect(Object.keys(body.metadata as object)).toEqual([
    'profile',
    'challengesCompleted',
    'processingTimeMs',
  ]);
});

test('ten frames in one request: those that are judged are counted', async () => {
  const key = await keyOf();
  challenges.script.steps = 12;
  const { sessionId, token } = (await post('/api/v1/sessions', key)).body;
  const at = engine.clock.now();
  await person(sessionId, token, key, { most: 1 });
  engine.advance(1_000);
  const frames = Array.from({ length: 10 }, (_, i) => ({ image: frame(), time: at + 1_000 + i }));
  const { body } = await post(`/api/v1/sessions/${sessionId}/signals`, token, { frames });
  // Five may be judged at once; the clock stands still meanwhile.
  expect(body).toMatchObject({ accepted: 5, slower: true, next: 'frames' });
});

test('frames that a page posts take turns by its address', async () => {
  const key = await keyOf();
  const addresses: unknown[] = [];
  const { analyzer } = engine;
  const { analyze } = analyzer;
  analyzer.analyze = (picture, request) => {
    addresses.push(request?.share?.address);
    return analyze(picture, request);
  };
  const { sessionId, token } = (await post('/api/v1/sessions', key)).body;
  await person(sessionId, token, key, { most: 1 });
  expect(addresses).toEqual(['127.0.0.1']);
});

test('the frames of a session in the queue are not counted', async () => {
  const key = await keyOf();
  challenges.script.steps = 12;
  const answers = [];
  // The engine has two workers.
  for (let i = 0; i < 3; i++) {
    const { sessionId, token } = (await post('/api/v1/sessions', key)).body;
    answers.push((await person(sessionId, token, key, { most: 1, pause: 0 })).body);
  }
  expect(answers).toMatchObject([
    { accepted: 1, next: 'frames' },
    { accepted: 1, next: 'frames' },
    { accepted: 0, next: 'wait', position: 1 },
  ]);
});

test('the token of one session does nothing in another, in another world, or in another flow', async () => {
  const key = await keyOf();
  const other = await keyOf({ world: 'test' });
  const one = (await post('/api/v1/sessions', key)).body;
  const two = (await post('/api/v1/sessions', key)).body;
  const foreign = (await post('/api/v1/sessions', other)).body;
  for (const { sessionId } of [two, foreign])
    for (const path of ['signals', 'finalize'])
      expect((await post(`/api/v1/sessions/${sessionId}/${path}`, one.token)).status).toBe(404);
  const signals = await post(`/api/v1/sessions/${foreign.sessionId}/signals`, key, { token: foreign.token });
  const result = await post(`/api/v1/sessions/${foreign.sessionId}/finalize`, key);
  expect([signals.status, result.status]).toEqual([404, 404]);
  expect((await post('/api/v1/sessions', one.token)).status).toBe(401);
  expect((await post('/api/v1/passes/verify', one.token, { token: 'x' })).status).toBe(401);
});

test('a repeat with the same Idempotency-Key makes no second session; another caller’s gives nothing', async () => {
  const key = await keyOf();
  const headers = { 'idempotency-key': 'order_42' };
  const first = await post('/api/v1/sessions', key, { metadata: { a: 1 } }, headers);
  const again = await post('/api/v1/sessions', key, { metadata: { a: 1 } }, headers);
  expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([201, first.body, 'true']);
  const changed = await post('/api/v1/sessions', key, { metadata: { a: 2 } }, headers);
  expect([changed.status, changed.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  const rows = await engine.db.selectFrom('live_session').select('id').execute();
  expect(rows).toHaveLength(1);
  // The header of another key, world or organization gives nothing of the first answer.
  const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
  for (const stranger of [{}, { world: 'test' as const }, { organization: other }]) {
    const theirs = await post('/api/v1/sessions', await keyOf(stranger), { metadata: { a: 1 } }, headers);
    expect([theirs.status, theirs.headers['idempotent-replayed']]).toEqual([201, undefined]);
    expect([theirs.body.sessionId, theirs.body.token]).not.toContain(first.body.sessionId);
    expect(theirs.body.token).not.toBe(first.body.token);
  }
});

test('the page of the key’s origin may create, post and finalize; another reads its refusal alone', async () => {
  const origin = 'https://shop.example';
  const key = await keyOf({ browser: true, origins: [origin] });
  const made = await post('/api/v1/sessions', key, {}, { origin });
  expect([made.status, made.headers['access-control-allow-origin']]).toEqual([201, origin]);
  const { sessionId, token } = made.body;
  const finalize = `/api/v1/sessions/${sessionId}/finalize`;
  const own = await post(finalize, token, {}, { origin });
  expect([own.status, own.headers['access-control-allow-origin']]).toEqual([409, origin]);
  const other = await post(finalize, token, {}, { origin: 'https://evil.example' });
  expect([other.status, other.body.code, other.headers['access-control-allow-origin']]).toEqual([
    403,
    'ORIGIN_NOT_ALLOWED',
    'https://evil.example',
  ]);
  const page = await app.inject({
    method: 'OPTIONS',
    url: finalize,
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  });
  expect([page.statusCode, page.headers['access-control-allow-origin']]).toEqual([204, origin]);
});

test('with a uniqueness policy the person agrees to another text', async () => {
  const key = await keyOf();
  const consentOf = async (body: object) => {
    const made = await post('/api/v1/sessions', key, body);
    expect([made.status, made.body]).toEqual([201, expect.anything()]);
    const { sessionId } = made.body;
    const reply = await app.inject({ url: `/api/v1/sessions/${sessionId}`, headers: { 'x-api-key': key } });
    return reply.json().consent;
  };
  const [off, warn] = [await consentOf({}), await consentOf({ uniquenessPolicy: 'warn' })];
  expect(off.text.en.join(' ')).toContain('not compared with any other person');
  expect(warn.text.en.join(' ')).toContain('counted once');
  expect(warn.text.en.join(' ')).not.toContain('not compared with any other');
  expect(warn.version).not.toBe(off.version);
});

test('a page names a person for the pass alone: the same face again waits for a reviewer', async () => {
  const origin = 'https://shop.example';
  const [page, server] = [await keyOf({ browser: true, origins: [origin] }), await keyOf()];
  const twice = async (key: string, headers: object, face: Float32Array) => {
    const found: [number, unknown][] = [];
    for (const subjectRef of ['user_7', 'user_7']) {
      const order = { uniquenessPolicy: 'block', subjectRef };
      const { sessionId, token } = (await post('/api/v1/sessions', key, order, headers)).body;
      await person(sessionId, token, server, defined({ face }));
      const { status, body } = await post(`/api/v1/sessions/${sessionId}/finalize`, server);
      found.push([status, body.decision]);
      if (body.passToken === null) continue;
      const pass = await post('/api/v1/passes/verify', server, { passToken: body.passToken });
      expect(pass.body).toMatchObject({ valid: true, subjectRef });
    }
    return found;
  };
  const approved = [200, 'approved'];
  expect(await twice(page, { origin }, direction('ada'))).toEqual([approved, [202, null]]);
  expect(await twice(server, {}, direction('bob'))).toEqual([approved, approved]);
});

test('a check without motion is answered 202 until a person decides, and then called back', async () => {
  const key = await keyOf();
  const callbackUrl = 'https://hooks.example.org/cb';
  await eventsOut.grants.add(engine.organization, 'hooks.example.org', '', operator);
  challenges.script.assurance = 'passive-frames';
  const { sessionId, token } = (await post('/api/v1/sessions', key, { callbackUrl })).body;
  await person(sessionId, token, key, { motion: false });
  const finalize = () => post(`/api/v1/sessions/${sessionId}/finalize`, key);
  const waiting = await finalize();
  expect([waiting.status, waiting.body]).toMatchObject([
    202,
    { decision: null, passToken: null, riskFlags: ['reduced_challenge'] },
  ]);
  const status = await app.inject({
    url: `/api/v1/sessions/${sessionId}`,
    headers: { 'x-api-key': key },
  });
  expect(status.json()).toMatchObject({ state: 'processing', decision: null });
  expect((await payloads()).count).toBe(0);
  const realm = { organization: engine.organization, world: 'live' } as const;
  await sessions.review(realm, sessionId, { approve: true, actor: operator });
  const { status: code, body } = await finalize();
  expect([code, body.decision]).toEqual([200, 'approved']);
  const pass = await post('/api/v1/passes/verify', key, { passToken: body.passToken });
  expect(pass.body).toMatchObject({ valid: true, assurance: 'passive-frames' });
  expect((await payloads()).count).toBe(1);
});

test('a pass of undecided evidence that a person approved claims the least', async () => {
  const key = await keyOf();
  Object.assign(challenges.script, { passed: false, reasons: ['UNDECIDED'], undecided: 'review' });
  const { sessionId, token } = (await post('/api/v1/sessions', key, {})).body;
  await person(sessionId, token, key, { most: 0 });
  for (let i = 0; i < 3; i++) await attempt({ engine, sessions, challenges }, token);
  const realm = { organization: engine.organization, world: 'live' } as const;
  await sessions.review(realm, sessionId, { approve: true, actor: operator });
  const { body } = await post(`/api/v1/sessions/${sessionId}/finalize`, key);
  const pass = await post('/api/v1/passes/verify', key, { passToken: body.passToken });
  expect(pass.body).toMatchObject({ valid: true, assurance: 'passive-frames' });
});

test('a profile that does not offer the path without motion refuses it before a picture', async () => {
  const key = await keyOf();
  challenges.script.withoutMotion = 'refuse';
  const { sessionId, token } = (await post('/api/v1/sessions', key, {})).body;
  const answer = await person(sessionId, token, key, { motion: false });
  expect([answer.status, answer.body.code]).toEqual([422, 'MOTION_REQUIRED']);
  expect(answer.body.error).toContain('another way');
  const link = { kind: 'session', token };
  const page = await app.inject({ method: 'POST', url: '/api/live/describe', payload: { link } });
  expect(page.json()).toMatchObject({ pathChoices: { flash: true, motion: false } });
  expect((await person(sessionId, token, key)).status).toBe(200);
});

test('a callback URL that a page may not name leaves nothing behind', async () => {
  const origin = 'https://shop.example';
  const key = await keyOf({ browser: true, origins: [origin] });
  await eventsOut.grants.add(engine.organization, 'hooks.example.org', '', operator);
  const callbackUrl = 'https://hooks.example.org/cb';
  const refused = await post('/api/v1/sessions', key, { callbackUrl }, { origin });
  expect([refused.status, refused.body.code]).toEqual([403, 'DESTINATION_NOT_GRANTED']);
  expect(await engine.db.selectFrom('webhook_endpoint').selectAll().execute()).toEqual([]);
});

/** Removes what the feature with this table keeps of the person, as an erasure does. */
const forget = (table: string, subject: SubjectId) =>
  engine.inTransaction(async (tx) => {
    const data = engine.personalData.find(({ tables }) => table in tables)!;
    await data.forget!(tx, [subject], engine.clock.now());
  });

test('a pass ends with the human who was counted for it, at both routes', async () => {
  const key = await keyOf();
  const { sessionId, token } = (await post('/api/v1/sessions', key, { uniquenessPolicy: 'warn' })).body;
  await person(sessionId, token, key);
  const { passToken } = (await post(`/api/v1/sessions/${sessionId}/finalize`, key)).body;
  const verify = async () => [
    (await post('/api/v1/passes/verify', key, { passToken })).body,
    (await post('/api/v1/tokens/verify', key, { token: passToken })).body,
  ];
  expect(await verify()).toMatchObject([{ valid: true }, { valid: true }]);
  const { subject } = await engine.db
    .selectFrom('uniqueness_member')
    .select('subject')
    .executeTakeFirstOrThrow();
  await forget('uniqueness_member', subject as SubjectId);
  const revoked = { valid: false, reason: 'revoked' };
  expect(await verify()).toEqual([revoked, revoked]);
});

test('a presence token ends with the person, also where tokens of every kind are verified', async () => {
  const realm = { organization: engine.organization, world: 'live' } as const;
  const name = 'portrait of ada';
  const shown = analysisOf(name, {
    embeddings: { 'a-net': direction('ada'), 'b-net': direction('ada b', 64) },
    live: 0.99,
  });
  const picture = engine.analyzer.show(name, shown);
  const { subject } = await engine.checks.enroll({
    ...realm,
    picture,
    email: 'ada@example.com',
    actor: operator,
  });
  const caller = { ...realm, lineage: 'key_1' };
  const order = { orgId: engine.organization, purpose: 'test', singleUse: true };
  const { session, link } = await engine.presence.create(caller, order, operator);
  await approve(engine, link, { id: subject });
  const { token } = await engine.presence.token(caller, session.id, operator);
  const key = await keyOf({ scopes: ['presence'] });
  await forget('relying_order', subject);
  expect((await post('/api/v1/tokens/verify', key, { token })).body).toEqual({
    valid: false,
    reason: 'revoked',
  });
  const used = await engine.db.selectFrom('token_use').selectAll().execute();
  expect(used).toEqual([]);
});

describe('an access token of POST /api/v1/auth/login', () => {
  const get = async (url: string, credential: string) => {
    const headers = { authorization: `Bearer ${credential}` };
    return (await app.inject({ url, headers })).statusCode;
  };

  test('orders a session and reads its result as a key does, by role', async () => {
    const operatorToken = 'operator.access.token';
    const made = await post('/api/v1/sessions', operatorToken, { metadata: { checkoutId: 'order_42' } });
    expect(made.status).toBe(201);
    const { sessionId, token } = made.body;
    await person(sessionId, token, await keyOf());
    const finalize = `/api/v1/sessions/${sessionId}/finalize`;
    const result = await post(finalize, operatorToken);
    expect(result).toMatchObject({
      status: 200,
      body: { decision: 'approved', riskLevel: 'low', metadata: { checkoutId: 'order_42' } },
    });
    const { passToken } = result.body;
    const statuses = async (role: Role) => [
      (await post('/api/v1/sessions', `${role}.access.token`)).status,
      (await post(finalize, `${role}.access.token`)).status,
      await get(`/api/v1/sessions/${sessionId}`, `${role}.access.token`),
      (await post('/api/v1/passes/verify', `${role}.access.token`, { passToken })).status,
    ];
    expect(await statuses('owner')).toEqual([201, 200, 200, 200]);
    expect(await statuses('auditor')).toEqual([403, 403, 200, 200]);
    expect(await statuses('reviewer')).toEqual([403, 403, 403, 403]);
    const lines = await engine.db
      .selectFrom('audit')
      .select(['actor', 'action'])
      .where('actor', '=', 'administrator:adm_operator')
      .orderBy('seq')
      .execute();
    expect(lines.map(({ action }) => action)).toEqual(['session.create', 'session.read']);
  });

  test('acts in the live world and its quota, or with env=test in the other', async () => {
    await engine.limits.set(engine.organization, { monthly: 1 }, operator);
    const order = (query = '') => post(`/api/v1/sessions${query}`, 'owner.access.token');
    const first = await order();
    expect((await order()).body.code).toBe('MONTHLY_LIMIT_EXCEEDED');
    const trial = await order('?env=test');
    expect([first.status, trial.status]).toEqual([201, 201]);
    const status = (made: typeof first, query = '') =>
      get(`/api/v1/sessions/${made.body.sessionId}${query}`, 'owner.access.token');
    expect([await status(first), await status(first, '?env=test')]).toEqual([200, 404]);
    expect([await status(trial), await status(trial, '?env=test')]).toEqual([404, 200]);
    const key = await keyOf();
    expect(await get(`/api/v1/sessions/${trial.body.sessionId}?env=test`, key)).toBe(403);
  });
});
