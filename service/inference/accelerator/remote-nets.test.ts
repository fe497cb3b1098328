import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type NetRequest, readMessages, sendMessage } from './messages.ts';
import { createRemoteNets } from './remote-nets.ts';

const LONG = 600_000;
const size = [2, 1] as const;

let folder: string;
let server: Server;
let path: string;
/** What the accelerator of the test does with a request. */
let answer: (request: NetRequest, socket: Socket) => void;
let silent: string[];
let remote: ReturnType<typeof createRemoteNets>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-remote-'));
  path = join(folder, 'socket');
  server = createServer((socket) => {
    readMessages<NetRequest>(socket, (request) => answer(request, socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  silent = [];
  remote = createRemoteNets((socket) => silent.push(socket));
  remote.move({ socket: path, nets: ['a', 'b'] });
});
afterEach(() => {
  remote.move(undefined);
  server.close();
  rmSync(folder, { recursive: true });
});

const ask = (net: string, input = new Float32Array(6), within = LONG) =>
  remote.ask(net, input, 1, size, within);

test('answers come back to those who asked, in any order, and inputs may change at once', async () => {
  const requests: [NetRequest, Socket][] = [];
  answer = (...request) => {
    requests.push(request);
    if (requests.length < 2) return;
    for (const [{ id, net, input }, socket] of requests.toReversed())
      sendMessage(socket, { id, outputs: { live: Float32Array.of(net, input[0]!, input.length) } });
  };
  // Longer than what is asked about: buffers are used again and again.
  const input = new Float32Array(100).fill(7);
  const first = ask('b', input);
  input.fill(8);
  const second = ask('a', input);
  input.fill(9);
  expect(await first).toEqual({ live: Float32Array.of(1, 7, 6) });
  expect(await second).toEqual({ live: Float32Array.of(0, 8, 6) });
});

test('messages larger than what a socket holds arrive whole', async () => {
  answer = ({ id, input }, socket) => sendMessage(socket, { id, outputs: { live: input } });
  const input = Float32Array.from({ length: 3 * 512 * 512 }, (_, i) => i);
  const both = await Promise.all([1, 2].map(() => remote.ask('a', input, 1, [512, 512], LONG)));
  for (const outputs of both) expect(outputs!.live).toEqual(input);
});

test('the worker runs a net itself that is not there, that failed, or that has no time left', async () => {
  answer = ({ id }, socket) => sendMessage(socket, { id });
  expect(await ask('c')).toBeUndefined();
  expect(await ask('a', undefined, 0)).toBeUndefined();
  expect(await ask('a')).toBeUndefined();
  expect(silent).toEqual([]);
});

test('when the accelerator ends, those who wait run their nets themselves, and later ones do not ask', async () => {
  answer = (_request, socket) => socket.destroy();
  expect(await Promise.all([ask('a'), ask('b')])).toEqual([undefined, undefined]);
  answer = () => expect.unreachable();
  expect(await ask('a')).toBeUndefined();
  expect(silent).toEqual([]);
});

test('an accelerator that is not there is as one that ended', async () => {
  remote.move({ socket: join(folder, 'nothing'), nets: ['a'] });
  expect(await ask('a')).toBeUndefined();
});

test('an accelerator that does not answer in time is reported', async () => {
  answer = () => undefined;
  expect(await ask('a', undefined, 1)).toBeUndefined();
  expect(silent).toEqual([path]);
});
