import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { createOwnHosts } from '../../service/http/listening/own-hosts.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openEventsOut } from '../support/events-out.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { operatorParts } from '../support/operator-parts.ts';

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);
if (!browserPath)
  console.warn('page-of-another-origin: no Chromium here; the page of docs/BROWSER.md is not tried');

let engine: Engine;
let access: ReturnType<typeof createAccess>;
let app: Awaited<ReturnType<typeof createPublicServer>>;
let browser: Browser;
let html = '';
const site = createHttpServer((_, reply) => reply.setHeader('content-type', 'text/html').end(html));

const urlOf = (server: { address(): unknown }) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  if (!browserPath) return;
  engine = await startEngine();
  access = createAccess({ ...engine, log: silentLog });
  app = await createPublicServer(
    {
      ...engine,
      ...operatorParts,
      ...(await openEventsOut(engine)),
      access,
      metrics: createMetrics({ processMetrics: false }),
      log: silentLog,
    },
    { trustedProxies: [], hosts: createOwnHosts({ listen: '127.0.0.1', allowed: [] }) },
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  site.close();
  await app?.close();
  await access?.settled();
  await engine?.stop();
});

/** What the page of the document shows when a picture is chosen. */
async function shownBy(key: string, { path = '/api/verify', picture = 'ada' } = {}): Promise<string> {
  const [, page = ''] = /```html\n([\s\S]*?)```/.exec(readFileSync('docs/BROWSER.md', 'utf8')) ?? [];
  html = page
    .replace('http://127.0.0.1:7300', urlOf(app.server))
    .replace('gh_test_…', key)
    .replace('/api/verify', path);
  const tab = await browser.newPage();
  tab.setDefaultTimeout(100_000);
  try {
    await tab.goto(`${urlOf(site)}/verify.html`);
    const embeddings = { 'a-net': near(direction('ada'), 0.97, 'ada'), 'b-net': direction('ada b', 64) };
    engine.analyzer.show('ada', analysisOf('ada', { embeddings, live: 0.99 }));
    await tab
      .locator('#picture')
      .setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(picture) });
    await tab.waitForFunction("document.querySelector('#answer').textContent !== ''");
    return (await tab.locator('#answer').textContent()) ?? '';
  } finally {
    await tab.close();
  }
}

test.skipIf(!browserPath)('the page of docs/BROWSER.md verifies, and reads every refusal', async () => {
  const origins = [urlOf(site)];
  const wanted = { organization: engine.organization, world: 'test', scopes: ['identity:verify'] } as const;
  const newKey = async (change: object = {}) =>
    await access.createKey({ ...wanted, scopes: [...wanted.scopes], origins, ...change }, operator);
  const { key, id } = await newKey();
  expect(await shownBy(key)).toBe('verified: false');
  expect(await shownBy(key, { picture: 'noise' })).toMatch(/^400 IMAGE_UNREADABLE: /);
  expect(await shownBy(key, { path: '/api/verfy' })).toMatch(/^404 NOT_FOUND: /);
  expect(await shownBy(key, { path: '/api/enroll' })).toMatch(/^403 INSUFFICIENT_SCOPE: /);
  expect(await shownBy(key, { path: '/health' })).toMatch(/^405 METHOD_NOT_ALLOWED: /);
  const { key: elsewhere } = await newKey({ origins: ['https://shop.example'] });
  expect(await shownBy(elsewhere)).toMatch(/^403 ORIGIN_NOT_ALLOWED: /);
  await access.revokeKey(engine.organization, id, operator);
  expect(await shownBy(key)).toMatch(/^401 INVALID_API_KEY: /);
});
