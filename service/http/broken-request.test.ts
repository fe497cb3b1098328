import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { certificate, certificateKey } from '../../test/support/certificate.ts';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import { createServer, type ServerDeps } from './server.ts';
import { createStructuredLog } from './structured-log.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function start(more: Partial<ServerDeps> = {}) {
  const lines: string[] = [];
  const log = createStructuredLog({ clock: systemClock, level: 'warn', write: (line) => lines.push(line) });
  const app = createServer({ log, ids: createIds(systemClock), ...more });
  running.push(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const send = async (bytes: string) => {
    const socket = connect(port, '127.0.0.1');
    let got = '';
    socket.on('data', (chunk: Buffer) => {
      got += chunk;
    });
    socket.on('error', () => {});
    socket.write(bytes, 'latin1');
    await once(socket, 'close');
    return got;
  };
  return { send, logged: () => lines.map((line) => JSON.parse(line).msg as string) };
}

const head = 'POST / HTTP/1.1\r\nHost: localhost\r\n';

test.each([
  [
    'the PROXY protocol',
    'PROXY TCP4 10.0.0.1 10.0.0.2 1234 80\r\nGET / HTTP/1.1\r\n\r\n',
    'without send-proxy',
  ],
  [
    'its second version',
    '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\x04\xd2\0\x50GET',
    'without send-proxy',
  ],
  [
    'TLS on a plain port',
    `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${'\0'.repeat(100)}`,
    'port of plain HTTP',
  ],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'speak HTTP/1.1'],
  ['two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 'Content-Length is there twice'],
  ['length and chunks', `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n`, 'Content-Length'],
  ['a broken chunk', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 'not in the chunks'],
])('of %s the answer and the log say what to set', async (_what, bytes, says) => {
  const { send, logged } = await start();
  expect(await send(bytes)).toMatch(new RegExp(`^HTTP/1.1 400 .*${says}`, 's'));
  await send(bytes);
  expect(logged()).toEqual([expect.stringContaining(says)]);
});

test('plain HTTP on a port of HTTPS is in the log, since no answer would be read', async () => {
  const { send, logged } = await start({ tls: { cert: certificate, key: certificateKey } });
  await send('GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(logged()).toEqual([expect.stringContaining('Plain HTTP was sent to a port of HTTPS')]);
});

test('what is no known setting is said to be no request, and not logged', async () => {
  const { send, logged } = await start();
  expect(await send('SSH-2.0-OpenSSH_9.2\r\n')).toContain('This is not a valid HTTP request.');
  expect(logged()).toEqual([]);
});
