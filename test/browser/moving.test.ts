import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { missingForTrust as absent, makeHome } from './browser-home.ts';
import { openChromium, watchPages } from './chromium.ts';

// MOVING-FROM-HUMANPASS.md: the sample for a page, word for word but for the address, the key and the click that the guide asks for, in a
// page of a shop, against a box with a certificate of its own.

const why = absent === undefined ? '' : `: ${absent}`;
const name = 'gatehouse.home.arpa';
const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/MOVING-FROM-HUMANPASS.md'), 'utf8');

let folder: string;
let cli: Cli;
let service: Service;
let box: string;
let shop: Server;
let origin: string;
let browser: Browser;
let sample = '';

beforeAll(async () => {
  if (absent) return;
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-moving-page-'));
  const built = spawnSync(process.execPath, [join(root, 'sdk/gatehouse/build.mjs'), folder], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`the build failed: ${built.stderr}`);
  const sdk = join(folder, 'dist/esm');
  shop = createServer((request, response) => {
    const script = /^\/([\w-]+\.js)$/.exec(request.url ?? '')?.[1];
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    response.end(script ? readFileSync(join(sdk, script)) : html());
  });
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  origin = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  cli = createCli();
  await cli.json('init', '--org', 'Harbour');
  service = await cli.serve('--host-name', name, '--log-level', 'error');
  box = `https://${name}:${new URL(service.url).port}`;
  const [, words = ''] = /^3\. .*?`gatehouse (key create [^`]+)`/m.exec(guide) ?? [];
  const { key } = await cli.json<{ key: string }>(
    ...words.replace('https://shop.example.com', origin).split(' '),
  );
  const [, code = ''] = /^```js\n([\s\S]*?)^```/m.exec(guide) ?? [];
  const [imports = '', ...rest] = code
    .replaceAll('https://gatehouse.example.lan:7443', box)
    .replace('sk_live_xxxx', key)
    .replace('@gatehouse/sdk/humanpass', './humanpass.js')
    .split('\n');
  sample = `${imports}\ndocument.querySelector('button').onclick = async () => {\n${rest.join('\n')}\n};`;
  copyFileSync(join(cli.data, 'tls/authority.pem'), join(folder, 'authority.pem'));
  browser = await openChromium({ home: await makeHome(folder, join(folder, 'authority.pem')), names: name });
}, 300_000);
afterAll(async () => {
  await browser?.close();
  shop?.closeAllConnections();
  shop?.close();
  await cli?.clean();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const html = () =>
  `<!doctype html><title>shop</title><button>Pay</button><script type="module">${sample}</script>`;

test.skipIf(absent)(
  `the sample opens the check of the box, whose certificate the browser trusts${why}`,
  { timeout: 120_000 },
  async () => {
    const context = await browser.newContext({ locale: 'en-GB' });
    const faults = await watchPages(context, [new URL(origin).host, new URL(box).host]);
    const page = await context.newPage();
    await page.goto(origin);
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('button', { name: 'Pay' }).click(),
    ]);
    await opened.getByRole('button', { name: 'I agree, start' }).waitFor();
    expect(opened.url()).toContain(`${box}/verify`);
    expect(faults).toEqual([]);
  },
);
