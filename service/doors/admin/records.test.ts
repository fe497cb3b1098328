import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Alert } from '../../engine/appliance/index.ts';
import { Delivery, type DeliveryAttempt, Endpoint, type Grant } from '../../engine/events/index.ts';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { deliveryRoutes } from './deliveries.ts';
import { createDoor } from './door.ts';
import { grantRoutes } from './grants.ts';
import { controlMount } from './mount.ts';
import type { AdminRoute } from './route.ts';
import { statusRoutes } from './status.ts';
import { webhookRoutes } from './webhooks.ts';

const moment = fc.integer({ min: 0, max: 4e12 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const text = fc.string({ maxLength: 20 });
const place = { organization: fc.constant('org_secret'), world: fc.constantFrom('live', 'test') };

const endpoint = fc.record({
  id: text,
  ...place,
  kind: fc.constantFrom('endpoint', 'callback'),
  family: fc.constantFrom('identity', 'sessions', 'behavior', 'hosted', 'registrations'),
  url: text,
  description: text,
  events: fc.array(text),
  signature: fc.constantFrom('standard', 'timestamped', 'sha256', 'hex'),
  signatureHeader: maybe(text),
  headers: fc.array(text),
  trust: fc.oneof(
    fc.constant({ is: 'system' }),
    fc.constant({ is: 'ca' }),
    text.map((pin) => ({ is: 'pin', pin })),
  ),
  state: fc.oneof(
    fc.constant({ is: 'enabled' }),
    fc.record({ is: fc.constant('disabled'), reason: text, at: moment }),
  ),
  cutOverAt: maybe(moment),
  failingSince: maybe(moment),
  lineage: maybe(fc.constant('key_lineage')),
  createdAt: moment,
  createdBy: text,
}) as fc.Arbitrary<unknown> as fc.Arbitrary<Endpoint>;

const delivery = fc.record({
  id: text,
  ...place,
  endpoint: text,
  event: maybe(text),
  name: text,
  origin: fc.constantFrom('event', 'callback', 'resend', 'replay', 'test'),
  state: fc.oneof(
    fc.record({ is: fc.constant('waiting'), nextAt: moment, reason: maybe(text) }),
    fc.record({ is: fc.constant('delivered'), at: moment }),
    fc.record({ is: fc.constantFrom('failed', 'dropped'), at: moment, reason: text }),
  ),
  attempts: fc.nat(),
  createdAt: moment,
  last: maybe(
    fc.record({
      at: moment,
      outcome: text,
      status: maybe(fc.integer({ min: 100, max: 599 })),
      milliseconds: fc.integer({ min: 0, max: 150_000 }).map((tenths) => tenths / 10),
    }),
  ),
}) as fc.Arbitrary<unknown> as fc.Arbitrary<Delivery>;

const alert = fc.record({
  id: text,
  ...place,
  rule: text,
  name: text,
  metric: fc.constant('disk-free'),
  about: maybe(text),
  value: fc.integer(),
  threshold: fc.integer(),
  firedAt: moment,
  acknowledged: maybe(fc.record({ at: moment, by: text })),
  notified: fc.dictionary(fc.constantFrom('webhook', 'desktop'), text),
}) as fc.Arbitrary<unknown> as fc.Arbitrary<Alert>;

const without = (names: string[], value: object) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

test.each([
  ['a webhook', Endpoint, endpoint],
  ['a delivery', Delivery, delivery],
  ['an alert', Alert, alert],
] as const)('%s is written and read as one record, without the place it is in', (_, record, some) => {
  fc.assert(
    fc.property(some as fc.Arbitrary<object>, (one) => {
      const written = JSON.stringify(z.encode(record as z.ZodType, one));
      expect(written).not.toContain('org_secret');
      const read = record.parse(JSON.parse(written));
      expect(read).toEqual(without(['organization', 'world'], one));
    }),
  );
});

async function ask(
  routes: AdminRoute[],
  url: string,
  mount = controlMount({ get: async (id) => ({ id }) as never }),
) {
  const app = createServer({ ids: createIds(systemClock), log: silentLog });
  await app.register(createDoor(routes, mount));
  const reply = await app.inject({ url: `/api/admin${url}` });
  await app.close();
  return reply;
}

const webhook: Endpoint = {
  id: 'wh_01m7w3hb8hbf355he5zqwjztdk' as never,
  organization: 'org_secret' as never,
  world: 'live',
  kind: 'endpoint',
  family: 'identity',
  url: 'https://hooks.example.org',
  description: '',
  events: [],
  signature: 'hex',
  headers: [],
  trust: { is: 'system' },
  state: { is: 'disabled', reason: 'It moves.', at: 1 },
  lineage: 'key_lineage',
  createdAt: 0,
  createdBy: 'key:key_1',
};

test.each([
  ['key', undefined],
  ['operator', 'key_lineage'],
])('to a caller of kind %s the lineage of a webhook is %s', async (is, lineage) => {
  const mount = {
    ...controlMount({ get: async (id) => ({ id }) as never }),
    actorOf: () => ({ is }) as never,
  };
  const routes = webhookRoutes({ webhooks: { get: async () => webhook } as never });
  const reply = await ask(routes, `/webhooks/${webhook.id}?organization=org_a&env=live`, mount);
  expect([reply.statusCode, reply.json().lineage]).toEqual([200, lineage]);
});

test('the catalog can be cut to one family', async () => {
  const entry = (family: 'identity' | 'hosted') => ({
    name: `${family}.x`,
    family,
    when: 'Now.',
    fires: true,
    sample: { event: 'x' },
  });
  const routes = webhookRoutes({
    webhooks: { catalog: () => [entry('identity'), entry('hosted')] } as never,
  });
  expect((await ask(routes, '/webhooks/catalog')).json().items).toHaveLength(2);
  expect((await ask(routes, '/webhooks/catalog?family=hosted')).json().items).toEqual([entry('hosted')]);
});

test('a grant is shown as it is written, without its organization', async () => {
  const grant: Grant = {
    id: 'grt_1' as never,
    organization: 'org_secret' as never,
    to: { is: 'cidr', cidr: 'fd00::/8' },
    reach: 'any',
    port: 8443,
    note: '',
    createdAt: 0,
    createdBy: 'operator:ada',
    revoked: { at: 1, by: 'operator:bea' },
  };
  const routes = grantRoutes({ grants: { page: async () => [grant] } as never });
  expect((await ask(routes, '/grants?organization=org_a')).json()).toEqual({
    items: [
      {
        id: 'grt_1',
        to: '[fd00::/8]:8443',
        kind: 'cidr',
        note: '',
        createdAt: '1970-01-01T00:00:00.000Z',
        createdBy: 'operator:ada',
        revoked: { at: '1970-01-01T00:00:00.001Z', by: 'operator:bea' },
      },
    ],
  });
});

const exchanges: DeliveryAttempt['exchange'][] = [
  undefined,
  { request: { url: '', headers: {}, body: '' }, response: { headers: {}, body: 'ok', truncated: false } },
  { request: { url: '', headers: {}, body: '' }, response: { error: 'It did not answer.' } },
];

test('an attempt has what was sent, and the answer or the reason why there is none', async () => {
  const log = exchanges.map((exchange, at) => ({
    number: at + 1,
    at,
    outcome: 'status',
    milliseconds: 18.44,
    exchange,
  }));
  const sent = { ...fc.sample(delivery, 1)[0], log };
  const routes = deliveryRoutes({ deliveries: { get: async () => sent } as never });
  const path = '/deliveries/dlv_01m7w3hb8hbf355he5zqwjztdk?organization=org_a&env=live';
  const { log: shown } = (await ask(routes, path)).json();
  expect(shown.map((one: object) => Object.keys(one))).toEqual([
    ['number', 'at', 'outcome', 'milliseconds'],
    ['number', 'at', 'outcome', 'milliseconds', 'request', 'response'],
    ['number', 'at', 'outcome', 'milliseconds', 'request', 'error'],
  ]);
  expect(shown[0]).toMatchObject({ at: '1970-01-01T00:00:00.000Z', milliseconds: 18.4 });
});

const box = {
  readiness: { is: 'not-ready' as const, reason: 'The database cannot be used.' },
  people: [{ world: 'live' as const, total: 3, largest: 2 }],
  safeGallery: [{ rate: 0.01, holdsFor: 'every-group' as const, people: 636 }],
  matchOnlyOrganizations: 1,
  models: [{ enabled: true }, { enabled: false }],
  pad: { is: 'missing' as const, remedy: 'Switch them on.' },
  damagedModels: ['yunet'],
  inference: {
    workers: 2,
    busy: 1,
    queued: 0,
    queueLimit: 64,
    provider: { providersAsked: ['webgpu'], provider: 'cpu', fallback: 'It was lost.', nets: [] },
  },
  storage: { kind: 'sqlite' as const, state: 'full' as const, reason: 'Full.' },
  room: { freeBytes: 12, databaseBytes: 34 },
  certificate: { endsAt: 0, renewsItself: true },
  backupTroubles: ['No backup was made for 3 days.'],
  attention: [{ code: 'STORAGE_FULL', urgency: 'now' as const, sentence: 'Full.', remedy: 'Free space.' }],
};

test('without a running service there is no service report, and no other state is shown', async () => {
  const routes = statusRoutes({ applianceReport: async () => box, serving: { report: () => undefined } });
  expect((await ask(routes, '/status')).json()).toEqual({
    ready: false,
    reason: 'The database cannot be used.',
    people: [{ env: 'live', total: 3, largest: 2 }],
    safeGallery: [{ rate: 0.01, holdsFor: 'every-group', people: 636 }],
    matchOnlyOrganizations: 1,
    liveness: { installed: false, remedy: 'Switch them on.' },
    models: { installed: 2, enabled: 1, damaged: ['yunet'] },
    inference: {
      workers: 2,
      busy: 1,
      queued: 0,
      providersAsked: ['webgpu'],
      provider: 'cpu',
      fallback: 'It was lost.',
      nets: [],
    },
    storage: { kind: 'sqlite', state: 'full', reason: 'Full.', freeBytes: 12, databaseBytes: 34 },
    certificate: { endsAt: '1970-01-01T00:00:00.000Z', renewsItself: true },
    backups: { warnings: ['No backup was made for 3 days.'] },
    attention: [{ code: 'STORAGE_FULL', urgency: 'now', sentence: 'Full.', remedy: 'Free space.' }],
  });
});

test('a running service is reported with ISO times', async () => {
  const service = {
    version: '1.0.0',
    process: 7,
    startedAt: 0,
    url: 'https://127.0.0.1:7300',
    insecureHttp: false,
    certificate: { subject: 'box', endsAt: 1000 },
    settings: { port: '7300' },
  };
  const routes = statusRoutes({
    applianceReport: async () => ({ ...box, readiness: { is: 'ready' as const } }),
    serving: { report: () => service },
  });
  expect((await ask(routes, '/status')).json()).toMatchObject({
    ready: true,
    service: {
      startedAt: '1970-01-01T00:00:00.000Z',
      certificate: { subject: 'box', endsAt: '1970-01-01T00:00:01.000Z' },
      settings: { port: '7300' },
    },
  });
});
