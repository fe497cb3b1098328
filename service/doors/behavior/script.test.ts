import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPages } from '../../http/pages/built-pages.ts';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createScriptDoor } from './script.ts';

let folder: string;
let app: ReturnType<typeof createServer>;
const url = '/sdk/gatehouse.js';
const code = `(function(){${'let n=0;'.repeat(400)}})();`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-script-'));
  app = createServer({ ids: createIds(systemClock), log: silentLog });
  await app.register(createScriptDoor({ pages: createPages(folder) }));
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

test('not built, the refusal says what builds it', async () => {
  const reply = await app.inject({ url });
  expect([reply.statusCode, reply.json()]).toEqual([
    404,
    expect.objectContaining({ code: 'NOT_FOUND', error: expect.stringContaining('build:renderer') }),
  ]);
});

test('pages of every origin load it, keep it for ten minutes, and ask by its ETag', async () => {
  for (const name of ['console', 'assets', 'sdk']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'console/index.html'), '<html></html>');
  await writeFile(join(folder, 'sdk/gatehouse.js'), code);
  const headers = { origin: 'https://shop.example.com', 'accept-encoding': 'gzip' };
  const reply = await app.inject({ url, headers });
  expect([reply.statusCode, reply.headers]).toEqual([
    200,
    expect.objectContaining({
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=600',
      'content-encoding': 'gzip',
      'content-type': 'text/javascript; charset=utf-8',
      'cross-origin-resource-policy': 'cross-origin',
    }),
  ]);
  expect(reply.headers['set-cookie']).toBeUndefined();
  expect((await app.inject({ url })).body).toBe(code);
  const again = await app.inject({ url, headers: { 'if-none-match': String(reply.headers.etag) } });
  expect([again.statusCode, again.body]).toEqual([304, '']);
});
