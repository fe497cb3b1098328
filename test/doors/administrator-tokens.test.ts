import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AdministratorCaller, Role } from '../../service/engine/accounts/index.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { toSessionCookie } from '../../service/http/sign-in/administrator-sessions.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openEventsOut } from '../support/events-out.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { operatorParts } from '../support/operator-parts.ts';

// Doors for programs take the access token of an administrator where the role permits, never the cookie of the console
// (contracts/README.md, Keys).

let engine: Engine;
let app: Awaited<ReturnType<typeof createPublicServer>>;
let made = 0;

const callerOf = (role: Role) =>
  ({
    is: 'administrator',
    administrator: `adm_${role}`,
    session: 'ses_1',
    organization: engine.organization,
    role,
    applianceOwner: false,
    withoutFactor,
  }) as AdministratorCaller;
/** Whether the account has no second factor, and whether one was proven just now. */
let withoutFactor = false;
let isFresh = true;
afterEach(() => {
  withoutFactor = false;
  isFresh = true;
});
/** Access tokens `<role>.access.token`; the cookie is that of an owner, on a page of the appliance. */
const administrators = {
  byToken: async (token: string) => callerOf(token.split('.')[0] as Role),
  byCookie: async () => callerOf('owner'),
  checkCsrf: () => true,
  hasFreshFactor: () => isFresh,
  goesOn: async () => true,
};

beforeAll(async () => {
  engine = await startEngine();
  await engine.installPad();
  const parts = { ...engine, ...(await openEventsOut(engine)), ...operatorParts, log: silentLog };
  const metrics = createMetrics({ processMetrics: false });
  app = await createPublicServer({ ...parts, sessions: administrators, metrics }, { trustedProxies: [] });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await engine.stop();
});

const picture = () => {
  const name = `ada ${++made}`;
  const embeddings = { 'a-net': near(direction('ada'), 0.97, name), 'b-net': direction('ada b', 64) };
  return Buffer.from(engine.analyzer.show(name, analysisOf(name, { embeddings, live: 0.99 }))).toString(
    'base64',
  );
};
const email = 'ada@example.com';
const humanness = { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' };

type Order = [method: 'GET' | 'POST', url: string, body?: () => object];
/** What orders, what only reads, each in order. */
const ordering: Order[] = [
  ['POST', '/api/enroll', () => ({ email, image: picture() })],
  ['POST', '/api/verify', () => ({ email, image: picture() })],
  ['POST', '/api/presence/sessions', () => ({ orgId: engine.organization, purpose: 'Deploy' })],
  ['POST', '/hosted/generate', () => ({ product: 'verifyhuman' })],
  ['POST', '/register', () => ({ reference_user_id: `user_${++made}`, data_request: humanness })],
  ['POST', '/api/v1/sessions', () => ({})],
  ['POST', '/api/v1/tokens/verify', () => ({ token: 'a.b.c' })],
  ['POST', '/api/presence/verify-token', () => ({ token: 'a.b.c' })],
  ['POST', '/mcp', () => ({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })],
];
const reading: Order[] = [
  ['POST', '/get_status', () => ({ reference_user_id: 'unknown' })],
  ['GET', '/get_status?reference_user_id=unknown'],
  ['GET', '/api/mobile/v1/verifyhuman/status/ver_0'],
  ['GET', '/api/presence/sessions/prs_0'],
  ['GET', '/api/v1/sessions/sess_0'],
];

async function ask([method, url, body]: Order, headers: Record<string, string>) {
  engine.advance(2_000);
  const accept = 'application/json, text/event-stream';
  const reply = await app.inject({
    method,
    url,
    headers: { accept, host: 'localhost:7300', ...headers },
    ...(body && { payload: body() }),
  });
  const isJson = String(reply.headers['content-type']).startsWith('application/json');
  return { status: reply.statusCode, body: isJson ? reply.json() : reply.body };
}
const by = (role: Role) => ({ authorization: `Bearer ${role}.access.token` });
const titled = (orders: Order[]) =>
  orders.map((order): [string, Order] => [`${order[0]} ${order[1]}`, order]);

describe.each(titled(ordering))('%s', (_, order) => {
  test('an operator orders, an auditor and a reviewer do not', async () => {
    for (const role of ['owner', 'administrator', 'operator'] as const)
      expect((await ask(order, by(role))).status).toBeLessThan(300);
    for (const role of ['auditor', 'reviewer'] as const)
      expect((await ask(order, by(role))).body.code).toBe('INSUFFICIENT_SCOPE');
  });
});

describe.each(titled(reading))('%s', (_, order) => {
  test('an auditor reads too, a reviewer does not', async () => {
    for (const role of ['operator', 'auditor'] as const)
      expect((await ask(order, by(role))).status).toBe(404);
    expect((await ask(order, by('reviewer'))).body.code).toBe('INSUFFICIENT_SCOPE');
  });
});

test.each(titled([...ordering, ...reading]))('%s: takes a second factor of the account', async (_, order) => {
  withoutFactor = true;
  expect((await ask(order, by('owner'))).body.code).toBe('SECOND_FACTOR_REQUIRED');
});

test('enrolling takes a second factor proven just now, as in the console; verifying does not', async () => {
  isFresh = false;
  expect((await ask(ordering[0]!, by('operator'))).body.code).toBe('FRESH_FACTOR_REQUIRED');
  expect((await ask(ordering[1]!, by('operator'))).status).toBe(200);
});

test.each(titled([...ordering, ...reading]))('%s: a cookie is no credential', async (_, order) => {
  const cookie = toSessionCookie('secret').split(';')[0]!;
  const page = { cookie, origin: 'http://localhost:7300', 'x-csrf-token': 'right' };
  expect((await ask(order, { ...page, 'sec-fetch-site': 'same-origin' })).body.code).toBe('MISSING_AUTH');
  // The console's own routes take it.
  expect((await ask(['GET', '/api/admin/sites'], page)).status).toBe(200);
});

test.each([
  ['POST', '/api/v1/verify'],
  ['POST', '/api/v1/session'],
  ['POST', '/api/v1/challenge/create'],
  ['GET', '/api/v1/webhooks'],
] as const)('%s %s belongs to a key: the refusal says so', async (method, url) => {
  const { status, body } = await ask([method, url, () => ({})], by('owner'));
  expect([status, body.code]).toEqual([403, 'INSUFFICIENT_SCOPE']);
  expect(body.error).toMatch(/^No administrator may call this: it takes an API key with the scope /);
});

describe('what an administrator orders', () => {
  const lines = async (administrator: string) =>
    (
      await engine.db
        .selectFrom('audit')
        .select('action')
        .where('actor', '=', `administrator:${administrator}`)
        .orderBy('seq')
        .execute()
    ).map(({ action }) => action);

  test('leaves lines that name the administrator', async () => {
    expect(await lines('adm_operator')).toEqual(
      expect.arrayContaining([
        ...['subject.enroll', 'verification.decide', 'presence.create', 'hosted.generate'],
        ...['registration.create', 'session.create'],
      ]),
    );
  });

  test('is read by that administrator; presence sessions by no other', async () => {
    const { sessionId } = (await ask(ordering[2]!, by('operator'))).body;
    const read = (role: Role) => ask(['GET', `/api/presence/sessions/${sessionId}`], by(role));
    expect((await read('operator')).body).toMatchObject({ sessionId, status: 'PENDING' });
    expect((await read('owner')).body.code).toBe('SESSION_KEY_MISMATCH');
  });

  test('is of the live world, or of the one that the address names', async () => {
    const generate = async (env: string): Promise<string> => {
      const order: Order = ['POST', `/hosted/generate${env}`, () => ({ product: 'verifyhuman' })];
      return (await ask(order, by('operator'))).body.verification_id;
    };
    const worldOf = async (id: string, env: string) =>
      (await ask(['GET', `/api/mobile/v1/verifyhuman/status/${id}${env}`], by('operator'))).body.environment;
    const [live, trial] = [await generate(''), await generate('?env=test')];
    expect([await worldOf(live, ''), await worldOf(trial, '?env=test')]).toEqual(['live', 'test']);
    expect([await worldOf(live, '?env=test'), await worldOf(trial, '')]).toEqual([undefined, undefined]);
    expect((await ask(['POST', '/hosted/generate?env=other', () => ({})], by('operator'))).status).toBe(400);
  });

  test('is counted: for the month of the organization, and by the minute for the administrator', async () => {
    const create = ordering[2]!;
    await engine.limits.set(engine.organization, { monthly: 1 }, operator);
    expect((await ask(create, by('owner'))).body.code).toBe('MONTHLY_LIMIT_EXCEEDED');
    const trial: Order = [create[0], `${create[1]}?env=test`, create[2]!];
    expect((await ask(trial, by('owner'))).status).toBe(201);
    await engine.limits.set(engine.organization, { monthly: 1_000_000, burst: 2 }, operator);
    engine.advance(60_000);
    const at = async () =>
      (await app.inject({ url: '/get_status?reference_user_id=x', headers: by('owner') })).json().code;
    const codes = [await at(), await at(), await at()];
    expect(codes.at(-1)).toBe('BURST_LIMIT_EXCEEDED');
  });
});
