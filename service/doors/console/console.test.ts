import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPages } from '../../http/pages/built-pages.ts';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createConsoleDoor } from './index.ts';

let folder: string;
let app: ReturnType<typeof createServer>;
let url: string;
let made = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-console-'));
  app = createServer({ ids: createIds(systemClock), log: silentLog });
  await app.register(
    createConsoleDoor({ pages: createPages(join(folder, 'renderer')), nonce: () => `nonce${++made}` }),
  );
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

const script = `export const text = ${JSON.stringify('word '.repeat(1000))};`;

async function build(): Promise<void> {
  const at = (...path: string[]) => join(folder, 'renderer', ...path);
  await mkdir(at('console'), { recursive: true });
  await mkdir(at('assets'));
  await writeFile(at('console/index.html'), '<html><meta name="csp-nonce" content="__NONCE__"></html>');
  await writeFile(at('assets/console-abc.js'), script);
  await writeFile(at('assets/inter-abc.woff2'), Buffer.alloc(4000, 7));
  await writeFile(join(folder, 'secret.js'), 'secret');
}

/** `fetch` would resolve the dots of a path by itself. */
const statusOf = (path: string): Promise<[number | undefined, string]> =>
  new Promise((resolve, reject) => {
    request(`${url}/`, { path }, async (answer) => {
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += chunk;
      resolve([answer.statusCode, text]);
    })
      .on('error', reject)
      .end();
  });

test('serves the page at every address below it, each time with another nonce in page and policy', async () => {
  await build();
  const nonces: string[] = [];
  for (const path of ['/console', '/console/', '/console/people/sub_1?env=test']) {
    const answer = await fetch(url + path);
    const [, nonce = ''] = /content="(\w+)"/.exec(await answer.text()) ?? [];
    nonces.push(nonce);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect([
      answer.status,
      answer.headers.get('cache-control'),
      answer.headers.get('x-frame-options'),
    ]).toEqual([200, 'no-store', 'DENY']);
  }
  expect(new Set(nonces).size).toBe(3);
});

test('assets are kept for ever, have an ETag, and are compressed where that is worth it', async () => {
  await build();
  const answer = await fetch(`${url}/assets/console-abc.js`, { headers: { 'accept-encoding': 'br' } });
  expect(await answer.text()).toBe(script);
  expect([
    answer.headers.get('content-encoding'),
    answer.headers.get('content-type'),
    answer.headers.get('cache-control'),
  ]).toEqual(['br', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable']);
  const etag = answer.headers.get('etag') ?? '';
  const again = await fetch(`${url}/assets/console-abc.js`, { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
  const font = await fetch(`${url}/assets/inter-abc.woff2`);
  expect([font.headers.get('content-type'), font.headers.get('content-encoding')]).toEqual([
    'font/woff2',
    null,
  ]);
});

test.each([
  '/assets/../secret.js',
  '/assets/..%2Fsecret.js',
  '/assets/%2e%2e/secret.js',
  '/assets/..%5csecret.js',
  '/assets/....//secret.js',
  '/assets/console/index.html',
  '/assets/',
  '/assets/%00',
])('%s is nothing', async (path) => {
  await build();
  const [status, text] = await statusOf(path);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(text).not.toContain('secret');
});

test('not built, it says how to build it; built since, it is there without a restart', async () => {
  const answer = await fetch(`${url}/console/`);
  expect([answer.status, await answer.text()]).toEqual([
    503,
    expect.stringContaining('npm run build:renderer'),
  ]);
  expect((await fetch(`${url}/assets/console-abc.js`)).status).toBe(404);
  await build();
  expect((await fetch(`${url}/console/`)).status).toBe(200);
});
