import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPages } from '../../http/pages/built-pages.ts';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createCapturePageDoor, type PageLink } from './index.ts';

let folder: string;
let app: ReturnType<typeof createServer>;
const asked: PageLink[] = [];
let answer: () => Promise<string[] | undefined> = async () => [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-capture-page-'));
  app = createServer({ ids: createIds(systemClock), log: silentLog });
  await app.register(
    createCapturePageDoor({
      pages: createPages(folder),
      originsOf: (place) => {
        asked.push(place);
        return answer();
      },
      log: silentLog,
    }),
  );
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

const open = async (url: string) => {
  asked.length = 0;
  const reply = await app.inject({ url });
  return { reply, policy: String(reply.headers['content-security-policy']), asked: asked[0] };
};

test('not built, it says who can build it', async () => {
  const { reply } = await open('/verify');
  expect([reply.statusCode, reply.body]).toEqual([503, expect.stringContaining('build:renderer')]);
  await mkdir(join(folder, 'capture'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'capture/index.html'), '<html>the page</html>');
});

test.each([
  ['/verify', undefined],
  ['/verify?client=sess_01', { session: 'sess_01' }],
  ['/verify/h/abc', { kind: 'handover', token: 'abc' }],
  ['/verify-presence/abc', { kind: 'presence', token: 'abc' }],
  ['/hosted/v/abc', { kind: 'hosted', token: 'abc' }],
  ['/hosted/f/visitors?mode=test', { kind: 'flow', token: 'visitors' }],
  ['/invite/abc', { kind: 'registration', token: 'abc' }],
])('%s is the page, closed to frames and openers', async (url, place) => {
  answer = async () => [];
  const { reply, policy, asked } = await open(url);
  expect([reply.statusCode, reply.body, asked]).toEqual([200, '<html>the page</html>', place]);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toMatch(/unsafe|blob:|\*/);
  expect(reply.headers).toMatchObject({
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
});

test('the origins of the session may frame it, and get the result as its opener', async () => {
  answer = async () => ['https://shop.example.com', 'http://127.0.0.1:8080', 'http://[::1]:9'];
  const { reply, policy } = await open('/verify?client=sess_01');
  expect(policy).toMatch(
    /frame-ancestors https:\/\/shop\.example\.com http:\/\/127\.0\.0\.1:8080 http:\/\/\[::1\]:9$/,
  );
  expect(reply.headers['x-frame-options']).toBeUndefined();
  expect(reply.headers['cross-origin-opener-policy']).toBe('unsafe-none');
});

test.each([
  '*',
  'https://*.example.com',
  "https://a.example; script-src 'unsafe-inline'",
  'https://a.example/path',
  'https://a.example\r\nset-cookie: a=b',
  'data:',
  'null',
])('%j is no origin and does not get into the policy', async (origin) => {
  answer = async () => [origin];
  const { policy } = await open('/verify?client=sess_01');
  expect(policy).toMatch(/; frame-ancestors 'none'$/);
});

test('a link that is not there is the page with 404, closed to frames', async () => {
  answer = async () => undefined;
  const { reply, policy } = await open('/hosted/v/nope');
  expect([reply.statusCode, reply.body]).toEqual([404, '<html>the page</html>']);
  expect(policy).toContain("frame-ancestors 'none'");
});

test('where the origins cannot be read, the page opens and no frame is allowed', async () => {
  answer = async () => {
    throw new Error('the database is gone');
  };
  const { reply, policy } = await open('/invite/abc');
  expect([reply.statusCode, policy]).toEqual([200, expect.stringContaining("frame-ancestors 'none'")]);
});

test('a name that is too long is asked of no store', async () => {
  expect((await open(`/verify?client=${'x'.repeat(500)}`)).asked).toBeUndefined();
  expect((await open('/verify?client=a&client=b')).asked).toBeUndefined();
});
