import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { signedText } from '../../service/engine/accounts/kiosks/kiosk.ts';
import { pageConsent } from '../../service/engine/live/index.ts';
import { sharedCredentials } from '../../service/http/nodes/node-credentials.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { operator } from '../support/engine.ts';
import { binaries } from './nodes.ts';
import { type ServedNode, type ServedNodes, serveNodes } from './served-nodes.ts';

const consent = pageConsent({ name: 'Museum' }, 'none');

describe.skipIf(binaries === undefined)('work that one of two nodes has in memory', () => {
  let served: ServedNodes;
  let a: ServedNode;
  let b: ServedNode;
  let organization: OrganizationId;
  /** Capabilities of sessions. */
  const begun: string[] = [];
  beforeAll(async () => {
    served = await serveNodes();
    [a, b] = served.nodes;
    ({ organization } = served);
  });
  afterAll(() => served?.stop());
  afterEach(async () => {
    // One is judged at a time here.
    for (const id of begun.splice(0))
      await live(a, id, 'POST', 'deny', { link: { kind: 'session', token: id } });
  });

  const realm = () => ({ organization, world: 'test' as const });
  async function send(
    { url }: Pick<ServedNode, 'url'>,
    method: string,
    path: string,
    { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
  ) {
    const reply = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    const answer = text.startsWith('{') ? JSON.parse(text) : { text };
    return { status: reply.status, body: answer as Record<string, string> };
  }
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  async function beginSession(at: ServedNode): Promise<{ id: string; token: string }> {
    const { id, token } = await a.gatehouse.liveSessions.create({
      flow: 'api',
      realm: realm(),
      actor: operator,
      match: 'none',
      expiresAt: Date.now() + 600_000,
      browserOrigins: [],
      page: { title: 'Check-in', consent },
    });
    const opened = await send(at, 'POST', '/api/live/begin', {
      body: {
        link: { kind: 'session', token },
        consent: true,
        textVersion: consent.version,
        path: { flash: true, motion: true },
        device: {},
      },
    });
    expect(opened.status).toBe(200);
    begun.push(token);
    return { id, token };
  }
  const live = (at: ServedNode, token: string, method: string, path: string, body?: object) =>
    send(at, method, `/api/live/${path}`, { headers: bearer(token), ...(body && { body }) });
  const start = (at: ServedNode, token: string) =>
    live(at, token, 'POST', 'frames', { is: 'start', frames: [] });

  test('a session is on the node where it began, whichever node is asked', async () => {
    const { id, token } = await beginSession(b);
    expect(await start(b, token)).toMatchObject({ status: 200, body: { state: 'running', attempt: 1 } });
    expect(await live(a, token, 'GET', 'state')).toMatchObject({ body: { state: 'running', attempt: 1 } });
    expect(await start(a, token)).toMatchObject({ body: { state: 'running', attempt: 1 } });
    expect(await live(a, token, 'POST', 'frames', { is: 'stop', frames: [] })).toMatchObject({
      body: { state: 'between' },
    });
    // Its own refusals come through too.
    const key = await a.gatehouse.access.createKey(
      { organization, world: 'test', scopes: ['sessions'] },
      operator,
    );
    expect(
      await send(a, 'POST', `/api/v1/sessions/${id}/finalize`, { body: {}, headers: bearer(key.key) }),
    ).toMatchObject({ status: 409, body: { code: 'CONFLICT', requestId: expect.any(String) } });
  });

  test('the event of a challenge names the person whichever node is asked', async () => {
    const key = await a.gatehouse.access.createKey(
      { organization, world: 'test', scopes: ['behavior'] },
      operator,
    );
    const headers = bearer(key.key);
    const answeredAt: string[] = [];
    for (const [name, { gatehouse }] of Object.entries({ a, b })) {
      const { answer } = gatehouse.behaviorChallenges;
      gatehouse.behaviorChallenges.answer = (...words) => {
        answeredAt.push(name);
        return answer(...words);
      };
    }
    const created = await send(b, 'POST', '/api/v1/challenge/create', {
      body: { userId: 'user_4711' },
      headers,
    });
    const answer = (at: ServedNode, more = {}) =>
      send(at, 'POST', '/api/v1/challenge/verify', {
        body: { challenge_id: created.body.challenge_id, answer: 'no such answer', ...more },
        headers,
      });
    expect(await answer(a)).toMatchObject({ status: 200, body: { passed: false } });
    expect(answeredAt).toEqual(['b']);
    expect(await answer(a, { userId: 'user_4711' })).toMatchObject({ status: 200 });
    expect(answeredAt).toEqual(['b', 'a']);
    const accessible = { challenge_id: created.body.challenge_id, accessible: true };
    const replaced = await send(a, 'POST', '/api/v1/challenge/create', { body: accessible, headers });
    expect(a.gatehouse.behaviorChallenges.knows(String(replaced.body.challenge_id))).toBe(false);
    expect(b.gatehouse.behaviorChallenges.knows(String(replaced.body.challenge_id))).toBe(true);
  });

  test('its WebSocket is served there too, with every end of it', async () => {
    const { token } = await beginSession(b);
    await start(b, token);
    const socket = new WebSocket(`${a.url.replace('http', 'ws')}/api/live/frames`, {
      headers: { origin: a.url },
    } as never);
    const messages: unknown[] = [];
    const closed = new Promise<number>((resolve) => {
      socket.onclose = ({ code }) => resolve(code);
    });
    socket.onmessage = ({ data }) => {
      if (messages.push(JSON.parse(data)) === 1) socket.send(JSON.stringify({ is: 'stop' }));
    };
    socket.onopen = () => socket.send(JSON.stringify({ token }));
    await expect
      .poll(() => messages, { timeout: 10_000 })
      .toMatchObject([
        { is: 'state', state: 'running' },
        { is: 'state', state: 'between' },
      ]);
    // Another connection takes its place, and closes it.
    await live(b, token, 'POST', 'frames', { frames: [] });
    expect(await closed).toBe(4409);
  });

  test('it is handed over to a phone whose requests reach another node', async () => {
    const { token } = await beginSession(a);
    await start(a, token);
    const made = await send(b, 'POST', '/api/live/handover', { body: { token } });
    expect(made.body).toMatchObject({ url: expect.stringMatching(/^\/verify\/h\/[\w-]{43}~[0-9a-f]{8}$/) });
    const link = String(made.body.url).split('/').at(-1);
    const described = await send(b, 'POST', '/api/live/handover/describe', { body: { link } });
    expect(described.body).toMatchObject({
      state: 'ready',
      numbers: expect.arrayContaining([made.body.number]),
    });
    const accepted = await send(b, 'POST', '/api/live/handover/accept', {
      body: { link, number: made.body.number },
    });
    begun.push(String(accepted.body.token));
    expect(await start(b, String(accepted.body.token))).toMatchObject({ body: { state: 'running' } });
    expect(await live(b, token, 'GET', 'state')).toMatchObject({ body: { state: 'following' } });
    expect((await send(b, 'POST', '/api/live/handover/describe', { body: { link } })).body).toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('a camera session, with and without a WebSocket', async () => {
    const { token } = a.gatehouse.captures.open({ ...realm(), by: 'adm_1' });
    const frames = { 'x-capture-token': token, 'content-type': 'image/jpeg' };
    const posted = await fetch(`${b.url}/api/captures/frames`, {
      method: 'POST',
      headers: frames,
      body: new Uint8Array([1, 2]),
    });
    expect(await posted.json()).toMatchObject({ is: 'refused', code: 'IMAGE_FORMAT_UNSUPPORTED' });
    const socket = new WebSocket(`${b.url.replace('http', 'ws')}/api/captures/live`, {
      headers: { origin: b.url },
    } as never);
    const ready = new Promise((resolve) => {
      socket.onmessage = ({ data }) => resolve(JSON.parse(data));
    });
    socket.onopen = () => socket.send(JSON.stringify({ token }));
    expect(await ready).toEqual({ is: 'ready' });
    socket.close();
  });

  test('an event stream of an old MCP client', async () => {
    const { key } = await a.gatehouse.access.createKey(
      { organization, world: 'test', scopes: ['presence'] },
      operator,
    );
    const stream = await fetch(`${a.url}/mcp/sse`, {
      headers: { ...bearer(key), accept: 'text/event-stream' },
    });
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let read = '';
    const until = async (text: RegExp) => {
      while (!text.test(read)) read += (await reader.read()).value ?? '';
      return text.exec(read)![1]!;
    };
    const address = await until(/data: (\/mcp\/messages\S+)/);
    const posted = await send(b, 'POST', address, {
      headers: bearer(key),
      body: { jsonrpc: '2.0', id: 7, method: 'ping' },
    });
    expect(posted.status).toBe(202);
    expect(await until(/"id":(7)/)).toBe('7');
    await reader.cancel();
  });

  test('the pairing, the sessions and the operator of a kiosk', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { code, id } = await a.gatehouse.kiosks.beginPairing(realm(), 'Lisbon', operator);
    const claimed = await send(b, 'POST', '/api/kiosk/pair', {
      body: { code, publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64url') },
    });
    expect(claimed.body).toMatchObject({ fingerprint: expect.any(String) });
    const { id: kiosk } = await a.gatehouse.kiosks.confirmPairing(organization, id, operator);
    const { claim } = claimed.body;
    expect((await send(b, 'POST', '/api/kiosk/pair/outcome', { body: { claim } })).body).toEqual({
      is: 'paired',
      kiosk,
    });
    async function enter(first: ServedNode, second: ServedNode): Promise<string> {
      const { body } = await send(first, 'POST', '/api/kiosk/challenge', { body: { kiosk } });
      const signature = sign('sha256', Buffer.from(signedText(kiosk, String(body.challenge))), {
        key: privateKey,
        dsaEncoding: 'ieee-p1363',
      }).toString('base64url');
      const order = { kiosk, challenge: body.challenge, signature };
      const opened = await send(second, 'POST', '/api/kiosk/session', { body: order });
      expect(opened.status).toBe(200);
      return String(opened.body.token);
    }
    const token = await enter(a, b);
    const again = await enter(b, a);
    for (const session of [token, again])
      for (const node of [a, b])
        expect(await send(node, 'GET', '/api/kiosk/state', { headers: bearer(session) })).toMatchObject({
          status: 200,
          body: { kiosk: { id: kiosk } },
        });
    expect(token.split('~')[1]).toBe(again.split('~')[1]);
    const wrong = { code: '00000000', publicKey: 'x' };
    expect((await send(b, 'POST', '/api/kiosk/pair', { body: wrong })).status).toBeGreaterThanOrEqual(400);
  });

  test('the link to the board of jobs, and its session; its line names the address of the browser', async () => {
    const { url } = await a.gatehouse.boardLinks.make(operator);
    const path = new URL(url).pathname;
    const opened = await new Promise<{ status?: number; cookie: string }>((resolve, reject) => {
      const target = new URL(path, b.url);
      const order = request(
        target,
        { localAddress: '127.0.0.9', headers: { 'x-gatehouse-hop': '{"address":"1.1.1.1"}' } },
        (reply) => {
          reply.resume();
          const [cookie = ''] = reply.headers['set-cookie'] ?? [];
          resolve({ ...(reply.statusCode && { status: reply.statusCode }), cookie: cookie.split(';')[0]! });
        },
      );
      order.once('error', reject);
      order.end();
    });
    expect(opened.status).toBe(303);
    for (const node of [a, b])
      expect(
        (await send(node, 'GET', '/jobs/api/queues', { headers: { cookie: opened.cookie } })).status,
      ).toBe(200);
    const { lines } = await a.gatehouse.auditLog.page({ limit: 50 }, { actor: operator });
    const line = lines.find(({ action }) => action === 'jobs.open.used');
    expect(JSON.parse(line!.details)).toMatchObject({ address: '127.0.0.9' });
  });

  test('what is passed on once is not passed on again', async () => {
    const { token } = await beginSession(b);
    await start(b, token);
    const { credentials } = a.gatehouse.nodes!;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: Number(new URL(a.address).port),
        ...credentials.client,
      });
      socket.once('error', reject);
      let text = '';
      socket.on('data', (data) => (text += data));
      socket.on('end', () => resolve(text));
      const hop = JSON.stringify({ address: '203.0.113.9', secure: true, host: 'gate.example' });
      socket.write(
        `GET /api/live/state HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Gatehouse-Hop: ${hop}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      );
    });
    expect(answer).toMatch(/^HTTP\/1.1 503/);
    expect(answer).toContain('has moved to another node');
  });

  test('nothing but a node reaches the listener for nodes', async () => {
    const port = Number(new URL(a.address).port);
    const attempt = (options: object) =>
      new Promise((resolve) => {
        const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
        socket.once('secureConnect', () => resolve(socket.destroy() && 'connected'));
        socket.once('error', () => resolve('refused'));
      });
    const run = a.gatehouse.nodes!.here.run;
    expect(await attempt({})).toBe('refused');
    const guessed = { id: a.gatehouse.nodes!.credentials.shown(), keyOf: () => new Uint8Array(32) };
    const credentials = sharedCredentials(run, { shown: () => guessed, accepted: () => undefined });
    expect(await attempt(credentials.client)).toBe('refused');
    expect(await attempt(b.gatehouse.nodes!.credentials.client)).toBe('connected');
  });

  test('what a node has that was removed reaches no node any more: by a new connection, one of before or a session of TLS', async () => {
    const port = Number(new URL(a.address).port);
    const { client, shown } = b.gatehouse.nodes!.credentials;
    const [former, proof] = [shown(), client.pskCallback!(null)!];
    const connect = (more: object = {}) =>
      connectTls({ host: '127.0.0.1', port, ...client, pskCallback: () => proof, ...more });
    const isRefused = (socket: TLSSocket) =>
      new Promise<boolean>((resolve) => {
        socket.once('secureConnect', () => resolve(!socket.destroy()));
        socket.once('error', () => resolve(true));
      });
    const open = connect();
    const sessions: Buffer[] = [];
    open.on('session', (session) => sessions.push(session));
    open.on('error', () => {});
    await once(open, 'secureConnect');

    await a.gatehouse.nodeKeys.renewLink();
    await b.gatehouse.position.catchUp();
    // Both go on while they change, and after it.
    const { token } = await beginSession(b);
    await start(b, token);
    const passes = () => live(a, token, 'GET', 'state');
    expect(await passes()).toMatchObject({ status: 200 });
    const real = performance.now.bind(performance);
    const later = vi.spyOn(performance, 'now').mockImplementation(() => real() + 11_000);
    try {
      expect(shown()).not.toBe(former);
      expect(await passes()).toMatchObject({ status: 200 });
      expect(await isRefused(connect())).toBe(true);
      for (const session of [open.getSession()!, ...sessions])
        expect(await isRefused(connect({ session }))).toBe(true);
      const ended = once(open, 'close');
      open.write('GET /ready HTTP/1.1\r\nHost: x\r\nX-Gatehouse-Hop: {}\r\n\r\n');
      await ended;
      expect(open.bytesRead).toBe(0);
    } finally {
      later.mockRestore();
    }
  });

  test('begins again at the other where a node is lost, and the attempt is not counted', async () => {
    const { token } = await beginSession(b);
    expect(await start(b, token)).toMatchObject({ body: { state: 'running', attempt: 1 } });
    const { token: capture } = b.gatehouse.captures.open({ ...realm(), by: 'adm_1' });
    await served.lose(b);
    expect(await live(a, token, 'GET', 'state')).toMatchObject({
      body: { state: 'between', notPassed: { code: 'LOST' }, attempt: 0, attemptsLeft: 3 },
    });
    expect(await start(a, token)).toMatchObject({ body: { state: 'running', attempt: 1 } });
    expect(
      await send(a, 'POST', '/api/captures/frames', {
        headers: { 'x-capture-token': capture, 'content-type': 'image/jpeg' },
      }),
    ).toMatchObject({ status: 401 });
  });
});
