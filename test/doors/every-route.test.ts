import { createHash, randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createControlAdminDoor } from '../../service/doors/admin/index.ts';
import {
  createAccess,
  holdsScope,
  type NewKey,
  type Scope,
  scopes,
} from '../../service/engine/accounts/index.ts';
import { createBoardLinks, type Jobs } from '../../service/engine/events/index.ts';
import { pageConsent } from '../../service/engine/live/index.ts';
import { createOwnHosts } from '../../service/http/listening/own-hosts.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { accessListOf } from '../../service/http/route-access.ts';
import { createServer } from '../../service/http/server.ts';
import type { OrganizationId, World } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { consentOfAll, type Engine, operator, startEngine } from '../support/engine.ts';
import { type EventsOut, openEventsOut } from '../support/events-out.ts';
import { everyRow, type KeptTable, keptTables } from '../support/every-row.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { frameNamed } from '../support/live-sessions.ts';
import { operatorParts } from '../support/operator-parts.ts';
import { approve } from '../support/presence.ts';
import { type RouteSample, routeSamples, type Victim } from './route-samples.ts';

/** Routes without authentication; a new one is listed here. */
const publicRoutes = [
  'GET /',
  'GET /.well-known/jwks.json',
  'GET /1/api.js',
  'GET /api/auth/notice',
  'GET /api/captures/live',
  'GET /api/live/frames',
  'GET /api/live/state',
  'GET /api/setup',
  'GET /assets/*',
  'GET /console',
  'GET /console/*',
  'GET /docs/',
  'GET /docs/errors/:code',
  'GET /docs/js/scalar.js',
  'GET /docs/test-people/duplicate.jpg',
  'GET /docs/test-people/expired.jpg',
  'GET /docs/test-people/not-matched.jpg',
  'GET /docs/test-people/refused-by-liveness.jpg',
  'GET /docs/test-people/review.jpg',
  'GET /docs/test-people/two-faces.jpg',
  'GET /docs/test-people/verified.jpg',
  'GET /favicon.ico',
  'GET /health',
  'GET /help',
  'GET /help/:name',
  'GET /help/files/:name',
  'GET /help/search',
  'GET /hosted/f/:token',
  'GET /hosted/v/:token',
  'GET /invite/:token',
  'GET /kiosk',
  'GET /kiosk/*',
  'GET /metrics',
  'GET /openapi.json',
  'GET /openapi/:family',
  'GET /ready',
  'GET /recaptcha/api.js',
  'GET /recaptcha/v3/api.js',
  'GET /sdk/',
  'GET /sdk/:name',
  'GET /sdk/gatehouse.js',
  'GET /turnstile/v0/api.js',
  'GET /verify',
  'GET /verify-presence/:token',
  'GET /verify/h/:token',
  'POST /api/auth/2fa/enrollment',
  'POST /api/auth/2fa/face',
  'POST /api/auth/2fa/passkey/authenticate',
  'POST /api/auth/2fa/passkey/authenticate-options',
  'POST /api/auth/2fa/recovery',
  'POST /api/auth/login',
  'POST /api/auth/passkey',
  'POST /api/auth/passkey/options',
  'POST /api/auth/password/code',
  'POST /api/captures/frames',
  'POST /api/kiosk/challenge',
  'POST /api/kiosk/left',
  'POST /api/kiosk/pair',
  'POST /api/kiosk/pair/outcome',
  'POST /api/kiosk/session',
  'POST /api/live/begin',
  'POST /api/live/behavior',
  'POST /api/live/deny',
  'POST /api/live/describe',
  'POST /api/live/finalize',
  'POST /api/live/frames',
  'POST /api/live/handover',
  'POST /api/live/handover/accept',
  'POST /api/live/handover/describe',
  'POST /api/setup/claim',
  'POST /api/setup/organization',
  'POST /api/setup/owner',
  'POST /api/v1/auth/login',
  'POST /hosted/complete/:token',
  'POST /recaptcha/api/siteverify',
  'POST /recaptcha/v3/api/siteverify',
  'POST /siteverify',
  'POST /turnstile/v0/siteverify',
];
/** Opened by a link for one use, and tried in jobs-board.test.ts. */
const boardRoute = / \/jobs(?:\/|$)/;
const face = direction('victim');

let engine: Engine;
let eventsOut: EventsOut;
let access: ReturnType<typeof createAccess>;
let app: Awaited<ReturnType<typeof createPublicServer>>;
let other: OrganizationId;
let made = 0;
/** Every request from an address of its own: refused keys are counted by address. */
let address = 0;
const nextAddress = () => `10.0.${Math.floor(++address / 250)}.${(address % 250) + 1}`;

let victim: Victim;
const email = 'victim.marker@example.com';
const name = 'Victoria Marker';

const show = (name: string, whose = face) =>
  engine.analyzer.show(
    name,
    analysisOf(name, {
      embeddings: { 'a-net': near(whose, 0.97, name), 'b-net': near(direction('victim b', 64), 0.97, name) },
      live: 0.99,
    }),
  );

const publicServer = () =>
  createPublicServer(
    {
      ...engine,
      ...eventsOut,
      ...operatorParts,
      access,
      metrics: createMetrics({ processMetrics: false }),
      log: silentLog,
    },
    {
      trustedProxies: [],
      hosts: createOwnHosts({ listen: '127.0.0.1', allowed: [] }),
      jobsBoard: {
        // No key reaches the jobs.
        jobs: {} as Jobs,
        boardLinks: createBoardLinks({ ...engine, random: randomFillSync }),
        clock: engine.clock,
        sessions: { byCookie: async () => undefined },
      },
    },
  );

beforeAll(async () => {
  engine = await startEngine();
  eventsOut = await openEventsOut(engine);
  await engine.installPad();
  other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
  await engine.organizations.attestConsent(other, consentOfAll, operator);
  access = createAccess({ ...engine, log: silentLog, refusals: engine.limits.refusals });
  await engine.checks.enroll({
    organization: engine.organization,
    world: 'live',
    picture: show('enrolled'),
    email,
    name,
    actor: operator,
  });
  victim = await sendOut();
  app = await publicServer();
  await app.ready();
});
afterAll(async () => {
  await app?.close();
  await access?.settled();
  await engine?.stop();
});

async function sessionOfVictim(more: { subjectRef?: string } = {}): Promise<Victim['session']> {
  const consent = pageConsent({ name: 'Acme' }, 'none');
  const { id, token } = await engine.liveSessions.create({
    flow: 'api',
    match: 'none',
    actor: operator,
    page: { consent },
    ...more,
    realm: { organization: engine.organization, world: 'live' },
    expiresAt: engine.clock.now() + 1_800_000,
  });
  return { id, token, consent: consent.version };
}

/** Of a session that the victim has passed. */
async function passOfVictim(): Promise<string> {
  const { token, consent } = await sessionOfVictim({ subjectRef: 'reference of the victim' });
  const path = { flash: true, motion: true };
  await engine.liveSessions.open(token, { consent: { version: consent }, path, device: {} });
  const link = await engine.liveSessions.connect(token);
  await link.start();
  for (let i = 1; i <= 3; i++) {
    engine.advance(100);
    const bytes = frameNamed(`frame ${i}`);
    const analysis = analysisOf(`frame ${i}`, { embeddings: { 'a-net': face }, live: 0.99 });
    engine.analyzer.show(new TextDecoder().decode(bytes), analysis);
    await link.submitFrame(bytes, engine.clock.now());
  }
  link.close();
  return (await engine.liveSessions.finalizeByToken(token)).passToken!;
}

/** The person's enrollment went to a webhook of their organization, and an alert is about them. */
async function sendOut(): Promise<Victim> {
  const { grants, webhooks, alerts, deliveries, eventLog, relay } = eventsOut;
  const realm = { organization: engine.organization, world: 'live' } as const;
  const [grant] = await Promise.all(
    [engine.organization, other].map((one) =>
      grants.add(one, 'hooks.example.org', one === other ? 'of others' : 'marker of the grant', operator),
    ),
  );
  const add = async (description: string) => {
    const wanted = { family: 'identity', url: 'https://hooks.example.org/', description } as const;
    return (await webhooks.add(realm, wanted, operator)).endpoint;
  };
  const webhook = await add('marker of the webhook');
  const { id: spareWebhook } = await add('spare');
  const { id: lineage, key } = await access.createKey(
    { ...realm, scopes: ['webhooks', 'presence', 'behavior'] },
    operator,
  );
  const own = { family: 'behavior', url: 'https://hooks.example.org/own', lineage } as const;
  const { endpoint: ownWebhook } = await webhooks.add(realm, own, { is: 'key', key: lineage });
  const rule = await alerts.addRule(
    realm,
    { metric: 'failures-per-person', name: 'marker of the rule', threshold: 1 },
    operator,
  );
  const { id: spareRule } = await alerts.addRule(realm, { metric: 'unknown-device' }, operator);
  await engine.checks
    .verify({
      ...realm,
      picture: show('none', direction('none')),
      email,
      actor: operator,
      address: '10.9.9.9',
    })
    .catch(() => undefined);
  await relay();
  const [alert] = await alerts.list(realm, { limit: 1 });
  const { link: hostedLink } = await engine.hosted.generate(
    realm,
    { product: 'verifyhuman', redirects: {}, life: 3_600_000, texts: {} },
    { actor: operator },
  );
  await engine.registrations.register(
    realm,
    { reference: 'user of the victim', dataRequest: 'humanness-and-id', region: '' },
    { actor: operator },
  );
  const [event] = await eventLog.list(realm, { type: 'subject.enrolled', limit: 1 });
  const [delivery] = await deliveries.list(realm, { endpoint: webhook.id, event: event!.id, limit: 1 });
  return {
    email,
    name,
    picture: () => Buffer.from(show(`picture ${made++}`)).toString('base64'),
    webhook,
    spareWebhook,
    rule,
    spareRule,
    event: event!.id,
    delivery: delivery!.id,
    alert: alert!.id,
    grant: grant!,
    ownWebhook: ownWebhook.id,
    key,
    session: await sessionOfVictim(),
    verification: hostedLink.id,
    passToken: await passOfVictim(),
    organization: engine.organization,
    presence: await bePresent(lineage),
    challenge: await beChallenged(lineage),
  };
}

/** A user of the victim's key is followed by heartbeats, and has two challenges open. */
async function beChallenged(lineage: string): Promise<Victim['challenge']> {
  const caller = { organization: engine.organization, world: 'live' as const, lineage };
  const userId = 'user of the victim';
  const open = () => engine.behaviorChallenges.create(caller, { userId, accessible: false });
  const [{ id }, { id: spare }] = [await open(), await open()];
  const { token } = await engine.inTransaction((tx) =>
    engine.verdicts.issue(tx, {
      caller,
      kind: 'verified',
      userHash: engine.verdicts.userHashOf(caller, userId),
      human: true,
      confidence: 0.9,
      notes: [],
    }),
  );
  return { id, spare, userId, token };
}

/** The victim was present for a program of their organization, and is asked for again. */
async function bePresent(lineage: string): Promise<Victim['presence']> {
  const realm = { organization: engine.organization, world: 'live' } as const;
  const caller = { ...realm, lineage };
  const order = { orgId: engine.organization, purpose: 'test', email };
  const [{ session, link }, { session: waiting }] = [
    await engine.presence.create(caller, order, operator),
    await engine.presence.create(caller, order, operator),
  ];
  await approve(engine, link, { id: (await engine.subjects.get(realm, email)).id, email });
  const { token } = await engine.presence.token(caller, session.id, operator);
  return { id: session.id, waiting: waiting.id, token };
}

const keyOf = async (change: Partial<NewKey> = {}) => {
  const wanted: NewKey = { organization: engine.organization, world: 'live', scopes: ['admin'], ...change };
  return (await access.createKey(wanted, operator)).key;
};

/** Each with the method that is asked, HEAD as its GET. */
const keyed = (server = app) =>
  server.published.flatMap(({ methods, url, access: who }) => {
    const access = who();
    if (access === undefined)
      throw new Error(`${methods} ${url} does not say who may call it (config.access).`);
    const { key: scope, orKey = [] } = accessListOf(access) ?? {};
    if (scope === undefined) return [];
    return methods.map((method) => ({
      method,
      route: `${method === 'HEAD' ? 'GET' : method} ${url}`,
      scope,
      taken: [scope, ...orKey],
    }));
  });

function samplesOf(route: string): RouteSample[] {
  const samples = routeSamples[route];
  if (samples?.length) return samples;
  throw new Error(
    `${route} has no sample: add one to test/doors/route-samples.ts, a request that reads or changes the victim's data when it ` +
      'comes from the right key, so that every other key can be shown to read and change nothing.',
  );
}

function ask(method: string, sample: RouteSample, headers: Record<string, string>) {
  const { url, payload } = sample.request(victim);
  return app.inject({
    method: method as 'POST',
    url,
    headers,
    remoteAddress: nextAddress(),
    ...(payload && { payload }),
  });
}

let tables: KeptTable[] | undefined;

/** A digest of every row: of all, or of what belongs to the victim's organization and, where rows have one, world. */
async function digest(of?: { organization: OrganizationId; world: World }): Promise<string> {
  await access.settled();
  tables ??= (await query<{ name: string; columns: string }>(keptTables)).map(({ name, columns }) => ({
    name,
    columns: JSON.parse(columns) as string[],
  }));
  const asked = tables
    // What was asked is written down; that is no change of what is kept about people.
    .filter(({ name }) => name !== 'usage_counter' && !(of && name === 'audit'))
    .map(({ name, columns }) => ({
      name,
      columns: columns.filter((column) => column !== 'last_used_at' && column !== 'last_used_address'),
    }));
  const theirs = ({ columns }: KeptTable) => {
    const bounds = of ? (['organization', 'world'] as const).filter((one) => columns.includes(one)) : [];
    return bounds.length ? `where ${bounds.map((one) => `"${one}" = '${of![one]}'`).join(' and ')}` : '';
  };
  const hash = createHash('sha256');
  for (const { row } of await query<{ row: string }>(everyRow(asked, theirs))) hash.update(`${row}\n`);
  return hash.digest('hex');
}

const query = async <T>(text: string): Promise<T[]> =>
  (await sql<T>`${sql.raw(text)}`.execute(engine.db)).rows;

/** Values of the victim that no answer to another caller may hold. */
async function markers(): Promise<string[]> {
  const subjects = await engine.db
    .selectFrom('subject')
    .select('id')
    .where('organization', '=', engine.organization)
    .where('world', '=', 'live')
    .execute();
  const { webhook, spareWebhook, ownWebhook, delivery, event, alert, rule, verification } = victim;
  return [
    ...[victim.email, victim.name, engine.organization, ...subjects.map(({ id }) => id)],
    ...[
      webhook.id,
      webhook.description,
      spareWebhook,
      ownWebhook,
      delivery,
      event,
      alert,
      rule.id,
      rule.name,
      verification,
    ],
  ];
}

/** Without what the request itself names: a refusal may say it back. */
const markersBut = async (sample: RouteSample) => {
  const { url } = sample.request(victim);
  return (await markers()).filter((marker) => !url.includes(marker));
};

describe('of all routes', () => {
  test('those that ask for no key are known', () => {
    const open = app.published
      .filter(({ access: who }) => who() === 'public')
      .flatMap(({ methods, url }) => methods.map((method) => `${method} ${url}`))
      .filter((route) => !/^(HEAD|OPTIONS) /.test(route));
    expect(open.filter((route) => !boardRoute.test(route)).toSorted()).toEqual(publicRoutes);
  });

  test('those of the board of jobs ask for a session of an operator, which no key is', async () => {
    const board = app.published
      .flatMap(({ methods, url }) => methods.map((method) => `${method} ${url}`))
      .filter((route) => boardRoute.test(route));
    expect(board.length).toBeGreaterThan(40);
    const key = await keyOf({ scopes: ['identity', 'admin'] });
    for (const route of board) {
      const [method = '', url = ''] = route.split(' ');
      const reply = await app.inject({
        method: method as 'GET',
        url: url.replaceAll(/:\w+/g, 'webhook').replace('*', 'x'),
        headers: { 'x-api-key': key, 'sec-fetch-site': 'same-origin' },
      });
      expect([route, reply.statusCode]).toEqual([route, url === '/jobs/open/:token' ? 404 : 401]);
    }
  });

  test('those for administrators alone refuse every key and every request without one', async () => {
    const closed = app.published.filter(({ access: who }) => {
      const list = accessListOf(who());
      return list !== undefined && list.key === undefined;
    });
    expect(closed.length).toBeGreaterThan(0);
    const key = await keyOf({ scopes: ['identity', 'webhooks', 'admin'] });
    const before = await digest();
    for (const { methods, url } of closed) {
      for (const method of methods) {
        const ask = (headers: Record<string, string>) =>
          app.inject({
            method: method as 'GET',
            url: url.replaceAll(/:\w+/g, 'x'),
            headers,
            remoteAddress: nextAddress(),
          });
        const answers = [
          await ask({ 'x-api-key': key }),
          await ask({ 'x-api-key': `${key}x` }),
          await ask({}),
        ];
        expect([method, url, ...answers.map(({ statusCode }) => statusCode)]).toEqual([
          method,
          url,
          403,
          401,
          401,
        ]);
        expect([url, await digest()]).toEqual([url, before]);
      }
    }
  });

  test('each that asks for a key has a sample, and each sample a route', () => {
    const routes = [...new Set(keyed().map(({ route }) => route))];
    for (const route of routes) samplesOf(route);
    expect(Object.keys(routeSamples).toSorted()).toEqual(routes.toSorted());
    expect(routes.length).toBeGreaterThan(0);
  });

  test('a forgotten route is found: without a sample, and without access rules', async () => {
    const forgotten = await publicServer();
    forgotten.get('/api/forgotten', { config: { access: 'identity' } }, async () => victim.email);
    const [route] = keyed(forgotten).filter(({ route }) => !(route in routeSamples));
    expect(() => samplesOf(route!.route)).toThrow(
      'GET /api/forgotten has no sample: add one to test/doors/route-samples.ts',
    );
    forgotten.get('/api/open', async () => victim.email);
    await expect(forgotten.ready()).rejects.toThrow('GET /api/open does not say who may call it');
    await forgotten.close();
  });

  test('none but the health checks answers a request that names another host', async () => {
    const key = await keyOf({ scopes: ['identity', 'admin'], origins: ['https://shop.example'] });
    // They give the state alone there: service/doors/meta/meta.test.ts.
    const health = ['/health', '/ready'];
    const routes = app.published
      .filter(({ url }) => !health.includes(url))
      .flatMap(({ methods, url }) => methods.map((method) => ({ method, url })));
    for (const { method, url } of [...routes, { method: 'GET', url: '/nowhere' }]) {
      const headers = { 'x-api-key': key, host: 'rebound.example', origin: 'http://rebound.example' };
      const reply = await app.inject({
        method: method as 'GET',
        url: url.replaceAll(/:\w+/g, 'x'),
        headers,
        remoteAddress: nextAddress(),
      });
      expect([method, url, reply.statusCode]).toEqual([method, url, 421]);
      if (method !== 'HEAD') expect(reply.json()).toMatchObject({ code: 'HOST_NOT_ALLOWED' });
    }
  });

  test('none is the control socket’s', async () => {
    const control = createServer({ ids: engine.ids, log: silentLog });
    await control.register(createControlAdminDoor({ ...engine, ...operatorParts } as never));
    await control.ready();
    const has = (url: string, method: string) =>
      app.published.some((route) => route.url === url && route.methods.includes(method));
    const theirs = control.published
      .flatMap(({ methods, url }) => methods.map((method) => ({ method, url })))
      .filter(({ method, url }) => !has(url, method));
    expect([...new Set(theirs.map(({ url }) => url))].toSorted()).toEqual([
      '/api/admin/certificate/fingerprints',
      '/api/admin/organization/first-owner',
      '/api/admin/seal',
      '/api/admin/setup-token',
      '/api/admin/unseal',
      '/api/admin/works/:id',
    ]);
    const key = await keyOf({ scopes: ['identity', 'admin'] });
    for (const { method, url } of theirs) {
      const filled = url.replaceAll(/:\w+/g, 'x');
      const reply = await app.inject({ method: method as 'GET', url: filled, headers: { 'x-api-key': key } });
      // 405: the path takes other methods there.
      const absent = app.published.some((route) => route.url === url) ? 405 : 404;
      expect(`${method} ${url} ${reply.statusCode}`).toBe(`${method} ${url} ${absent}`);
    }
    await control.close();
  });

  test('each is in the OpenAPI document', () => {
    const { paths }: { paths: Record<string, Record<string, unknown>> } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8'),
    );
    for (const { method, route } of keyed()) {
      if (method === 'HEAD') continue;
      const [verb = '', url = ''] = route.split(' ');
      expect(paths[url.replaceAll(/:(\w+)/g, '{$1}')]).toHaveProperty(verb.toLowerCase());
    }
  });
});

/** The refusal that each wrong key gets, before anything is read. */
const refusals: [
  string,
  number,
  string,
  (scope: string, taken: readonly Scope[]) => Promise<Record<string, string>>,
][] = [
  ['no key', 401, 'MISSING_AUTH', async () => ({})],
  ['a malformed key', 401, 'INVALID_API_KEY_FORMAT', async () => ({ 'x-api-key': 'hello' })],
  [
    'an unknown key',
    401,
    'INVALID_API_KEY',
    async () => ({ authorization: `Bearer gh_live_${'0'.repeat(38)}` }),
  ],
  [
    'a revoked key',
    401,
    'INVALID_API_KEY',
    async (scope) => {
      const wanted = { organization: engine.organization, world: 'live', scopes: [scope] } as NewKey;
      const { id, key } = await access.createKey(wanted, operator);
      await access.revokeKey(engine.organization, id, operator);
      return { 'x-api-key': key };
    },
  ],
  [
    'an expired key',
    401,
    'INVALID_API_KEY',
    async (scope) => {
      const key = await keyOf({ scopes: [scope] as never, expiresAt: engine.clock.now() + 1 });
      engine.advance(1);
      return { 'x-api-key': key };
    },
  ],
  [
    'a key of every other scope',
    403,
    'INSUFFICIENT_SCOPE',
    async (_scope, taken) => ({
      'x-api-key': await keyOf({
        scopes: scopes.filter((one) => !taken.some((scope) => holdsScope([one], scope))),
      }),
    }),
  ],
  [
    'a key sent from another origin',
    403,
    'ORIGIN_NOT_ALLOWED',
    async (scope) => ({
      'x-api-key': await keyOf({ scopes: [scope] as never, origins: ['https://shop.example'] }),
      origin: 'https://evil.example',
    }),
  ],
  [
    'a key sent from another network',
    403,
    'ORIGIN_NOT_ALLOWED',
    async (scope) => ({ 'x-api-key': await keyOf({ scopes: [scope] as never, cidrs: ['192.0.2.0/24'] }) }),
  ],
];

describe('on every route that asks for a key', () => {
  test.each(refusals)('%s: %d %s, nothing read, nothing changed', async (_, status, code, headersFor) => {
    const headersOf = new Map<string, Record<string, string>>();
    for (const { scope, taken } of keyed())
      if (!headersOf.has(`${taken}`)) headersOf.set(`${taken}`, await headersFor(scope, taken));
    const before = await digest();
    for (const { method, route, taken } of keyed()) {
      for (const sample of samplesOf(route)) {
        const headers = headersOf.get(`${taken}`)!;
        const reply = await ask(method, sample, headers);
        expect([route, reply.statusCode]).toEqual([route, status]);
        if (method !== 'HEAD') expect(reply.json()).toMatchObject({ code, requestId: expect.any(String) });
        for (const marker of await markersBut(sample)) expect(reply.body).not.toContain(marker);
        expect([route, await digest()]).toEqual([route, before]);
      }
    }
  });

  test.each([
    ['another organization’s key', 'live', () => other],
    ['another organization’s test key', 'test', () => other],
    ['the organization’s own test key, of its live data', 'test', () => engine.organization],
  ] as const)('%s reads nothing and changes nothing', async (_, world, organizationOf) => {
    const theirs = { organization: engine.organization, world: 'live' } as const;
    const before = await digest(theirs);
    for (const { method, route, scope } of keyed()) {
      for (const sample of samplesOf(route)) {
        const key = await keyOf({ organization: organizationOf(), world, scopes: [scope] });
        const reply = await ask(method, sample, { 'x-api-key': key });
        const isOwn = organizationOf() === engine.organization;
        const { status, code, body } = (isOwn ? sample.otherWorld : undefined) ?? sample.foreign;
        expect([route, reply.statusCode, reply.body]).toEqual([route, status, expect.any(String)]);
        if (code !== undefined && method !== 'HEAD') expect(reply.json()).toMatchObject({ code });
        if (body !== undefined && method !== 'HEAD') expect(reply.json()).toMatchObject(body);
        for (const marker of await markersBut(sample)) expect(reply.body).not.toContain(marker);
        expect([route, await digest(theirs)]).toEqual([route, before]);
      }
    }
  });

  test('another key of the organization sees and changes nothing of what a key has made for itself', async () => {
    const theirs = { organization: engine.organization, world: 'live' } as const;
    let asked = 0;
    for (const { method, route, scope } of keyed()) {
      for (const sample of samplesOf(route).filter(({ owner }) => owner.own)) {
        const key = await keyOf({ scopes: [scope] });
        const before = await digest(theirs);
        const reply = await ask(method, sample, { 'x-api-key': key });
        const { status, code, body } = sample.sibling ?? sample.foreign;
        expect([route, reply.statusCode]).toEqual([route, status]);
        if (method !== 'HEAD') expect(reply.json()).toMatchObject(code === undefined ? body! : { code });
        for (const marker of await markersBut(sample)) expect(reply.body).not.toContain(marker);
        expect([route, await digest(theirs)]).toEqual([route, before]);
        asked++;
      }
    }
    expect(asked).toBeGreaterThan(2);
  });

  // Last, because it does change what is kept.
  test('the right key is answered: each sample does reach the data', async () => {
    for (const { method, route, scope } of keyed()) {
      for (const sample of samplesOf(route)) {
        const before = await digest({ organization: engine.organization, world: 'live' });
        const key = sample.owner.own ? victim.key : await keyOf({ scopes: [scope] });
        const reply = await ask(method, sample, { 'x-api-key': key });
        expect([route, reply.statusCode, reply.body]).toEqual([
          route,
          sample.owner.status,
          expect.any(String),
        ]);
        const { contains } = sample.owner;
        // HEAD says whether there is something, not what.
        if (contains && method === 'HEAD') continue;
        if (contains) expect(reply.body).toContain(contains(victim));
        else expect(await digest({ organization: engine.organization, world: 'live' })).not.toBe(before);
      }
    }
  });
});
