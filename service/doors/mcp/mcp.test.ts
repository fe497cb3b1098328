import { request as httpRequest } from 'node:http';
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { operator } from '../../../test/support/engine.ts';
import { linkOf, type PresenceServer, startPresenceServer } from '../../../test/support/presence-server.ts';

let served: PresenceServer;
let base: string;
let token: string;
const clients: Client[] = [];

beforeEach(async () => {
  served = await startPresenceServer();
  ({ base } = served);
  token = await served.newKey();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await served.stop();
});

type Kind = 'of 2025' | 'of 2026' | 'SSE';
async function connect(kind: Kind, key = token): Promise<Client> {
  const options = { requestInit: { headers: { authorization: `Bearer ${key}` } } };
  const transport =
    kind === 'SSE'
      ? new SSEClientTransport(new URL(`${base}/mcp/sse`), options)
      : new StreamableHTTPClientTransport(new URL(`${base}/mcp`), options);
  const client = new Client(
    { name: 'test', version: '1' },
    kind === 'of 2026' ? { versionNegotiation: { mode: 'auto' } } : {},
  );
  clients.push(client);
  await client.connect(transport);
  return client;
}
/** The structured answer of a tool. */
async function call(client: Client, name: string, args: object = {}) {
  const { structuredContent, isError, content } = await client.callTool({ name, arguments: { ...args } });
  if (isError) throw new Error((content as { text: string }[])[0]!.text);
  return structuredContent as Record<string, string>;
}

describe.each<Kind>(['of 2025', 'of 2026', 'SSE'])('a client %s', (kind) => {
  test('finds three tools, with what they take and give', async () => {
    const client = await connect(kind);
    expect(client.getServerVersion()).toMatchObject({ name: 'gatehouse', version: '1.2.3' });
    const { tools } = await client.listTools();
    expect(
      tools.map(({ name, inputSchema, outputSchema }) => [
        name,
        inputSchema.required,
        outputSchema?.required,
      ]),
    ).toEqual([
      ['request_human_presence', ['purpose'], ['sessionId', 'verifyUrl', 'expiresAt']],
      ['get_presence_token', ['sessionId'], ['sessionId', 'status', 'expiresAt']],
      ['verify_presence_token', ['token'], ['valid']],
    ]);
  });

  test('asks for a person, waits in several calls, gets the token and verifies it', async () => {
    const client = await connect(kind);
    const asked = await call(client, 'request_human_presence', { purpose: 'Deploy', nonce: '8f3a' });
    expect(asked).toEqual({
      sessionId: expect.stringMatching(/^prs_/),
      verifyUrl: expect.stringMatching(new RegExp(`^${base}/verify-presence/[\\w-]{43}$`)),
      expiresAt: new Date(served.engine.clock.now() + 600_000).toISOString(),
    });
    const { sessionId, verifyUrl } = asked;
    let waits = 0;
    served.waiting.now = async () => waits++;
    expect(await call(client, 'get_presence_token', { sessionId: sessionId!, waitSeconds: 6 })).toMatchObject(
      {
        status: 'PENDING',
        retryAfterSeconds: 2,
      },
    );
    expect(waits).toBe(3);
    served.waiting.now = () => served.recognize(verifyUrl!);
    const found = await call(client, 'get_presence_token', { sessionId: sessionId! });
    expect(found).toMatchObject({ status: 'VERIFIED', verifiedEmail: 'alice@example.com' });
    expect(
      await call(client, 'verify_presence_token', {
        token: found.token!,
        expectedNonce: '8f3a',
        expectedOrgId: served.engine.organization,
      }),
    ).toMatchObject({ valid: true, sub: 'alice@example.com', purpose: 'Deploy', sessionId });
    expect(
      await call(client, 'verify_presence_token', { token: found.token!, expectedNonce: 'other' }),
    ).toEqual({ valid: false, reason: 'wrong_nonce' });
  });

  test('reads refusals as answers of the tool', async () => {
    const client = await connect(kind);
    await expect(call(client, 'request_human_presence', { purpose: 'x', orgId: 'org_2' })).rejects.toThrow(
      /^ORGANIZATION_MISMATCH: /,
    );
    await expect(call(client, 'request_human_presence', { purpose: 'two\nlines' })).rejects.toThrow(
      /purpose/,
    );
    await expect(call(client, 'get_presence_token', { sessionId: 'prs_none' })).rejects.toThrow(
      /^NOT_FOUND: /,
    );
    const { sessionId, verifyUrl } = await call(client, 'request_human_presence', { purpose: 'x' });
    await served.room.presence.links.deny(linkOf(verifyUrl!), { test: false });
    expect(await call(client, 'get_presence_token', { sessionId: sessionId! })).toMatchObject({
      status: 'CANCELLED',
      reason: 'declined',
    });
    const other = await connect(kind, await served.newKey());
    await expect(call(other, 'get_presence_token', { sessionId: sessionId! })).rejects.toThrow(
      /^SESSION_KEY_MISMATCH: /,
    );
  });

  test('is not connected without a key, with an unknown one, or with one of another scope', async () => {
    for (const key of ['', `gh_live_${'x'.repeat(32)}`, await served.newKey({ scopes: ['identity'] })])
      await expect(connect(kind, key)).rejects.toThrow();
  });
});

/** A request with headers that fetch does not let a program set. */
const post = (path: string, headers: Record<string, string>, body: object = {}) =>
  new Promise<number>((resolve, reject) => {
    const sent = httpRequest(
      `${base}${path}`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode!));
      },
    );
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

test('a page of another origin, or of a name that was rebound, is refused', async () => {
  expect(await post('/mcp', {}, list)).toBe(200);
  expect(await post('/mcp', { origin: base }, list)).toBe(200);
  expect(await post('/mcp', { origin: 'https://evil.example' }, list)).toBe(403);
  expect(await post('/mcp', { origin: 'null' }, list)).toBe(403);
  expect(await post('/mcp', { host: 'evil.example' }, list)).toBe(421);
  expect(await post('/mcp/messages?sessionId=x', { origin: 'https://evil.example' }, list)).toBe(403);
  token = await served.newKey({ origins: ['https://agents.example'] });
  expect(await post('/mcp', { origin: 'https://agents.example' }, list)).toBe(200);
});

test.each<Kind>(['of 2025', 'SSE'])(
  'a call that waits gives %s nothing once its key is revoked',
  async (kind) => {
    await served.stop();
    served = await startPresenceServer({ late: 0 });
    ({ base } = served);
    const { key: own, record } = await served.access.createKey(
      { organization: served.engine.organization, world: 'live', scopes: ['presence'] },
      operator,
    );
    const client = await connect(kind, own);
    const { sessionId, verifyUrl } = await call(client, 'request_human_presence', { purpose: 'Deploy' });
    served.waiting.now = async () => {
      await served.access.revokeKey(served.engine.organization, record.id, operator);
      await served.recognize(verifyUrl!);
    };
    await expect(call(client, 'get_presence_token', { sessionId: sessionId! })).rejects.toThrow(
      /^INVALID_API_KEY: /,
    );
  },
);

test('a stream serves the successor of its key, and a call that waits goes on with the key that it came with', async () => {
  await served.stop();
  served = await startPresenceServer({ late: 0 });
  ({ base } = served);
  const { organization } = served.engine;
  const { key: first, record } = await served.access.createKey(
    { organization, world: 'live', scopes: ['presence'] },
    operator,
  );
  let key = first;
  const transport = new SSEClientTransport(new URL(`${base}/mcp/sse`), {
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${key}`);
      headers.set('connection', 'close');
      return fetch(url, { ...init, headers });
    },
  });
  const client = new Client({ name: 'test', version: '1' });
  clients.push(client);
  await client.connect(transport);
  const rotated = await served.access.rotateKey(organization, record.id, 0, operator);
  key = rotated.key;
  const { sessionId, verifyUrl } = await call(client, 'request_human_presence', { purpose: 'Deploy' });
  served.waiting.now = async () => {
    key = first;
    await served.recognize(verifyUrl!);
  };
  expect(await call(client, 'get_presence_token', { sessionId: sessionId! })).toMatchObject({
    status: 'VERIFIED',
  });
  key = rotated.key;
  const asked = await call(client, 'request_human_presence', { purpose: 'Deploy' });
  served.waiting.now = async () => {
    await served.access.revokeKey(organization, rotated.record.id, operator);
    await served.recognize(asked.verifyUrl!);
  };
  await expect(call(client, 'get_presence_token', { sessionId: asked.sessionId! })).rejects.toThrow(
    /^INVALID_API_KEY: /,
  );
});

test('messages reach a stream of the same key alone', async () => {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  const stream = await fetch(`${base}/mcp/sse`, { headers });
  const reader = stream.body!.getReader();
  const read = async () => new TextDecoder().decode((await reader.read()).value);
  const [, address] = /data: (\S+)/.exec(await read())!;
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  expect(await post(address!, {}, list)).toBe(202);
  expect(await read()).toContain('request_human_presence');
  expect(await post(address!, {}, { no: 'message' })).toBe(400);
  const own = token;
  token = await served.newKey();
  expect(await post(address!, {}, list)).toBe(404);
  token = own;
  await reader.cancel();
  await expect.poll(() => post(address!, {}, list)).toBe(404);
});

test('a key opens eight streams', async () => {
  const open = () =>
    fetch(`${base}/mcp/sse`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    });
  const opened = await Promise.all(Array.from({ length: 8 }, open));
  expect(new Set(opened.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await open()).status).toBe(503);
  token = await served.newKey();
  expect((await open()).status).toBe(200);
});

describe('the quota of a month', () => {
  const used = async () => (await served.engine.limits.show(served.engine.organization)).organization.used;
  const ask = (body: object = {}) =>
    post('/api/presence/sessions', {}, { orgId: served.engine.organization, purpose: 'Deploy', ...body });

  test.each<Kind>(['of 2025', 'SSE'])('counts what a client %s asks for, and nothing else', async (kind) => {
    const client = await connect(kind);
    await client.listTools();
    await expect(call(client, 'request_human_presence', { purpose: 'x', orgId: 'org_2' })).rejects.toThrow();
    expect(await used()).toBe(0);
    const { sessionId } = await call(client, 'request_human_presence', { purpose: 'Deploy' });
    await call(client, 'get_presence_token', { sessionId: sessionId!, waitSeconds: 0 });
    expect(await used()).toBe(1);
    await served.engine.limits.set(served.engine.organization, { monthly: 1 }, operator);
    await expect(call(client, 'request_human_presence', { purpose: 'Deploy' })).rejects.toThrow(
      /^MONTHLY_LIMIT_EXCEEDED: /,
    );
    expect(await ask()).toBe(429);
  });

  test('counts what the API is asked for', async () => {
    expect(await ask({ orgId: 'org_2' })).toBe(403);
    await expect.poll(used).toBe(0);
    expect(await ask()).toBe(201);
    expect(await used()).toBe(1);
  });
});

test('a batch is refused, so that each message counts as a request', async () => {
  const reply = await fetch(`${base}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify([list, { ...list, id: 2 }]),
  });
  expect(reply.status).toBe(400);
  expect(await reply.json()).toEqual({
    jsonrpc: '2.0',
    id: null,
    error: { code: -32_600, message: expect.stringContaining('batches') },
  });
});
