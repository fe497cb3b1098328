import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PresenceServer, startPresenceServer } from '../support/presence-server.ts';
import { missing, openChromium, why } from './chromium.ts';

// `@gatehouse/sdk/proof` as it is published, in a page of another origin than the appliance.

const root = join(import.meta.dirname, '../..');
let folder: string;
let served: PresenceServer;
let browser: Browser;
const pages = createServer((request, response) => {
  const name = /^\/([\w-]+\.js)$/.exec(request.url ?? '')?.[1];
  response.setHeader('content-type', name ? 'text/javascript' : 'text/html');
  response.end(name ? readFileSync(join(folder, 'dist/esm', name)) : '<!doctype html><title>page</title>');
});
let origin: string;

beforeAll(async () => {
  if (missing) return;
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-proof-page-'));
  const built = spawnSync(process.execPath, [join(root, 'sdk/gatehouse/build.mjs'), folder]);
  if (built.status !== 0) throw new Error(`the build failed: ${built.stderr}`);
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  served = await startPresenceServer();
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.stop();
  pages.closeAllConnections();
  pages.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** As text: Vitest rewrites an `import()` of a module of its own. */
const program = `async ({ orgId, ...options }) => {
  const { ProofClient, ProofError } = await import('/proof.js');
  const client = new ProofClient(options);
  const order = { orgId, purpose: 'Authorize production deployment', nonce: 'of this request' };
  const session = await client.createPresenceSession(order, { idempotencyKey: 'once' });
  console.log('Ask the human to visit:', session.verifyUrl);
  await client.waitForPresence(session.sessionId, { intervalMs: 100 });
  const { token } = await client.getPresenceToken(session.sessionId);
  const claims = await client.verifyPresenceToken({ token, expectedNonce: order.nonce });
  const refused = await client.createPresenceSession({ ...order, orgId: 'org_2' }).catch((error) => error);
  const picture = await client.verify({ image: 'AAAA' }).catch((error) => error);
  return {
    claims: [claims.valid, claims.sub],
    refused: [refused instanceof ProofError, refused.status, refused.code],
    picture: picture.code,
  };
}`;

test.skipIf(missing)(`a page asks for a person and gets the token${why}`, { timeout: 120_000 }, async () => {
  const scopes = ['presence' as const, 'identity' as const];
  const apiKey = await served.newKey({ scopes, origins: [origin] });
  const page = await (await browser.newContext()).newPage();
  page.on('console', (message) => {
    const [, url] = /visit: (\S+)/.exec(message.text()) ?? [];
    if (url) void served.recognize(url);
  });
  await page.goto(origin);
  const given = { baseUrl: served.base, apiKey, orgId: served.engine.organization };
  const found = await page.evaluate(`(${program})(${JSON.stringify(given)})`);
  expect(found).toEqual({
    claims: [true, 'alice@example.com'],
    refused: [true, 403, 'ORGANIZATION_MISMATCH'],
    picture: expect.stringMatching(/^(IMAGE|FACE)_/),
  });
});
