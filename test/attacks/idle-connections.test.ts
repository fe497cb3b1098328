import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileLimit } from '../../service/server/listening.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { fullSize } from './size.ts';

const OPEN_FILES = 512;
/** Fewer where this process itself may not have as many. */
const ATTACKERS = Math.min(fullSize ? 3_000 : 1_000, openFileLimit() - 500);
const BATCH = 100;

let cli: Cli;
let key: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  cli = createCli(undefined, { openFiles: OPEN_FILES });
  key = (await cli.json<{ keys: { test: string } }>('init', '--org', 'Museum')).keys.test;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await cli.clean();
});

/** From ten addresses where the system has as many; they say nothing, half a head, one whole request, or half a body. */
async function attack(port: number): Promise<void> {
  for (let first = 0; first < ATTACKERS; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, ATTACKERS - first) }, (_, i) => {
      const number = first + i;
      const from = process.platform === 'linux' ? `127.0.0.${2 + (number % 10)}` : '127.0.0.1';
      const socket = connect({ port, host: '127.0.0.1', localAddress: from });
      socket.on('error', () => {});
      sockets.push(socket);
      const said = [
        '',
        'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ',
        'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
        `POST /api/kiosk/challenge HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{`,
      ];
      return new Promise<void>((resolve) => {
        socket.once('connect', () => socket.write(said[number % 4]!, () => resolve()));
        socket.once('close', () => resolve());
      });
    });
    await Promise.all(batch);
  }
}

/** An answer on a connection of its own. */
async function ask({ url }: Service, path: string, body?: object, agent: Agent | false = false) {
  const outgoing = request(`${url}${path}`, {
    method: body ? 'POST' : 'GET',
    agent,
    headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
  });
  outgoing.end(body && JSON.stringify(body));
  const [answer] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode as number, body: JSON.parse(text) };
}

test(`${ATTACKERS} connections that send nothing or half a request change nothing for others, nor for the operator`, async () => {
  const service = await cli.serve('--log-level', 'warn');
  const image = (await portrait('ada')).toString('base64');
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await ask(service, '/api/enroll', { image, email: 'ada@example.com' }, kept)).toMatchObject({
    status: 200,
  });

  await attack(Number(new URL(service.url).port));

  const again = (await portrait('ada', 60)).toString('base64');
  const verified = { status: 200, body: { verified: true, email: 'ada@example.com' } };
  expect(await ask(service, '/api/verify', { image: again }, kept)).toMatchObject(verified);
  expect(await ask(service, '/api/verify', { image: again })).toMatchObject(verified);
  for (let i = 0; i < 20; i++) expect((await ask(service, '/health')).status).toBe(200);
  expect(await cli.json('key', 'list')).toMatchObject({ items: expect.any(Array) });
  if (process.platform === 'linux') {
    // Half of them are kept for databases, webhooks and the control socket.
    expect(readdirSync(`/proc/${service.child.pid}/fd`).length).toBeLessThan(OPEN_FILES / 2 + 128);
  }
  kept.destroy();
  const { code, stderr } = await service.end();
  expect(code).toBe(0);
  expect(stderr).toContain('a limit of connections is reached');
});

test('a service that may open too few files says what to do and does not start', async () => {
  await cli.clean();
  cli = createCli(undefined, { openFiles: 150 });
  await cli.json('init', '--org', 'Museum');
  const { code, stderr } = await cli.run('serve', '--port', '0');
  expect(code).not.toBe(0);
  expect(stderr).toContain('This process may open only 150 files and connections');
});
