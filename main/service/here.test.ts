import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findHere, readAuthority } from './here.ts';

let data: string;
let server: Server | undefined;
let reply: [number, unknown];
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-here-'));
  server = createServer((_, answer) => answer.writeHead(reply[0]).end(JSON.stringify(reply[1])));
  await new Promise<void>((resolve) => server!.listen(join(data, 'control.sock'), resolve));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(data, { recursive: true, force: true });
});

const known = new Set(['gatehouse.home.arpa']);
const find = () =>
  findHere(data, {
    resolveName: async (name) => {
      if (!known.has(name)) throw new Error('ENOTFOUND');
    },
  })();
const ready = (url: string, hostName?: string): [number, unknown] => [
  200,
  {
    ready: true,
    service: { url, settings: hostName === undefined ? {} : { hostName: JSON.stringify(hostName) } },
  },
];

test.each([
  ['http://127.0.0.1:7300', undefined, 'http://localhost:7300'],
  ['https://0.0.0.0:7300', undefined, 'https://localhost:7300'],
  ['https://[::]:7300', undefined, 'https://localhost:7300'],
  ['https://192.168.1.17:443', undefined, 'https://192.168.1.17'],
  ['https://127.0.0.1:7300', 'gatehouse.home.arpa', 'https://gatehouse.home.arpa:7300'],
  ['https://0.0.0.0:7300', 'unknown.home.arpa', 'https://localhost:7300'],
])(
  'a service at %s with the host name %s is opened at %s, where passkeys work if they can',
  async (url, name, at) => {
    reply = ready(url, name);
    expect(await find()).toEqual({ is: 'ready', url: at });
  },
);

test.each([
  [[200, { ready: false, reason: 'The disk is full.' }], { is: 'waiting', why: 'The disk is full.' }],
  [[200, { ready: true }], { is: 'waiting', why: 'The service is starting.' }],
  [[503, { code: 'SEALED', error: 'sealed' }], { is: 'sealed' }],
  [[500, { code: 'INTERNAL', error: 'It broke.' }], { is: 'unreached', why: 'It broke.' }],
  [[200, { ready: 'yes' }], { is: 'unreached', why: expect.stringContaining('different versions') }],
  [[404, 'nothing'], { is: 'unreached', why: expect.stringContaining('is not a Gatehouse') }],
] as [[number, unknown], unknown][])('an answer %j', async (answer, found) => {
  reply = answer;
  expect(await find()).toEqual(found);
});

test('without a service one may be started', async () => {
  await new Promise((resolve) => server!.close(resolve));
  expect(await find()).toEqual({ is: 'none', why: expect.stringContaining('No service runs') });
});

test('a box without a certificate of its own has no authority', () => {
  expect(readAuthority(data)).toBe(undefined);
});
