import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCapturePageDoor } from '../../service/doors/capture-page/index.ts';
import { FlowDefinition } from '../../service/engine/live/index.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { createPages } from '../../service/http/pages/built-pages.ts';
import { createServer } from '../../service/http/server.ts';
import type { KeyId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer, frameOrigins } from '../../service/server/public-server.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openEventsOut } from '../support/events-out.ts';
import { operatorParts } from '../support/operator-parts.ts';

// Pages of the origins of the key that ordered a check may frame it and get its result; no other page may.

const shop = 'https://shop.example';
let engine: Engine;
let app: Awaited<ReturnType<typeof createPublicServer>>;
let pages: ReturnType<typeof createServer>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-framed-'));
  await mkdir(join(folder, 'capture'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'capture/index.html'), '<html>the page</html>');
  engine = await startEngine();
  await engine.installPad();
  const parts = { ...engine, ...(await openEventsOut(engine)), ...operatorParts, log: silentLog };
  const metrics = createMetrics({ processMetrics: false });
  app = await createPublicServer({ ...parts, metrics }, { trustedProxies: [] });
  pages = createServer({ ids: engine.ids, log: silentLog });
  await pages.register(
    createCapturePageDoor({ pages: createPages(folder), originsOf: frameOrigins(parts), log: silentLog }),
  );
  await Promise.all([app.ready(), pages.ready()]);
});
afterAll(async () => {
  await Promise.all([app.close(), pages.close()]);
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const newKey = (origins: string[] = [shop], organization = engine.organization) =>
  engine.access.createKey(
    { organization, world: 'test', scopes: ['sessions', 'hosted', 'registrations', 'presence'], origins },
    operator,
  );
async function post(url: string, payload: object, key?: string) {
  engine.advance(2_000);
  const headers = { ...(key && { 'x-api-key': key }) };
  const reply = await app.inject({ method: 'POST', url, payload, headers });
  expect([url, reply.statusCode, reply.json().code]).toEqual([url, expect.any(Number), undefined]);
  return reply.json();
}
const pathOf = (address: string) => new URL(address).pathname;
let users = 0;

/** How a key asks each door for a link, and the path of its page. */
const doors: Record<string, { kind: string; order(key: string): Promise<string> }> = {
  presence: {
    kind: 'presence',
    order: async (key) =>
      pathOf(
        (await post('/api/presence/sessions', { orgId: engine.organization, purpose: 'Sign' }, key))
          .verifyUrl,
      ),
  },
  hosted: {
    kind: 'hosted',
    order: async (key) =>
      pathOf((await post('/hosted/generate', { product: 'verifyhuman' }, key)).hosted_url),
  },
  registrations: {
    kind: 'registration',
    order: async (key) =>
      pathOf(
        (
          await post(
            '/register',
            {
              reference_user_id: `user_${++users}`,
              data_request: { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' },
            },
            key,
          )
        ).invite_url,
      ),
  },
};

/** Origins that the header of the page lets frame it, and those that the page gets for its messages. */
async function allowed(path: string, kind: string) {
  const { headers, statusCode } = await pages.inject({ url: path });
  expect(statusCode).toBe(200);
  const ancestors = /frame-ancestors (.*)$/.exec(String(headers['content-security-policy']))?.[1];
  expect(headers['x-frame-options']).toBe(ancestors === "'none'" ? 'DENY' : undefined);
  const token = path.split('/').at(-1)!;
  const { openerOrigins } = await post('/api/live/describe', { link: { kind, token } });
  return [ancestors, openerOrigins];
}

/** The person agrees; the page then asks with the capability of the session. */
async function begun(address: string, kind: string) {
  const link = { kind, token: address.split('/').at(-1)! };
  const { consent } = await post('/api/live/describe', { link });
  const path = { flash: true, motion: true };
  const order = { link, consent: true, textVersion: consent.version, path };
  const { token } = await post('/api/live/begin', order);
  const session = { kind: 'session', token };
  return (await post('/api/live/describe', { link: session })).openerOrigins;
}

const none = ["'none'", []];

test.each(Object.entries(doors))(
  '%s: a page of an origin of the key, and no other',
  async (_, { kind, order }) => {
    const bound = await order((await newKey()).key);
    expect(await allowed(bound, kind)).toEqual([shop, [shop]]);
    expect(await begun(bound, kind)).toEqual([shop]);
    // A reload of the page in its frame.
    expect((await allowed(bound, kind))[0]).toBe(shop);
    const unbound = await order((await newKey([])).key);
    expect(await allowed(unbound, kind)).toEqual(none);
    expect(await begun(unbound, kind)).toEqual([]);
  },
);

test.each(Object.entries(doors))('%s: the links of a key follow its origins', async (_, { kind, order }) => {
  const { organization } = engine;
  const made = await newKey([shop, 'https://other.example']);
  const path = await order(made.key);
  await engine.access.restrictKey(organization, made.id, { origins: [shop] }, operator);
  expect(await allowed(path, kind)).toEqual([shop, [shop]]);
  const next = await engine.access.rotateKey(organization, made.id, 0, operator);
  engine.advance(1);
  expect(await allowed(path, kind)).toEqual([shop, [shop]]);
  // Its links still open by themselves; no page around them learns the result.
  await engine.access.revokeKey(organization, next.id, operator);
  expect(await allowed(path, kind)).toEqual(none);
  expect(await begun(path, kind)).toEqual([]);
});

test.each(['/hosted/v/nope', '/hosted/f/nope', '/verify-presence/nope', '/invite/nope'])(
  '%s is not there: 404 as a page',
  async (url) => {
    const { statusCode, headers } = await pages.inject({ url });
    expect([statusCode, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
  },
);

test('a key of another organization lends no origins, nor does an administrator', async () => {
  const { id } = await engine.organizations.create({ name: 'Other' }, operator);
  const { id: foreign } = await newKey([shop], id);
  const originsOf = (key: KeyId) => engine.access.originsOf(engine.organization, { is: 'key', key });
  expect(await originsOf(foreign)).toEqual([]);
  expect(await engine.access.originsOf(id, { is: 'key', key: foreign })).toEqual([shop]);
  expect(await engine.access.originsOf(id, { is: 'administrator', administrator: foreign })).toEqual([]);
});

test('a published flow belongs to no key: no page may frame it', async () => {
  await newKey();
  const definition = FlowDefinition.parse({ name: 'Visitors', product: 'verifyhuman' });
  const flow = await engine.flows.create(engine.organization, definition, operator);
  await engine.flows.publish(engine.organization, flow.id, operator);
  expect(await allowed(`/hosted/f/${flow.slug}`, 'flow')).toEqual(none);
});
