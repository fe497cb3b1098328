import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { openEventsOut } from '../../../test/support/events-out.ts';
import { operatorParts } from '../../../test/support/operator-parts.ts';
import { recordedAccess, recordedKeys } from '../../../test/support/recorded-access.ts';
import { createServer } from '../../http/server.ts';
import { silentLog } from '../../lib/log.ts';
import { createAdminDoor } from './index.ts';

let engine: Engine;
let app: ReturnType<typeof createServer>;
let ids: string[];

beforeAll(async () => {
  engine = await startEngine();
  const eventsOut = await openEventsOut(engine);
  const { organization } = engine;
  const access = recordedAccess();
  app = createServer({
    // Every caller belongs to the one organization.
    access: {
      ...access,
      authenticate: async (input) => ({ ...(await access.authenticate(input)), organization }),
    },
    ids: engine.ids,
    log: silentLog,
  });
  await app.register(createAdminDoor({ ...engine, ...eventsOut, ...operatorParts, access }));
  await app.ready();
  const realm = { organization, world: 'live' } as const;
  await eventsOut.grants.add(organization, 'hooks.example.org', '', operator);
  const { endpoint } = await eventsOut.webhooks.add(
    realm,
    { family: 'identity', url: 'https://hooks.example.org/' },
    operator,
  );
  const rule = await eventsOut.alerts.addRule(realm, { metric: 'unknown-device' }, operator);
  ids = [
    endpoint.id,
    rule.id,
    ...(['delivery', 'event', 'alert', 'grant'] as const).map((one) => engine.ids.next(one)),
  ];
});
afterAll(async () => {
  await app.close();
  await engine.stop();
});

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e999',
    'null',
    'true',
    '../..',
    '%',
    "' or 1=1 --",
    '\u202e',
    'NaN',
    '[]',
    '{}',
  ),
  fc.string({ unit: 'grapheme', minLength: 200, maxLength: 400 }),
);
const id = fc.oneof(
  { weight: 3, arbitrary: fc.nat({ max: 5 }).map((at) => ids[at]!) },
  { weight: 1, arbitrary: odd.filter((text) => !/^\.*$/.test(text)) },
);
const names = fc.constantFrom(
  ...[
    'limit',
    'before',
    'cursor',
    'organization',
    'env',
    'family',
    'endpoint',
    'event',
    'state',
    'type',
    'open',
    'since',
    'until',
    'reason',
    'url',
  ],
  ...[
    'events',
    'signature',
    'signatureHeader',
    'headers',
    'description',
    'ca',
    'pin',
    'overlapSeconds',
    'metric',
  ],
  ...[
    'name',
    'windowMinutes',
    'threshold',
    'filter',
    'holdOffMinutes',
    'channels',
    'enabled',
    'constructor',
    'x',
  ],
);
const sensible = fc.constantFrom<unknown[]>(
  ...['identity', 'https://hooks.example.org/', 'verification.success', 'hex', 'failures-per-key', 'waiting'],
  ...[
    '2026-11-20T12:00:00Z',
    '9999-12-31T23:59:59Z',
    '0001-01-01T00:00:00Z',
    1,
    0,
    true,
    false,
    null,
    [],
    {},
  ],
  ...[
    ['identity.user.enrolled'],
    { 'x-a': 'b' },
    { webhook: true },
    { profile: 'p' },
    { email: ['a@b.example'] },
  ],
);
/** What calls take that take something; a field or two beside it that they do not expect. */
const taken: Record<string, Record<string, unknown>> = {
  'POST /api/admin/webhooks': { family: 'identity', url: 'https://hooks.example.org/' },
  'PATCH /api/admin/webhooks/:id': { events: ['user.enrolled'] },
  'POST /api/admin/webhooks/:id/rotate': { overlapSeconds: 0 },
  'POST /api/admin/webhooks/:id/replay': { since: '2026-11-20T12:00:00Z' },
  'POST /api/admin/alert-rules': { metric: 'spoof-attempts' },
  'PATCH /api/admin/alert-rules/:id': { threshold: 3 },
};
const field = fc.oneof(sensible, fc.jsonValue({ maxDepth: 3 }));
const strange = fc.oneof(
  fc.constant<Record<string, unknown>>({}),
  fc.dictionary(names, field, { maxKeys: 2 }),
);
const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Record<string, string>>({}) },
  { weight: 1, arbitrary: fc.dictionary(names, fc.oneof(odd, sensible.map(String), id), { maxKeys: 3 }) },
);

test('no request is answered with a 5xx: refusals say what was wrong', async () => {
  const answered = new Set<number>();
  const routes = app.published
    .flatMap(({ methods, url }) => methods.map((method) => ({ method, url })))
    .filter(({ method }) => method !== 'OPTIONS' && method !== 'HEAD');
  // Those that a key may call count more: of the others each refuses in one way.
  const open = routes.filter(({ url }) => /\/(webhooks|deliveries|events|alerts|alert-rules)\b/.test(url));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes, ...open, ...open, ...open),
      id,
      strange,
      query,
      async ({ method, url }, one, sent, asked) => {
        const search = new URLSearchParams(asked).toString();
        const reply = await app.inject({
          method: method as 'POST',
          url: `${url.replace(':id', encodeURIComponent(one.toWellFormed()))}${search && `?${search}`}`,
          headers: { 'x-api-key': recordedKeys.admin },
          ...(method === 'GET' ? {} : { payload: { ...taken[`${method} ${url}`], ...sent } }),
        });
        if (reply.statusCode >= 300) {
          expect(reply.json()).toMatchObject({
            error: expect.stringMatching(/\.\)?$/),
            code: expect.any(String),
          });
        }
        expect([200, 201, 202, 204, 400, 403, 404, 409]).toContain(reply.statusCode);
        answered.add(reply.statusCode);
      },
    ),
    { numRuns: 1000 },
  );
  // Far enough in to have been answered in every way.
  for (const status of [200, 201, 400, 403, 404]) expect(answered).toContain(status);
});

test('a body is bounded on every route, whether its length is announced or not', async () => {
  const [webhook = ''] = ids;
  const payload = JSON.stringify({ reason: 'x'.repeat(128 * 1024) });
  for (const action of ['disable', 'enable', 'rotate', 'test', 'replay']) {
    const reply = await app.inject({
      method: 'POST',
      url: `/api/admin/webhooks/${webhook}/${action}`,
      headers: { 'x-api-key': recordedKeys.admin, 'content-type': 'application/json' },
      payload: action === 'rotate' ? Readable.from([payload]) : payload,
    });
    expect([action, reply.statusCode, reply.json().code]).toEqual([action, 413, 'PAYLOAD_TOO_LARGE']);
  }
});

test('null is no body', async () => {
  const reply = await app.inject({
    method: 'POST',
    url: `/api/admin/webhooks/${ids[0]}/disable`,
    headers: { 'x-api-key': recordedKeys.admin, 'content-type': 'application/json' },
    payload: 'null',
  });
  expect([reply.statusCode, reply.json().error]).toEqual([400, 'The body must be an object.']);
});
