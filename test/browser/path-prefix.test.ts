import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missing, openChromium, why } from './chromium.ts';
import { type RunningBox, startBox } from './running-box.ts';

const PREFIX = '/gatehouse';
let box: RunningBox;
let browser: Browser;
let proxy: Server;
let origin: string;

/** As nginx with `location /gatehouse/ { proxy_pass http://box/; }`: the prefix is stripped, and the box does not learn of it. */
function createStrippingProxy(url: string): Server {
  return createServer((incoming, outgoing) => {
    const path = incoming.url ?? '';
    if (!path.startsWith(`${PREFIX}/`)) return outgoing.writeHead(404).end();
    const forwarded = request(url + path.slice(PREFIX.length), { headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    forwarded.end();
  });
}

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Museum');
  browser = await openChromium();
  proxy = createStrippingProxy(box.url);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  origin = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await browser?.close();
  proxy?.closeAllConnections();
  proxy?.close();
  await box?.stop();
});

test.skipIf(missing)(
  `a page under a path prefix says that it is not supported, and is not blank${why}`,
  async () => {
    const page = await browser.newPage();
    for (const path of ['/console/', '/console/people/sub_1', '/kiosk/']) {
      await page.goto(origin + PREFIX + path);
      await page.getByText('a path prefix is not supported').waitFor();
    }
  },
);

test.skipIf(missing)('at the root of a host name the same pages do not show it', async () => {
  const page = await browser.newPage();
  for (const path of ['/console/', '/kiosk/']) {
    await page.goto(box.url + path);
    await page.locator('h1, input').first().waitFor();
    expect(await page.getByText('a path prefix is not supported').count()).toBe(0);
  }
});
