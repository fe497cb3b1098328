import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProofClient } from '../../sdk/gatehouse/src/proof.ts';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { createOwnHosts } from '../../service/http/listening/own-hosts.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { portrait } from '../cli/portraits.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openEventsOut } from '../support/events-out.ts';
import { analysisOf, direction } from '../support/faces.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { operatorParts } from '../support/operator-parts.ts';
import { button } from './capture-states.ts';
import { missing, openChromium, why } from './chromium.ts';

// From a program to a person at the page and back, through every door: only the nets and the steps of the challenge are scripted (each
// frame is a picture of Alice and completes a step).

const email = 'alice@example.com';
const face = direction('alice');
let engine: Engine;
let app: Awaited<ReturnType<typeof createPublicServer>>;
let client: ProofClient;
/** One for each camera: frames that were seen in an earlier session are refused. */
const browsers: Record<string, Browser> = {};
let folder: string;

beforeAll(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-presence-'));
  for (const name of ['ada', 'bea'] as const) {
    const video = join(folder, `${name}.y4m`);
    await writeFakeCamera(video, await portrait(name));
    browsers[name] = await openChromium({ camera: video });
  }
  engine = await startEngine();
  const realm = { organization: engine.organization, world: 'test' } as const;
  let seen = 0;
  engine.analyzer.analyze = async () =>
    analysisOf(`frame ${++seen}`, { embeddings: { 'a-net': face }, live: 0.99 });
  await engine.checks.enroll({ ...realm, picture: new Uint8Array([1]), email, actor: operator });
  const access = createAccess({ ...engine, log: silentLog });
  app = await createPublicServer(
    {
      ...engine,
      ...(await openEventsOut(engine)),
      ...operatorParts,
      access,
      log: silentLog,
      metrics: createMetrics({ processMetrics: false }),
    },
    { trustedProxies: [], hosts: createOwnHosts({ listen: '127.0.0.1', allowed: [] }) },
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  const serviceToken = (await access.createKey({ ...realm, scopes: ['presence'] }, operator)).key;
  const baseUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  client = new ProofClient({ baseUrl, serviceToken });
});
afterAll(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  await app?.close();
  await engine?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** A session, and its page with the consent in front. */
async function open(camera: string, viewport = { width: 390, height: 844 }) {
  const session = await client.createPresenceSession({
    orgId: engine.organization,
    purpose: 'Authorize production deployment',
    email,
    nonce: '8f3a',
  });
  const context = await browsers[camera]!.newContext({ viewport, locale: 'en-GB', permissions: ['camera'] });
  const page = await context.newPage();
  await page.goto(session.verifyUrl);
  await page.getByText('Authorize production deployment').first().waitFor({ timeout: 15_000 });
  return { session, page };
}
const end = (page: Page) => page.context().close();

test.skipIf(missing).each([
  ['phone', 'ada', { width: 390, height: 844 }],
  ['desktop', 'bea', { width: 1280, height: 800 }],
])(
  `on a %s a person opens the link, is recognized, and the program gets the token${why}`,
  { timeout: 120_000 },
  async (_name, camera, viewport) => {
    const { session, page } = await open(camera, viewport);
    expect((await client.getPresenceSession(session.sessionId)).status).toBe('PENDING');
    await button(page, 'I agree, start');
    const verified = await client.waitForPresence(session.sessionId, {
      intervalMs: 1_000,
      timeoutMs: 20_000,
    });
    expect(verified).toMatchObject({ status: 'VERIFIED', verifiedEmail: email });
    const { token } = await client.getPresenceToken(session.sessionId);
    expect(await client.verifyPresenceToken({ token, expectedNonce: '8f3a' })).toMatchObject({
      valid: true,
      sub: email,
      purpose: 'Authorize production deployment',
    });
    await page.getByRole('heading', { level: 1, name: 'It is you' }).waitFor({ timeout: 15_000 });
    expect(await page.content()).not.toMatch(/0\.9|score/i);
    const second = await page.context().newPage();
    await second.goto(session.verifyUrl);
    await second.getByRole('heading', { level: 1 }).waitFor({ timeout: 15_000 });
    expect(await second.getByRole('button', { name: 'I agree, start' }).count()).toBe(0);
    await end(page);
  },
);

test.skipIf(missing)(`the same frames again are no proof${why}`, { timeout: 120_000 }, async () => {
  const { session, page } = await open('ada');
  await button(page, 'I agree, start');
  const again = { level: 1, name: 'We could not confirm it is you yet' };
  await page.getByRole('heading', again).waitFor({ timeout: 30_000 });
  expect((await client.getPresenceSession(session.sessionId)).status).toBe('PENDING');
  await end(page);
});

test.skipIf(missing)(`a person who does not agree ends it${why}`, { timeout: 120_000 }, async () => {
  const { session, page } = await open('ada');
  await button(page, 'Use another way');
  await button(page, 'End it here');
  const waiting = client.waitForPresence(session.sessionId, { intervalMs: 1_000, timeoutMs: 20_000 });
  await expect(waiting).rejects.toMatchObject({ code: 'PRESENCE_CANCELLED', reason: 'declined' });
  await end(page);
});
