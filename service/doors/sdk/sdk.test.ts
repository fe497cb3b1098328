import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPages } from '../../http/pages/built-pages.ts';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createSdkDoor } from './index.ts';

let folder: string;
let app: ReturnType<typeof createServer>;
const url = '/sdk/gatehouse.js';
const code = `(function(){${'let n=0;'.repeat(400)}})();`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-sdk-door-'));
  app = createServer({ ids: createIds(systemClock), log: silentLog });
  const clients = join(folder, 'clients');
  await app.register(createSdkDoor({ pages: createPages(folder), clients, version: '1.2.3' }));
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

const names = [
  'gatehouse-sdk-1.2.3.tgz',
  'gatehouse-mcp-1.2.3.tgz',
  'gatehouse-mcp-1.2.3.mjs',
  ...['proof', 'humanpass', 'huma'].flatMap((name) => [
    `gatehouse-${name}-1.2.3.js`,
    `gatehouse-${name}-1.2.3.d.ts`,
  ]),
];
const textOf = (name: string) => `${name} ${'x'.repeat(2_000)}`;

test('client libraries that are not built, or of another version, are refused with the command that builds them', async () => {
  await mkdir(join(folder, 'clients'), { recursive: true });
  await writeFile(join(folder, 'clients/gatehouse-sdk-1.2.2.tgz'), 'old');
  for (const path of ['/sdk/', `/sdk/${names[0]}`, '/sdk/gatehouse-sdk-1.2.2.tgz']) {
    const reply = await app.inject({ url: path });
    expect([reply.statusCode, reply.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'NOT_FOUND', error: expect.stringContaining('npm run build:sdk') }),
    ]);
  }
});

describe('built', () => {
  beforeAll(async () => {
    await mkdir(join(folder, 'clients'), { recursive: true });
    for (const name of names) await writeFile(join(folder, 'clients', name), textOf(name));
  });

  test('they are listed with their hashes, as JSON', async () => {
    const reply = await app.inject({ url: '/sdk/' });
    const { version, files } = reply.json<{ version: string; files: Record<string, unknown>[] }>();
    expect([version, files.map(({ name }) => name)]).toEqual(['1.2.3', names]);
    const digest = (algorithm: string) => createHash(algorithm).update(textOf(names[3]!));
    expect(files[3]).toEqual({
      name: 'gatehouse-proof-1.2.3.js',
      about: expect.any(String),
      url: '/sdk/gatehouse-proof-1.2.3.js',
      type: 'text/javascript; charset=utf-8',
      bytes: textOf(names[3]!).length,
      sha256: digest('sha256').digest('hex'),
      integrity: `sha384-${digest('sha384').digest('base64')}`,
    });
    expect(reply.headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'accept, accept-encoding' });
  });

  test('a browser gets a page with the lines to paste, for the address that it asked', async () => {
    for (const path of ['/sdk/', '/sdk']) {
      const reply = await app.inject({
        url: path,
        headers: { accept: 'text/html,*/*;q=0.8', host: 'box.lan' },
      });
      expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(reply.headers['content-security-policy']).toContain("default-src 'none'; style-src 'sha256-");
      expect(reply.body).toContain('<pre>npm install http://box.lan/sdk/gatehouse-sdk-1.2.3.tgz</pre>');
      expect(reply.body).toMatch(
        /&lt;script src=&quot;http:\/\/box\.lan\/sdk\/gatehouse-humanpass-1\.2\.3\.js&quot; integrity=&quot;sha384-[\w+/]{64}&quot; crossorigin/,
      );
      for (const name of names) expect(reply.body).toContain(`<a href="/sdk/${name}">`);
    }
  });

  test.each([
    [names[0]!, 'application/gzip', undefined],
    [names[2]!, 'text/javascript; charset=utf-8', 'gzip'],
    [names[3]!, 'text/javascript; charset=utf-8', 'gzip'],
    [names[4]!, 'text/plain; charset=utf-8', 'gzip'],
  ])('%s is served for ever, to pages of every origin', async (name, type, encoding) => {
    const headers = { origin: 'https://shop.example.com', 'accept-encoding': 'gzip' };
    const reply = await app.inject({ url: `/sdk/${name}`, headers });
    expect([reply.statusCode, reply.headers]).toEqual([
      200,
      expect.objectContaining({
        'access-control-allow-origin': '*',
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': type,
        'cross-origin-resource-policy': 'cross-origin',
        etag: expect.stringMatching(/^W\/"/),
      }),
    ]);
    expect(reply.headers['content-encoding']).toBe(encoding);
    expect((await app.inject({ url: `/sdk/${name}` })).body).toBe(textOf(name));
    const known = await app.inject({
      url: `/sdk/${name}`,
      headers: { 'if-none-match': String(reply.headers.etag) },
    });
    expect([known.statusCode, known.body]).toEqual([304, '']);
  });

  test('nothing else is served', async () => {
    await writeFile(join(folder, 'clients/licences.json'), '[]');
    for (const name of ['licences.json', '..%2Fconsole%2Findex.html', 'gatehouse-sdk-1.2.2.tgz']) {
      const reply = await app.inject({ url: `/sdk/${name}` });
      expect([reply.statusCode, reply.json<{ error: string }>().error]).toEqual([
        404,
        expect.stringContaining('/sdk/ lists what it does'),
      ]);
    }
  });
});
