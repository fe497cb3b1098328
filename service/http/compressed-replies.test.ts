import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compressReplies, encodingOf } from './compressed-replies.ts';

const text = 'Ada verifies. '.repeat(500);

let app: FastifyInstance;
beforeEach(async () => {
  app = Fastify();
  app.addHook('onRequest', async (_, reply) => void reply.headers({ 'cache-control': 'no-store' }));
  compressReplies(app);
  app.get('/large', async (_, reply) => reply.header('vary', 'origin').type('text/plain').send(text));
  app.get('/small', async (_, reply) => reply.type('text/plain').send('ok'));
  app.get('/absent', async (_, reply) => reply.code(404).send(text));
});
afterEach(() => app.close());

const ask = (headers: Record<string, string> = {}, url = '/large', method: 'GET' | 'HEAD' = 'GET') =>
  app.inject({ method, url, headers });

test('a large document is sent in the best encoding that the caller takes', async () => {
  const plain = await ask();
  expect([plain.body, plain.headers['content-encoding']]).toEqual([text, undefined]);
  const brotli = await ask({ 'accept-encoding': 'gzip, deflate, br' });
  expect(brotli.headers).toMatchObject({
    'content-encoding': 'br',
    'content-length': String(brotli.rawPayload.length),
    vary: 'origin, accept-encoding',
    etag: plain.headers.etag,
  });
  expect(brotliDecompressSync(brotli.rawPayload).toString()).toBe(text);
  const zipped = await ask({ 'accept-encoding': 'br;q=0, gzip' });
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(zipped.rawPayload).toString()).toBe(text);
  expect(zipped.rawPayload.length).toBeLessThan(text.length / 10);
});

test('a caller that has the document is answered 304 without it, whatever the encoding was', async () => {
  const { headers } = await ask({ 'accept-encoding': 'gzip' });
  expect(headers['cache-control']).toBe('no-cache');
  for (const known of [String(headers.etag), String(headers.etag).slice(2), `"x", ${headers.etag}`, '*']) {
    const answer = await ask({ 'accept-encoding': 'br', 'if-none-match': known });
    expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([304, '', headers.etag]);
    expect(answer.headers).not.toHaveProperty('content-encoding');
  }
  expect((await ask({ 'if-none-match': '"x"' })).statusCode).toBe(200);
});

test('a short reply and an error are sent as they are', async () => {
  const small = await ask({ 'accept-encoding': 'gzip' }, '/small');
  expect([small.body, small.headers['content-encoding']]).toEqual(['ok', undefined]);
  const absent = await ask({ 'accept-encoding': 'gzip' }, '/absent');
  expect([absent.statusCode, absent.body]).toEqual([404, text]);
  expect(absent.headers).not.toHaveProperty('etag');
  expect((await ask({ 'accept-encoding': 'gzip' }, '/large', 'HEAD')).body).toBe('');
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['GZIP;q=0.5', 'gzip'],
  ['br;q=0.000, gzip;q=0', undefined],
  ['deflate, gzip;q=1.0, br', 'br'],
])('of "%s" %s is chosen', (accepted, chosen) => {
  expect(encodingOf(accepted)).toBe(chosen);
});
