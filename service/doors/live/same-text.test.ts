import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import { FlowDefinition, type LinkKind, pageConsent } from '../../engine/live/index.ts';
import { createServer } from '../../http/server.ts';
import { openWebSockets } from '../../http/web-sockets.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createLiveDoor } from './index.ts';

// A person agrees to the text that they have read: no flow takes another.

let engine: Engine;
let app: ReturnType<typeof createServer>;

beforeEach(async () => {
  engine = await startEngine();
  app = createServer({ access: recordedAccess(), ids: createIds(engine.clock), log: silentLog });
  await openWebSockets(app);
  const { liveSessions, orders } = engine;
  await app.register(createLiveDoor({ liveSessions, resolvers: orders.links, log: silentLog }));
});
afterEach(async () => {
  await app.close();
  await engine.stop();
});

const realm = () => ({ organization: engine.organization, world: 'test' }) as const;

/** A fresh link of each kind that a person can open. */
const links: Record<Exclude<LinkKind, 'handover'>, () => Promise<string>> = {
  async session() {
    const page = {
      consent: pageConsent(await engine.organizations.asTextOwner(engine.organization), 'none'),
    };
    const expiresAt = engine.clock.now() + 600_000;
    const order = { flow: 'api', match: 'none', actor: key, page, realm: realm(), expiresAt } as const;
    return (await engine.liveSessions.create(order)).token;
  },
  async presence() {
    const order = { orgId: engine.organization, purpose: 'test' };
    return (await engine.presence.create({ ...realm(), lineage: 'key_1' }, order, key)).link;
  },
  async hosted() {
    const order = { product: 'verifyhuman', redirects: {}, life: 3_600_000, texts: {} } as const;
    return (await engine.hosted.generate(realm(), order, { actor: key })).token;
  },
  async flow() {
    const definition = FlowDefinition.parse({ name: 'Visitors of the '.repeat(4), product: 'verifyhuman' });
    const flow = await engine.flows.create(engine.organization, definition, operator);
    await engine.flows.publish(engine.organization, flow.id, operator);
    return flow.slug;
  },
  async registration() {
    const order = { reference: 'user_1', dataRequest: 'humanness-and-id', region: '' } as const;
    return (await engine.registrations.register(realm(), order, { actor: key })).token;
  },
};

test.each(Object.entries(links))('a link of the kind %s', async (kind, make) => {
  const link = { kind, token: await make(), ...(kind === 'flow' && { test: true }) };
  const post = async (path: string, payload: object) => {
    const reply = await app.inject({ method: 'POST', url: `/api/live/${path}`, payload });
    return { status: reply.statusCode, body: reply.json() };
  };
  const begin = (textVersion: string) =>
    post('begin', { link, consent: true, textVersion, path: { flash: true, motion: true } });
  const described = await post('describe', { link });
  const { version } = described.body.consent;
  for (const other of ['of last year', `${version}.`, `${version}.fr`, version.toUpperCase()])
    expect([other, await begin(other)]).toMatchObject([other, { status: 409, body: { code: 'CONFLICT' } }]);
  expect((await post('describe', { link })).body).toMatchObject({ state: 'ready' });
  expect(await begin(`${version}.de`)).toMatchObject({ status: 200 });
  const kept = await engine.db.selectFrom('live_session').select('consent_version').execute();
  // With the language in which it was read.
  expect(kept).toEqual([{ consent_version: `${version}.de` }]);
});

test.each(Object.entries(links))('a link of the kind %s says what the settings do', async (kind, make) => {
  const { organizations, organization } = engine;
  const describe = async () => {
    const link = { kind, token: await make(), ...(kind === 'flow' && { test: true }) };
    const reply = await app.inject({ method: 'POST', url: '/api/live/describe', payload: { link } });
    const { version, text, retention } = reply.json().consent;
    return {
      version,
      said: `${text.en.join(' ')} ${retention.en}`,
      gesagt: `${text.de.join(' ')} ${retention.de}`,
    };
  };
  const before = await describe();
  expect(before.said).toContain('365 days');
  await organizations.setRetention(organization, { verificationDays: 30 }, operator);
  const live = { en: 'Our {organization} asks.', de: 'Unsere {organization} bittet.' };
  await organizations.publishConsentText(organization, { live, contact: 'desk 3', apart: false }, operator);
  const after = await describe();
  expect(after.said).toMatch(/^.*Our Acme asks\. .*Contact for data protection: desk 3.* 30 days/);
  expect(after.gesagt).toMatch(/^.*Unsere Acme bittet\. .*Kontakt für den Datenschutz: desk 3.* 30 Tage/);
  expect(after.said).not.toContain('result is kept for 365 days');
  expect(after.version).not.toBe(before.version);
});
