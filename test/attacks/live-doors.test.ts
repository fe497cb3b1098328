import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { Agent, request, WebSocket } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LiveState } from '../../service/engine/live/index.ts';
import { createRandom } from '../accuracy/random.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { connectFrames, type FrameConnection, isState, type Received } from '../live/frame-connection.ts';
import { createPost } from '../live/live-door.ts';
import { progressiveJpeg } from '../support/progressive-jpeg.ts';
import { fullSize } from './size.ts';

// The doors of a real service with its real nets, for a client that has a session of its own and wants more.

const CONNECTIONS = fullSize ? 1_000 : 300;
/** Frames that are judged while so many connect. */
const HONEST = fullSize ? 20 : 5;
const FUZZED = fullSize ? 400 : 16;

let cli: Cli;
let service: Service;
let key: string;
let face: Buffer;
let post: ReturnType<typeof createPost>;

beforeAll(async () => {
  cli = createCli();
  const { organizationId } = await cli.json<{ organizationId: string }>('init', '--org', 'Harbour');
  await cli.json('limits', 'set', '--burst', '100000');
  key = (
    await cli.json<{ key: string }>(
      ...['key', 'create', '--org', organizationId, '--scopes', 'sessions', '--env', 'test'],
    )
  ).key;
  service = await cli.serve('--log-level', 'error');
  post = createPost(service.url);
  face = await sharp(await portrait('ada'))
    .resize(480, 480)
    .jpeg()
    .toBuffer();
});
afterAll(() => cli?.clean());

/** Clients of so many addresses, where the system has them. */
const addresses = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    process.platform === 'linux' ? new Agent({ localAddress: `127.0.0.${i + 2}` }) : new Agent(),
  );

async function begun(): Promise<{ sessionId: string; token: string }> {
  const made = await post.session(key);
  await post.begin(made.token);
  return made;
}

/** A frame is judged, of another session too. They come as from a camera: what sends faster is cut off. */
async function judges(connection: FrameConnection): Promise<void> {
  const at = performance.now();
  for (;;) {
    connection.frame(face, performance.now());
    await delay(1000 / 30);
    const received = await connection.next();
    if (isState(received) && received.judged !== undefined && received.judged >= at) return;
    if (received.is === 'closed') throw new Error(`The connection was closed with ${received.code}.`);
  }
}

interface Operation {
  security: Record<string, unknown>[];
}

test('the token of a session does nothing at any other door, nor for another session', async () => {
  const [own, other] = [await begun(), await begun()];
  const document = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8')) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const accepted: string[] = [];
  const agents = addresses(40);
  let asked = 0;
  let refused = 0;
  for (const [template, operations] of Object.entries(document.paths))
    for (const [method, { security }] of Object.entries(operations)) {
      if (security.length === 0) continue;
      const path = template.replace('{id}', other.sessionId).replace(/\{\w+\}/g, 'x');
      const hasBody = method !== 'get' && method !== 'delete';
      const { statusCode: status, body } = await request(service.url + path, {
        method: method.toUpperCase() as 'GET',
        // Refused credentials of one address are few a minute.
        dispatcher: agents[Math.floor(asked++ / 8) % agents.length]!,
        headers: {
          authorization: `Bearer ${own.token}`,
          ...(hasBody && { 'content-type': 'application/json' }),
        },
        ...(hasBody && { body: '{}' }),
      });
      await body.dump();
      // The routes of sessions know their kind of caller, and not this session.
      const isSession = path.includes(`sessions/${other.sessionId}`);
      if ([401, 403].includes(status) || (isSession && status === 404)) refused++;
      else accepted.push(`${method} ${path} ${status}`);
    }
  expect(accepted).toEqual([]);
  expect(refused).toBeGreaterThan(100);
  const signals = { frames: [{ image: face.toString('base64'), time: 1 }] };
  const headers = { authorization: `Bearer ${own.token}` };
  await expect(post.post(`/api/v1/sessions/${other.sessionId}/signals`, signals, headers)).rejects.toThrow(
    '404',
  );
  const withKey = { 'x-api-key': key };
  await expect(
    post.post(`/api/v1/sessions/${other.sessionId}/signals`, { ...signals, token: own.token }, withKey),
  ).rejects.toThrow('404');
  expect(await stateOf(other.token)).toMatchObject({ state: 'ready', attempt: 0 });
});

const stateOf = async (token: string) =>
  (await (
    await fetch(`${service.url}/api/live/state`, { headers: { authorization: `Bearer ${token}` } })
  ).json()) as LiveState;

/** Pictures that are not what a camera sends. */
async function hostilePictures(): Promise<Record<string, Uint8Array>> {
  const grey = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#888' }, limitInputPixels: false });
  const wide = await grey(6000, 6000).jpeg({ quality: 1 }).toBuffer();
  // The first header says 480 x 480, the one behind it what is decoded.
  const header = face.indexOf(Buffer.from([0xff, 0xc0]));
  const length = face.readUInt16BE(header + 2);
  const hidden = Buffer.concat([
    wide.subarray(0, 2),
    face.subarray(header, header + 2 + length),
    wide.subarray(2),
  ]);
  return {
    'a picture of 36 megapixels': wide,
    'the same behind a small header': hidden,
    'a progressive picture in 99 scans': progressiveJpeg({ width: 1280, height: 1280, scans: 99 }),
    'a PNG': await grey(480, 480).png().toBuffer(),
    'a head alone': face.subarray(0, 200),
    'half of a picture': face.subarray(0, face.length >> 1),
    'one byte': Buffer.from([0xff]),
    nothing: Buffer.alloc(0),
  };
}

test('pictures that are too large, bombs and fuzz are refused, and the next frame is judged', async () => {
  const attacker = await begun();
  const answers: Record<string, string> = {};
  let connection = await connectFrames(service.url, { token: attacker.token });
  await connection.next();
  const reconnect = async () => {
    connection = await connectFrames(service.url, { token: attacker.token });
    await connection.next();
  };
  const show = async (picture: Uint8Array): Promise<Received> => {
    connection.frame(picture, performance.now());
    return connection.next();
  };
  for (const [name, picture] of Object.entries(await hostilePictures())) {
    const received = await show(picture);
    answers[name] = received.is === 'refused' ? received.code : received.is;
    if (received.is === 'ended') await reconnect();
    await judges(connection);
  }
  expect(answers).toEqual({
    'a picture of 36 megapixels': 'IMAGE_TOO_LARGE',
    'the same behind a small header': expect.stringMatching(/^(IMAGE_TOO_LARGE|IMAGE_UNREADABLE)$/),
    'a progressive picture in 99 scans': expect.stringMatching(/^(IMAGE_TOO_LARGE|IMAGE_UNREADABLE|state)$/),
    'a PNG': 'IMAGE_FORMAT_UNSUPPORTED',
    'a head alone': expect.stringMatching(/^IMAGE_/),
    'half of a picture': expect.stringMatching(/^(IMAGE_UNREADABLE|state)$/),
    'one byte': expect.stringMatching(/^IMAGE_/),
    nothing: 'ended',
  });
  const random = createRandom(5);
  for (let i = 0; i < FUZZED; i++) {
    const fuzzed = Buffer.from(face);
    for (let j = 0; j <= i % 8; j++)
      fuzzed[Math.floor(random() * fuzzed.length)] = Math.floor(random() * 256);
    expect((await show(fuzzed)).is).toMatch(/^(state|refused)$/);
  }
  // Over the limit of a message: the connection ends, before anything is decoded.
  connection.frame(new Uint8Array(256 * 1024 + 1), performance.now());
  let last = await connection.next();
  while (last.is !== 'closed') last = await connection.next();
  await reconnect();
  await judges(connection);
  expect(await stateOf(attacker.token)).toMatchObject({ attempt: 0 });
  connection.close();
});

test(`${CONNECTIONS} connections that name no session, a guessed one or all the same one change nothing for another`, async () => {
  const shared = await begun();
  const honest = await connectFrames(service.url, { token: (await begun()).token });
  await honest.next();
  await judges(honest);
  const firsts = [undefined, '{"token":"guessed"}', JSON.stringify({ token: shared.token })];
  // Half of them from the address of the others.
  const agents = addresses(10).flatMap((agent) => [agent, new Agent()]);
  const sockets = Array.from({ length: CONNECTIONS }, (_, i) => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/api/live/frames`, {
      headers: { origin: service.url },
      dispatcher: agents[i % agents.length]!,
    });
    const first = firsts[i % firsts.length];
    socket.addEventListener('open', () => first !== undefined && socket.send(first));
    socket.addEventListener('error', () => {});
    return socket;
  });
  for (let i = 0; i < HONEST; i++) await judges(honest);
  // Also for one who comes now.
  const late = await connectFrames(service.url, { token: (await begun()).token });
  await late.next();
  await judges(late);
  for (const socket of sockets) socket.close();
  await Promise.all(agents.map((agent) => agent.destroy()));
  expect(await stateOf(shared.token)).toMatchObject({ state: 'ready', attempt: 0 });
  await judges(late);
  for (const connection of [late, honest]) connection.close();
  expect((await service.end()).code).toBe(0);
});
