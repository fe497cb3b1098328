import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { personWindow, programWindow } from '../../../test/support/behavior-windows.ts';
import { type Engine, key, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../test/support/faces.ts';
import { frameNamed, liveSessionsOver, scriptedChallenges } from '../../../test/support/live-sessions.ts';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import { type LinkResolver, pageConsent } from '../../engine/live/index.ts';
import { createServer } from '../../http/server.ts';
import { openWebSockets } from '../../http/web-sockets.ts';
import { defined } from '../../lib/defined.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createLiveDoor } from './index.ts';

const consent = pageConsent({ name: 'Acme' }, 'none');
let engine: Engine;
let challenges: ReturnType<typeof scriptedChallenges>;
let sessions: ReturnType<typeof liveSessionsOver>;
let app: ReturnType<typeof createServer>;
let port: number;
let token: string;
let id: string;
let frames: number;
const sockets: WebSocket[] = [];
/** Of the open connections. */
const beats = new Set<() => void>();

beforeEach(async () => {
  engine = await startEngine();
  challenges = scriptedChallenges();
  sessions = liveSessionsOver(engine, { challenges });
  frames = 0;
  app = createServer({ access: recordedAccess(), ids: createIds(engine.clock), log: silentLog });
  await openWebSockets(app);
  await app.register(
    createLiveDoor({
      liveSessions: sessions,
      log: silentLog,
      resolvers: { hosted: oneLink(), flow: oneLink() },
      every: (_, work) => {
        beats.add(work);
        return () => beats.delete(work);
      },
    }),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as AddressInfo).port;
  ({ id, token } = await sessions.create(order()));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await app.close();
  await engine.stop();
});

const order = () => ({
  flow: 'api' as const,
  realm: { organization: engine.organization, world: 'test' as const },
  actor: key,
  match: 'none' as const,
  expiresAt: engine.clock.now() + 600_000,
  browserOrigins: ['https://shop.example'],
  page: { title: 'Check-in', consent },
});
/** A link for one use, as a flow keeps it. */
function oneLink(): LinkResolver {
  let used = false;
  return {
    originsOf: async () => [],
    describe: async () => ({
      realm: order().realm,
      state: used ? 'taken' : 'ready',
      flow: 'hosted',
      page: order().page,
      organization: { name: 'Acme' },
      expiresAt: order().expiresAt,
      test: true,
      openerOrigins: [],
    }),
    async begin(_, { consent: agreed, path, device, secret, link }) {
      used = true;
      const made = await sessions.create({
        ...order(),
        opened: { consent: agreed, path, device, ...defined({ secret, link }) },
      });
      return { ...made, sessionId: made.id };
    },
    deny: async () => ({ redirect: 'https://shop.example/no' }),
  };
}

async function send(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const reply = await fetch(`http://127.0.0.1:${port}/api/live/${path}`, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: reply.status, body: (await reply.json()) as Record<string, never> };
}
const bearer = (capability: string) => ({ authorization: `Bearer ${capability}` });
const beginning = (link: object, more: object = {}) => ({
  link,
  consent: true,
  textVersion: consent.version,
  path: { flash: true, motion: true },
  device: {},
  ...more,
});
const begin = (link: object = { kind: 'session', token }, more: object = {}) =>
  send('POST', 'begin', beginning(link, more));

function frame(): Uint8Array {
  const name = `frame ${++frames}`;
  const bytes = frameNamed(name);
  const face = { embeddings: { 'a-net': direction('ada') }, live: 0.99 };
  engine.analyzer.show(new TextDecoder().decode(bytes), analysisOf(name, face));
  engine.advance(100);
  return bytes;
}
function timed(bytes: Uint8Array, at: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeDoubleBE(at);
  return Buffer.concat([head, bytes]);
}
/** A browser's connection: its messages one at a time, then its close code. */
function connect(headers: Record<string, string> = { origin: `http://127.0.0.1:${port}` }) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/live/frames`, { headers } as never);
  sockets.push(socket);
  const received: unknown[] = [];
  let wake = Promise.withResolvers<void>();
  const put = (value: unknown) => {
    received.push(value);
    wake.resolve();
    wake = Promise.withResolvers();
  };
  socket.onmessage = ({ data }) => put(JSON.parse(data));
  socket.onclose = ({ code }) => put(code);
  const opened = new Promise<void>((resolve) => {
    socket.onopen = () => resolve();
  });
  return {
    socket,
    opened,
    async next() {
      while (received.length === 0) await wake.promise;
      return received.shift();
    },
  };
}

test('reading a link changes nothing; beginning it is for one browser', async () => {
  const described = await send('POST', 'describe', { link: { kind: 'session', token } });
  expect(described).toMatchObject({
    status: 200,
    body: {
      state: 'ready',
      flow: 'api',
      title: 'Check-in',
      steps: 3,
      test: true,
      consent,
      organization: { name: 'Acme' },
      openerOrigins: ['https://shop.example'],
      pathChoices: { flash: true, motion: true },
      motionReviewed: true,
    },
  });
  expect(await send('GET', 'state', undefined, bearer(token))).toMatchObject({ body: { state: 'ready' } });
  const own = { secret: 's'.repeat(43) };
  expect(await begin(undefined, { secret: 'short' })).toMatchObject({ status: 400 });
  expect(await begin(undefined, own)).toMatchObject({ status: 200, body: { sessionId: id, token } });
  expect(await begin()).toMatchObject({ status: 409 });
  expect(await begin(undefined, { secret: token })).toMatchObject({ status: 409 });
  expect(await begin({ kind: 'hosted', token: 'x' }, { secret: token })).toMatchObject({ status: 409 });
  expect(await begin(undefined, own)).toMatchObject({ status: 200, body: { token } });
  expect(await send('POST', 'describe', { link: { kind: 'session', token } })).toMatchObject({
    body: { state: 'taken' },
  });
});

test('a link of a flow is answered by the flow, an unknown kind and a bad consent are refused', async () => {
  const link = { kind: 'hosted', token: 'x' };
  expect(await send('POST', 'describe', { link })).toMatchObject({ body: { state: 'ready', steps: 3 } });
  const own = { secret: 's'.repeat(43) };
  const begun = await begin(link, own);
  expect(begun.status).toBe(200);
  expect(await begin(link, own)).toEqual(begun);
  expect(await send('POST', 'deny', { link })).toMatchObject({
    body: { redirect: 'https://shop.example/no' },
  });
  expect(await begin({ kind: 'presence', token: 'x' })).toMatchObject({ status: 404 });
  expect(await begin(undefined, { consent: false })).toMatchObject({ status: 400 });
  expect(await begin(undefined, { textVersion: 'older' })).toMatchObject({ status: 409 });
  expect(await send('POST', 'describe', { link: { kind: 'session', token } })).toMatchObject({
    body: { state: 'ready' },
  });
});

test('a secret begins one session, which it does not begin again once that is over', async () => {
  const link = { kind: 'flow', token: 'x' };
  const own = { secret: 's'.repeat(43) };
  const one = (await begin(link, own)).body.token;
  expect((await begin(link, own)).body.token).toBe(one);
  await send('POST', 'deny', { link }, bearer(one!));
  expect(await begin(link, own)).toMatchObject({ status: 409 });
  const next = (await begin(link, { secret: 't'.repeat(43) })).body.token;
  expect(next).not.toBe(one);
  expect(await send('GET', 'state', undefined, bearer(next!))).toMatchObject({ body: { state: 'ready' } });
});

test('an address of another kind begins no session by the token of its link', async () => {
  await begin({ kind: 'hosted', token: 'x' }, { secret: token });
  expect(await send('POST', 'describe', { link: { kind: 'session', token } })).toMatchObject({
    body: { state: 'ready' },
  });
});

test('frames over a WebSocket: the state of now, then each is answered, to the decision', async () => {
  await begin();
  const { socket, opened, next } = connect();
  await opened;
  socket.send(JSON.stringify({ token }));
  expect(await next()).toMatchObject({ is: 'state', state: 'ready', attemptsLeft: 3 });
  socket.send(timed(new TextEncoder().encode('no picture'), 1));
  expect(await next()).toMatchObject({ is: 'refused', code: 'IMAGE_FORMAT_UNSUPPORTED' });
  socket.send('{"is":"start"}');
  expect(await next()).toMatchObject({ state: 'running', attempt: 1, step: { index: 0 } });
  for (let i = 1; i <= 3; i++) {
    socket.send(timed(frame(), i * 100));
    const answer = (await next()) as { state: string };
    expect(answer.state).toBe(i < 3 ? 'running' : 'checking');
    expect(JSON.stringify(answer)).not.toMatch(/score|reason|evidence/);
  }
  const result = await send('POST', 'finalize', undefined, bearer(token));
  expect(result).toMatchObject({ status: 200, body: { passed: true, decision: 'approved', reference: id } });
  expect(await send('GET', 'state', undefined, bearer(token))).toMatchObject({
    body: { state: 'decided', result: { passed: true } },
  });
});

test('a connection is closed once its session was decided', async () => {
  await begin();
  const { socket, opened, next } = connect();
  await opened;
  socket.send(JSON.stringify({ token }));
  await next();
  const [beat] = beats;
  beat!();
  socket.send('{"is":"start"}');
  expect(await next()).toMatchObject({ state: 'running' });
  for (let i = 1; i <= 3; i++) {
    socket.send(timed(frame(), i * 100));
    await next();
  }
  expect(await send('POST', 'finalize', undefined, bearer(token))).toMatchObject({ body: { passed: true } });
  beat!();
  expect(await next()).toBe(1000);
  await expect.poll(() => beats.size).toBe(0);
});

test('without a WebSocket a page posts its frames, and starts the attempt so', async () => {
  await begin();
  const image = () => Buffer.from(frame()).toString('base64');
  const started = await send('POST', 'frames', { is: 'start' }, bearer(token));
  expect(started).toMatchObject({ status: 200, body: { state: 'running', attempt: 1 } });
  const times = [100, 200, 300].map((time) => ({ image: image(), time }));
  expect(await send('POST', 'frames', { frames: times }, bearer(token))).toMatchObject({ status: 200 });
  expect(await send('POST', 'finalize', undefined, bearer(token))).toMatchObject({ body: { passed: true } });
  const many = Array.from({ length: 6 }, () => ({ image: 'x', time: 1 }));
  expect(await send('POST', 'frames', { frames: many }, bearer(token))).toMatchObject({ status: 400 });
});

test.each([
  ['{"token":"guessed"}', 'MISSING_AUTH', 4401],
  ['{"token":', 'INVALID_REQUEST', 4401],
  ['{"token":"x","more":1}', 'INVALID_REQUEST', 4401],
])('the first message %s is refused', async (first, code, closing) => {
  const { socket, opened, next } = connect();
  await opened;
  socket.send(first);
  expect(await next()).toMatchObject({ is: 'ended', code });
  expect(await next()).toBe(closing);
});

test('no frame is taken before the person has agreed', async () => {
  const { socket, opened, next } = connect();
  await opened;
  socket.send(JSON.stringify({ token }));
  expect(await next()).toMatchObject({ is: 'ended', code: 'CONFLICT' });
  expect(await send('POST', 'frames', { is: 'start' }, bearer(token))).toMatchObject({ status: 409 });
  expect(challenges.begun).toBe(0);
});

test('a second connection takes the place of the first', async () => {
  await begin();
  const one = connect();
  await one.opened;
  one.socket.send(JSON.stringify({ token }));
  await one.next();
  const two = connect();
  await two.opened;
  two.socket.send(JSON.stringify({ token }));
  expect(await two.next()).toMatchObject({ state: 'ready' });
  expect(await one.next()).toMatchObject({ is: 'ended', code: 'CONFLICT' });
  expect(await one.next()).toBe(4409);
});

test.each([
  ['of another site', { origin: 'https://evil.example' }],
  ['of a sandboxed page', { origin: 'null' }],
  ['of no page', {}],
])('a connection %s is not opened', async (_, headers) => {
  expect(await connect(headers as Record<string, string>).next()).toBe(1006);
});

test('a page of another origin can do nothing, not even with the capability', async () => {
  const origin = { origin: 'https://evil.example' };
  const asked = await Promise.all([
    send('POST', 'describe', { link: { kind: 'session', token } }, origin),
    send('POST', 'begin', beginning({ kind: 'session', token }), origin),
    send('POST', 'handover', { token }, origin),
    send('GET', 'state', undefined, { ...origin, ...bearer(token) }),
    send('POST', 'finalize', undefined, { ...origin, ...bearer(token) }),
  ]);
  expect(asked.map(({ status, body }) => `${status} ${body.code}`)).toEqual(
    Array.from({ length: 5 }, () => '403 ORIGIN_NOT_ALLOWED'),
  );
});

test('a page under the address of another session, which may be in a frame of its origins, has none', async () => {
  const [id, other] = [await sessions.idOf(token), 'sess_01m7w3hb8hbf355he5zqwjztdk'];
  const link = (client: string) => ({ kind: 'session', token, client });
  expect((await send('POST', 'describe', { link: link(id) })).status).toBe(200);
  for (const [path, body] of [
    ['describe', { link: link(other) }],
    ['begin', beginning(link(other))],
    ['deny', { link: link(other) }],
  ] as const)
    expect([path, (await send('POST', path, body)).status]).toEqual([path, 404]);
  expect((await begin(link(id))).status).toBe(200);
  expect((await begin(link(other), { secret: token })).status).toBe(404);
});

test('a desk hands over to a phone: the number is picked once, the desk follows', async () => {
  await begin();
  const { body: code } = await send('POST', 'handover', { token });
  expect(code).toMatchObject({
    url: expect.stringMatching(/^\/verify\/h\/[\w-]{43}$/),
    number: expect.any(String),
  });
  const link = String(code.url).split('/').at(-1)!;
  const described = await send('POST', 'handover/describe', { link });
  expect(described.body.numbers).toContain(code.number);
  const phone = await send('POST', 'handover/accept', { link, number: code.number });
  expect(phone.status).toBe(200);
  expect(await send('POST', 'handover/accept', { link, number: code.number })).toMatchObject({ status: 404 });
  expect(await send('GET', 'state', undefined, bearer(token))).toMatchObject({
    body: { state: 'following' },
  });
  expect(await send('POST', 'frames', { is: 'start' }, bearer(token))).toMatchObject({ status: 409 });
  expect(await send('POST', 'frames', { is: 'start' }, bearer(String(phone.body.token)))).toMatchObject({
    body: { state: 'running' },
  });
});

test('a person who cancels after the beginning ends the session', async () => {
  await begin();
  const denied = await send('POST', 'deny', { link: { kind: 'hosted', token: 'x' } }, bearer(token));
  expect(denied).toMatchObject({ status: 200, body: { reference: id } });
  expect(await send('GET', 'state', undefined, bearer(token))).toMatchObject({
    body: { state: 'ended', result: { decision: 'cancelled' } },
  });
});

test('a capability in the address, and none, are refused', async () => {
  expect(await send('GET', `state?token=${token}`)).toMatchObject({ status: 401 });
  expect(await send('POST', 'finalize')).toMatchObject({ status: 401 });
  expect(await send('GET', 'frames')).toMatchObject({ status: 400 });
});

test.each([
  ['no capability', {}],
  ['what is no capability', bearer('guessed')],
])('frames with %s are refused before the body is read', async (_, headers) => {
  const reply = await fetch(`http://127.0.0.1:${port}/api/live/frames`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"frames":',
  });
  expect(reply.status).toBe(401);
});

test('behavior is taken where the profile asks for it, and the text that the person agrees to says so', async () => {
  const report = (capability: string, body: object = personWindow()) =>
    fetch(`http://127.0.0.1:${port}/api/live/behavior`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(capability) },
      body: JSON.stringify(body),
    }).then(({ status }) => status);
  await begin();
  expect(await report(token)).toBe(409);

  challenges.script.collectsBehavior = true;
  const made = await sessions.create(order());
  const link = { kind: 'session', token: made.token };
  const described = (await send('POST', 'describe', { link })).body as unknown as {
    behavior: boolean;
    consent: typeof consent;
  };
  expect(described.behavior).toBe(true);
  expect(described.consent.version).toBe(`${consent.version}-behavior-1`);
  expect(described.consent.text.en.at(-1)).toContain('how you move the pointer');
  expect(described.consent.text.de).toHaveLength(consent.text.de.length + 1);
  expect(await report(made.token)).toBe(409);
  expect((await begin(link)).status).toBe(409);
  const { version: textVersion } = described.consent;
  expect((await begin(link, { textVersion })).status).toBe(200);
  expect(await report(made.token, { v: 1, mouse: 'many' })).toBe(400);
  expect(await report('another')).toBe(401);
  expect(await report(made.token, programWindow())).toBe(204);

  const frames = await sessions.connect(made.token);
  await frames.start({});
  for (let i = 0; i < 6 && (await frames.state()).state !== 'decided'; i++)
    await frames.submitFrame(frame(), engine.clock.now());
  frames.close();
  const whole = await sessions.find(order().realm, made.id);
  expect(whole).toMatchObject({ decision: 'approved', risk: { flags: ['automation-suspected'] } });
  expect(whole?.liveness?.evidence.at(-1)).toMatchObject({ kind: 'behavior', details: { suspect: true } });
});

test('the link of a flow has the text of behavior too, until it is used', async () => {
  challenges.script.collectsBehavior = true;
  const link = { kind: 'hosted', token: 'one' };
  const described = (await send('POST', 'describe', { link })).body as unknown as {
    behavior: boolean;
    consent: typeof consent;
  };
  expect(described).toMatchObject({ behavior: true });
  expect((await begin(link)).status).toBe(409);
  const { version: textVersion } = described.consent;
  expect((await begin(link, { textVersion })).status).toBe(200);
});
