import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { accessListOf } from '../../service/http/route-access.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { solve } from '../support/behavior-challenges.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openEventsOut } from '../support/events-out.ts';
import { everyRow, keptTables } from '../support/every-row.ts';
import { analysisOf, direction } from '../support/faces.ts';
import { operatorParts } from '../support/operator-parts.ts';
import { approve } from '../support/presence.ts';

interface Sample {
  body?: Record<string, unknown> | (() => Promise<Record<string, unknown>>);
  /** The line that it leaves. */
  action: string;
}

const url = 'https://hooks.example.org/';

/** Every route by which a key configures something, a request that does, and the line that it leaves; what is in `:…` is filled in. */
const changes: Record<string, Sample> = {
  'POST /api/admin/webhooks': { body: { family: 'identity', url }, action: 'webhook.add' },
  'PATCH /api/admin/webhooks/:id': {
    body: { events: ['identity.user.enrolled'] },
    action: 'webhook.change',
  },
  'DELETE /api/admin/webhooks/:id': { action: 'webhook.remove' },
  'POST /api/admin/webhooks/:id/disable': { action: 'webhook.disable' },
  'POST /api/admin/webhooks/:id/rotate': { action: 'webhook.rotate' },
  'POST /api/admin/webhooks/:id/test': { action: 'webhook.test' },
  'POST /api/admin/webhooks/:id/retry': { action: 'webhook.try' },
  'POST /api/admin/webhooks/:id/replay': {
    body: { since: '2026-11-20T11:00:00Z' },
    action: 'webhook.replay',
  },
  'POST /api/admin/deliveries/:id/resend': { action: 'delivery.resend' },
  'POST /api/admin/alerts/:id/acknowledge': { action: 'alert.acknowledge' },
  'POST /api/admin/alert-rules': { body: { metric: 'spoof-attempts' }, action: 'alert-rule.add' },
  'PATCH /api/admin/alert-rules/:id': { body: { enabled: false }, action: 'alert-rule.change' },
  'DELETE /api/admin/alert-rules/:id': { action: 'alert-rule.remove' },
  'POST /api/v1/webhooks': { body: { url }, action: 'webhook.add' },
  'POST /api/v1/sessions': { body: {}, action: 'session.create' },
  'POST /api/v1/widget/sessions': { body: {}, action: 'session.create' },
  'POST /hosted/generate': { body: { product: 'verifyhuman' }, action: 'hosted.generate' },
  'POST /register': {
    body: {
      reference_user_id: 'user_1',
      data_request: { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' },
    },
    action: 'registration.create',
  },
  // A token for one use is used by it.
  'POST /api/v1/tokens/verify': { body: tokenForOneUse, action: 'presence-token.use' },
  'POST /api/v1/challenge/verify': { body: solvedChallenge, action: 'behavior-challenge.pass' },
};

/** What the person at the camera does, whose lines name the session, and questions. */
const ofPersons = [
  ...['/api/v1/sessions/:id', '/api/v1/widget/sessions/:id'].flatMap((path) => [
    `POST ${path}/finalize`,
    `POST ${path}/signals`,
  ]),
  'POST /api/v1/passes/verify',
  // One line for a quarter of a second of verdicts (engine/verdicts).
  'POST /api/v1/verify',
  'POST /api/v1/challenge/create',
  'POST /api/v1/session',
];
/** Needs a webhook that is disabled, or one that the same key has made: tried below. */
const apart = ['POST /api/admin/webhooks/:id/enable', 'DELETE /api/v1/webhooks/:id'];
/** No key may. */
const refused = ['POST /api/admin/grants', 'DELETE /api/admin/grants/:id'];

/** What gives out something personal, and the line that it leaves. */
const personal: Record<string, string> = { '/api/admin/deliveries/:id': 'delivery.read' };
/** Settings, states, counts, ids. */
const nothingPersonal = [
  '/api/admin/alert-rules',
  '/api/admin/alerts',
  '/api/admin/deliveries',
  '/api/admin/events',
  '/api/admin/grants',
  '/api/admin/webhooks',
  '/api/admin/webhooks/:id',
  '/api/admin/webhooks/:id/health',
  '/api/admin/webhooks/catalog',
  '/api/admin/webhooks/health',
  '/api/v1/sessions',
  '/api/v1/sessions/:id',
  '/api/v1/sessions/:id/salt',
  '/api/v1/webhooks',
  '/hosted/verifications',
];

async function solvedChallenge() {
  const caller = { organization: engine.organization, world: 'live' as const, lineage: key.id };
  const { id, shown } = await engine.behaviorChallenges.create(caller, {
    userId: 'user_1',
    accessible: true,
  });
  engine.advance(9_000);
  return { challenge_id: id, answer: solve(shown) };
}

async function tokenForOneUse() {
  const realm = { organization: engine.organization, world: 'live' } as const;
  const name = 'portrait of ada';
  const embeddings = { 'a-net': direction('ada'), 'b-net': direction('ada b', 64) };
  const picture = engine.analyzer.show(name, analysisOf(name, { embeddings, live: 0.99 }));
  const email = 'ada@example.com';
  const { subject } = await engine.checks.enroll({ ...realm, picture, email, actor: operator });
  const caller = { ...realm, lineage: key.id };
  const order = { orgId: engine.organization, purpose: 'test', singleUse: true };
  const { session, link } = await engine.presence.create(caller, order, operator);
  await approve(engine, link, { id: subject, email });
  return { token: (await engine.presence.token(caller, session.id, operator)).token };
}

let engine: Engine;
let app: Awaited<ReturnType<typeof createPublicServer>>;
let access: ReturnType<typeof createAccess>;
let key: { id: string; key: string };
let ids: Record<string, string>;

beforeEach(async () => {
  engine = await startEngine();
  await engine.installPad();
  const eventsOut = await openEventsOut(engine);
  access = createAccess({ ...engine, log: silentLog, refusals: engine.limits.refusals });
  app = await createPublicServer(
    {
      ...engine,
      ...eventsOut,
      ...operatorParts,
      access,
      metrics: createMetrics({ processMetrics: false }),
      log: silentLog,
    },
    { trustedProxies: [] },
  );
  await app.ready();
  await fill(eventsOut);
});
afterEach(async () => {
  await app.close();
  await access.settled();
  await engine.stop();
});

/** A webhook with a delivery, a rule and an alert of it. */
async function fill({
  grants,
  webhooks,
  alerts,
  deliveries,
  relay,
}: Awaited<ReturnType<typeof openEventsOut>>) {
  const { organization } = engine;
  const realm = { organization, world: 'live' } as const;
  key = await access.createKey(
    { ...realm, scopes: ['admin', 'webhooks', 'sessions', 'hosted', 'registrations', 'behavior'] },
    operator,
  );
  await grants.add(organization, 'hooks.example.org', '', operator);
  const { endpoint } = await webhooks.add(realm, { family: 'identity', url }, operator);
  const rule = await alerts.addRule(realm, { metric: 'failures-per-key', threshold: 1 }, operator);
  await engine.inTransaction((tx) =>
    engine.events.add(tx, {
      type: 'verification.refused',
      ...realm,
      payload: {
        verification: 'ver_1',
        kind: '1:N',
        profile: 'prof_1',
        actor: `key:${key.id}`,
        notPassed: [],
      },
    }),
  );
  await relay();
  const [delivery] = await deliveries.list(realm, { limit: 1 });
  const [alert] = await alerts.list(realm, { limit: 1 });
  ids = { webhooks: endpoint.id, 'alert-rules': rule.id, deliveries: delivery!.id, alerts: alert!.id };
  const made = await ask('POST', '/api/v1/sessions', {});
  ids.sessions = made.json().sessionId;
}

async function ask(method: string, route: string, body?: Record<string, unknown>) {
  return app.inject({
    method: method as 'POST',
    url: route.replace(/([\w-]+)\/:id/, (_, kind: string) => `${kind}/${ids[kind]}`),
    headers: { 'x-api-key': key.key },
    ...(body && { payload: body }),
  });
}

const linesOf = (request: unknown) =>
  engine.db
    .selectFrom('audit')
    .select(['actor', 'action', 'organization'])
    .where('request', '=', String(request))
    .execute();

const mute = () =>
  sql`create trigger mute before insert on audit begin select raise(abort, 'mute'); end`.execute(engine.db);
const unmute = () => sql`drop trigger mute`.execute(engine.db);

/** Of every row but how often and when the key was used. */
async function digest(): Promise<string> {
  await access.settled();
  const tables = await query<{ name: string; columns: string }>(keptTables);
  const asked = tables
    .filter(({ name }) => name !== 'usage_counter' && name !== 'api_key')
    .map(({ name, columns }) => ({ name, columns: JSON.parse(columns) as string[] }));
  const hash = createHash('sha256');
  for (const { row } of await query<{ row: string }>(everyRow(asked))) hash.update(`${row}\n`);
  return hash.digest('hex');
}

const query = async <T>(text: string): Promise<T[]> =>
  (await sql<T>`${sql.raw(text)}`.execute(engine.db)).rows;

const routesOf = (changing: boolean) =>
  app.published
    .filter(
      ({ url, access }) =>
        /^\/(api\/(admin|v1)|hosted|register)(\/|$)/.test(url) && accessListOf(access())?.key !== undefined,
    )
    .flatMap(({ methods, url }) => methods.map((method) => `${method} ${url}`))
    .filter((route) => !/^(HEAD|OPTIONS) /.test(route) && changing !== route.startsWith('GET '));

const byKey = (action: string) => ({ action, actor: `key:${key.id}`, organization: engine.organization });

async function leavesItsLine(method: string, route: string, sample: Sample): Promise<void> {
  const { action } = sample;
  const body = typeof sample.body === 'function' ? await sample.body() : sample.body;
  const before = await digest();
  await mute();
  expect([(await ask(method, route, body)).statusCode, await digest()]).toEqual([500, before]);
  await unmute();
  const reply = await ask(method, route, body);
  expect([reply.statusCode < 300, reply.body]).toEqual([true, expect.any(String)]);
  const lines = await linesOf(reply.headers['x-request-id']);
  expect(lines).toContainEqual(byKey(action));
  expect(lines).toEqual(lines.map((line) => byKey(line.action)));
}

describe('what a key configures', () => {
  test('every route is known', () => {
    expect(routesOf(true).toSorted()).toEqual([...Object.keys(changes), ...apart, ...ofPersons].toSorted());
    expect(routesOf(false).toSorted()).toEqual(
      [...Object.keys(personal), ...nothingPersonal].map((path) => `GET ${path}`).toSorted(),
    );
  });

  test.each(Object.entries(changes))(
    '%s leaves its line with the key and the request, and changes nothing without',
    async (route, sample) => {
      const [method = '', path = ''] = route.split(' ');
      await leavesItsLine(method, path, sample);
    },
  );

  test('so do enabling what was disabled, and deleting what the key itself has made', async () => {
    await ask('POST', '/api/admin/webhooks/:id/disable');
    await leavesItsLine('POST', '/api/admin/webhooks/:id/enable', { action: 'webhook.enable' });
    ids.webhooks = (await ask('POST', '/api/v1/webhooks', { url })).json().id;
    await leavesItsLine('DELETE', '/api/v1/webhooks/:id', { action: 'webhook.remove' });
  });

  test('a key cannot change grants, and does not see those of others', async () => {
    const before = await digest();
    for (const route of refused) {
      const [method = '', path = ''] = route.split(' ');
      expect((await ask(method, path, { to: 'public-https' })).json()).toMatchObject({
        code: 'INSUFFICIENT_SCOPE',
        error: expect.stringContaining('On the box run "gatehouse grant '),
      });
    }
    expect(await digest()).toBe(before);
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    key = await access.createKey({ organization: other, world: 'live', scopes: ['admin'] }, operator);
    expect((await ask('GET', '/api/admin/grants')).json()).toEqual({ items: [] });
  });
});

describe('what a key reads', () => {
  test.each(Object.entries(personal))(
    '%s leaves %s with the key and the request, and gives nothing out without',
    async (path, action) => {
      await mute();
      const silent = await ask('GET', path);
      expect([silent.statusCode, silent.json()]).toMatchObject([500, { code: 'INTERNAL' }]);
      await unmute();
      const reply = await ask('GET', path);
      expect(reply.statusCode).toBe(200);
      expect(await linesOf(reply.headers['x-request-id'])).toEqual([byKey(action)]);
    },
  );

  test.each(nothingPersonal)('%s leaves none', async (path) => {
    const reply = await ask('GET', path);
    expect(reply.statusCode).toBe(200);
    expect(await linesOf(reply.headers['x-request-id'])).toEqual([]);
  });
});
