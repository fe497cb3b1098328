import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import multipart from '@fastify/multipart';
import { afterEach, expect, test } from 'vitest';
import { recordedAccess, recordedKeys } from '../../../test/support/recorded-access.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createServer } from '../server.ts';
import { type BodyPace, createBodyPace, REFUSED_PICTURE_BYTES } from './body-pace.ts';
import { readForm } from './form-body.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

/** A listening server that reads on only when `gate` opens, and the bytes counted for each key. */
async function start(given?: BodyPace) {
  const gate = Promise.withResolvers<void>();
  const counted = new Map<string, number>();
  let handled = 0;
  const app = createServer({
    access: recordedAccess(),
    log: silentLog,
    ids: createIds(systemClock),
    connections: { limits: { total: 100, perAddress: 100 }, sourceOf: () => NETWORK },
    pace: given ?? {
      took(who, bytes) {
        counted.set(who, (counted.get(who) ?? 0) + bytes);
        return bytes > 0 ? gate.promise : undefined;
      },
      charge: (who, bytes) => void counted.set(who, (counted.get(who) ?? 0) + bytes),
    },
  });
  app.post('/keyed', { config: { access: 'identity' } }, async () => ({ handled: ++handled }));
  app.post('/picture', { config: { access: 'identity' } }, async () => {
    throw new Problem('IMAGE_TOO_LARGE', 'Too many scans.');
  });
  app.post('/face', { config: { access: 'identity' } }, async () => {
    throw new Problem('FACE_NOT_FOUND', 'No face.');
  });
  await app.register(multipart, { throwFileSizeLimit: false });
  app.post('/form', { config: { access: 'identity' } }, async (request) => [
    ...(await readForm(request, formLimits)).keys(),
  ]);
  running.push(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  function send(path: string, body: string, headers: Record<string, string> = {}) {
    const call = httpRequest({ host: '127.0.0.1', port, path, method: 'POST', headers });
    call.on('error', () => {});
    call.end(body);
    return once(call, 'response').then(async ([response]) => ({
      status: response.statusCode as number,
      body: await text(response),
    }));
  }
  return { send, gate, counted, handled: () => handled };
}

const formLimits = { total: 1024 * 1024, file: 1024 * 1024, files: 1, text: 100, texts: 1 };

/** What every caller counts as. */
const NETWORK = 'a network';
/** Whose recorded key it is. */
const KEY = 'key_live';
const json = { 'content-type': 'application/json' };
/** More than a connection holds on its way, so that a reader that waits is seen to wait. */
const large = 'x'.repeat(900 * 1024);

test('a body in JSON is read at the pace of its key, and is not handled before', async () => {
  const { send, gate, counted, handled } = await start();
  const body = JSON.stringify({ large });
  const answer = send('/keyed', body, { ...json, 'x-api-key': recordedKeys.live });
  await expect.poll(() => counted.get(KEY)).toBeGreaterThan(0);
  expect(counted.get(KEY)).toBeLessThan(body.length);
  expect(handled()).toBe(0);
  gate.resolve();
  expect(await answer).toEqual({ status: 200, body: '{"handled":1}' });
  expect([...counted]).toEqual([[KEY, body.length]]);
});

test.each([
  ['of a caller without a key', NETWORK, {}],
  ['of a key', KEY, { 'x-api-key': recordedKeys.live }],
])('the rest of a refused body %s is read at the pace of the sender', async (_, who, headers) => {
  const { send, gate, counted } = await start();
  const answer = send('/keyed', large, { 'content-type': 'text/plain', ...headers });
  await expect.poll(() => counted.get(who)).toBeGreaterThan(0);
  expect(counted.get(who)).toBeLessThan(large.length);
  gate.resolve();
  expect((await answer).status).toBe(who === NETWORK ? 401 : 415);
  await expect.poll(() => counted.get(who)).toBe(large.length);
  expect([...counted.keys()]).toEqual([who]);
});

test('a picture refused before faces are searched counts for its key as two MiB, another refusal as nothing', async () => {
  const { send, gate, counted } = await start();
  gate.resolve();
  const headers = { ...json, 'x-api-key': recordedKeys.live };
  expect((await send('/face', '{}', headers)).status).toBe(422);
  await expect.poll(() => counted.get(KEY)).toBe(2);
  expect((await send('/picture', '{}', headers)).status).toBe(413);
  await expect.poll(() => counted.get(KEY)).toBe(4 + REFUSED_PICTURE_BYTES);
});

test('the bytes of a form count for its key', async () => {
  const { send, counted } = await start();
  const form = '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n';
  const answer = await send('/form', form, {
    'content-type': 'multipart/form-data; boundary=b',
    'x-api-key': recordedKeys.live,
  });
  expect(answer).toEqual({ status: 200, body: '["a"]' });
  expect([...counted]).toEqual([[KEY, form.length]]);
});

test('the rest of a form that is refused is read at the pace of its key, and not parsed', async () => {
  const { send, gate, counted } = await start();
  const field = '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n';
  const form = field.repeat(900 * 16);
  const answer = send('/form', form, {
    'content-type': 'multipart/form-data; boundary=b',
    'x-api-key': recordedKeys.live,
  });
  expect((await answer).status).toBe(413);
  expect(counted.get(KEY)).toBeLessThan(form.length);
  gate.resolve();
  await expect.poll(() => counted.get(KEY)).toBe(form.length);
});

test('a key ahead of its pace waits before a body is read', async () => {
  const waits: number[] = [];
  const gate = Promise.withResolvers<void>();
  const pace = createBodyPace({
    perSecond: 1_000,
    burst: 0,
    elapsed: () => 0,
    wait: (milliseconds) => {
      waits.push(milliseconds);
      return gate.promise;
    },
  });
  const { send, handled } = await start(pace);
  pace.charge(KEY, 2_000);
  const answer = send('/keyed', '{}', { ...json, 'x-api-key': recordedKeys.live });
  await expect.poll(() => waits).toEqual([2_000]);
  expect(handled()).toBe(0);
  gate.resolve();
  expect((await answer).status).toBe(200);
});
