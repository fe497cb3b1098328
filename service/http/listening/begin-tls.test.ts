import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer as createListener } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificate, certificateKey } from '../../../test/support/certificate.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { paceHandshakes } from '../leaving/public-pace.ts';
import { createServer } from '../server.ts';

let app: ReturnType<typeof createServer>;
let port: number;
let warned: string[];
let asked: number;
/** Handshakes that wait. */
let turns: (() => void)[];
/** Handshakes that were counted beside those. */
let charged: [address: string, count: number][];
beforeEach(async () => {
  warned = [];
  asked = 0;
  turns = [];
  charged = [];
  app = createServer({
    handshakes: {
      ...paceHandshakes({
        elapsed: () => 0,
        wait: () => new Promise((resolve) => turns.push(resolve)),
      }),
      charge: (address, count) => void charged.push([address, count]),
    },
    ids: createIds(systemClock),
    connections: {
      limits: { total: 1000, perAddress: 1000 },
      sourceOf: (address) => address.replace('::ffff:', ''),
    },
    log: { debug() {}, info() {}, error() {}, warn: (_, text) => void warned.push(text) },
    tls: { cert: certificate, key: certificateKey },
    limits: { head: 300, body: 1_000_000 },
  });
  app.all('/*', async () => {
    asked += 1;
    return 'served';
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = app.server.address() as AddressInfo);
});
afterEach(() => app.close());

/** What is answered to these lines in plain text, up to the end of the connection. */
async function say(...lines: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  if (lines.length > 0) socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk) => (text += chunk));
  await once(socket, 'close');
  return text;
}

test('a browser gets a page in its language, with the address to go to; nothing is served', async () => {
  const link = ['GET /verify/abc?x=%22 HTTP/1.1', 'Host: box.local:7300', 'Accept: text/html,*/*;q=0.8'];
  const english = await say(...link);
  expect(english).toMatch(/^HTTP\/1\.1 400 /);
  expect(english).toContain('<html lang="en">');
  expect(english).toContain('href="https://box.local:7300/verify/abc?x=%22"');
  const german = await say(...link, 'Accept-Language: fr, de-DE;q=0.9, en;q=0.8');
  expect(german).toContain('<html lang="de">');
  expect(german).toContain('Diese Adresse beginnt mit https://');
  expect(asked).toBe(0);
  expect(warned).toEqual([expect.stringContaining('Plain HTTP was sent to a port of HTTPS')]);
});

test('a host or path that is none does not come into the page', async () => {
  for (const host of ['"><script>alert(1)</script>', 'a b', ''])
    expect(await say('GET / HTTP/1.1', `Host: ${host}`, 'Accept: text/html')).not.toMatch(/href|script/);
  const path = await say('GET /"><script> HTTP/1.1', 'Host: box.local', 'Accept: text/html');
  expect(path).not.toContain('<script>');
});

test('of one address 400 handshakes begin at once, and further ones in turn', async () => {
  // What a client sends first costs its sender nothing to send again.
  const recorder = createListener().listen(0, '127.0.0.1');
  await once(recorder, 'listening');
  const { port: at } = recorder.address() as AddressInfo;
  const coming = once(recorder, 'connection');
  const client = connectTls({ port: at, host: '127.0.0.1' }).on('error', () => {});
  const [seen] = await coming;
  const [hello] = await once(seen, 'data');
  for (const one of [client, seen, recorder]) 'destroy' in one ? one.destroy() : one.close();

  let answered = 0;
  let refused = 0;
  const flood = Array.from({ length: 534 }, () => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.9' });
    socket.on('error', () => {}).write(hello);
    socket.once('data', () => answered++);
    socket.once('close', () => socket.bytesRead === 0 && refused++);
    return socket;
  });
  // 128 wait, and six are refused.
  await expect.poll(() => [answered, refused]).toEqual([400, 6]);
  const other = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {});
  await once(other, 'secureConnect');
  for (const go of turns.splice(0)) go();
  await expect.poll(() => answered).toBe(528);
  for (const socket of [other, ...flood]) socket.destroy();
});

test.each([0, 200_000])(
  'a connection whose records carry next to nothing is closed, and counts as handshakes, also after %i bytes',
  async (before) => {
    const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {});
    await once(client, 'secureConnect');
    client.setNoDelay(true);
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n"',
    );
    if (before > 0) await new Promise<void>((resolve) => client.write('x'.repeat(before), () => resolve()));
    // A record each, of 23 bytes and more.
    while (!client.destroyed)
      await Promise.race([closed, new Promise<void>((resolve) => client.write('x', () => resolve()))]);
    await closed;
    expect(charged).toEqual([['127.0.0.1', expect.any(Number)]]);
    expect(charged[0]![1]).toBeGreaterThan(4);

    const other = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {});
    await once(other, 'secureConnect');
    const ended = once(other, 'close');
    const body = JSON.stringify('x'.repeat(900_000));
    other.write(
      `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    other.resume();
    await ended;
    expect([asked, charged.length]).toEqual([1, 1]);
  },
);

test('a program gets JSON', async () => {
  const answer = await say('POST /api/v1/verify HTTP/1.1', 'Host: box.local', 'Accept: */*');
  const [head, body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 400 /);
  expect(JSON.parse(body)).toMatchObject({
    code: 'INVALID_REQUEST',
    error: expect.stringContaining('https://'),
  });
});

test('TLS is served as before, and who says nothing is not waited for', async () => {
  const outgoing = httpsRequest({ port, host: '127.0.0.1', path: '/', rejectUnauthorized: false });
  outgoing.end();
  const [answer] = await once(outgoing, 'response');
  answer.resume();
  expect(answer.statusCode).toBe(200);
  expect(await say()).toBe('');
  expect(asked).toBe(1);
});
