import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { createOwnHosts } from '../../service/http/listening/own-hosts.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { openEventsOut } from '../support/events-out.ts';
import { operatorParts } from '../support/operator-parts.ts';
import { startStaff } from '../support/staff.ts';

const HOST = 'localhost:7300';
const ORIGIN = `http://${HOST}`;
const PASSWORD = 'wet gravel under pines';
const ada = { email: 'ada@example.com', password: PASSWORD };

let staff: Awaited<ReturnType<typeof startStaff>>;
let app: FastifyInstance;
beforeAll(async () => {
  staff = await startStaff();
  app = await createPublicServer(
    {
      ...staff,
      ...operatorParts,
      ...(await openEventsOut(staff)),
      access: createAccess({ ...staff, log: silentLog }),
      metrics: createMetrics({ processMetrics: false }),
      log: silentLog,
    },
    { trustedProxies: [], hosts: createOwnHosts({ listen: '127.0.0.1', allowed: [] }) },
  );
  await app.ready();
});
afterAll(async () => {
  await app?.close();
  await staff?.stop();
});

interface Sent {
  method?: 'GET' | 'POST' | 'DELETE' | 'PATCH';
  body?: object | string;
  headers?: Record<string, string>;
  from?: string;
}
async function send(url: string, { method = 'POST', body, headers = {}, from = '10.0.0.1' }: Sent = {}) {
  const reply = await app.inject({
    method,
    url,
    remoteAddress: from,
    headers: { host: HOST, ...headers },
    ...(body !== undefined && { payload: body }),
  });
  return {
    status: reply.statusCode,
    headers: reply.headers,
    body: reply.body === '' ? undefined : reply.json(),
    cookie: reply.headers['set-cookie'] as string | undefined,
  };
}

const own = { 'sec-fetch-site': 'same-origin', origin: ORIGIN };

async function signInByCookie() {
  const { body, cookie } = await send('/api/auth/login', { body: { ...ada, cookie: true }, headers: own });
  const pair = cookie!.split(';')[0]!;
  return {
    cookie: pair,
    csrf: body.csrf as string,
    headers: { ...own, cookie: pair, 'x-csrf-token': body.csrf },
  };
}

describe('signing in', () => {
  test.each(['/api/auth/login', '/api/v1/auth/login'])(
    '%s answers an access token, which works as Bearer',
    async (url) => {
      const { status, body, cookie } = await send(url, { body: ada });
      expect([status, cookie, body]).toEqual([
        200,
        undefined,
        {
          token: expect.any(String),
          expiresAt: expect.any(String),
          user: { id: staff.ada.id, email: 'ada@example.com', role: 'owner' },
        },
      ]);
      expect(Date.parse(body.expiresAt) - staff.clock.now()).toBeLessThanOrEqual(15 * 60_000);
      const headers = { authorization: `Bearer ${body.token}` };
      const session = await send('/api/auth/session', { method: 'GET', headers });
      expect(session.body).toEqual({
        user: expect.objectContaining({ id: staff.ada.id, orgId: staff.organization, applianceOwner: true }),
        expiresAt: expect.any(String),
      });
      const keys = await send('/api/admin/keys', { method: 'GET', headers });
      expect([keys.status, keys.body]).toEqual([200, { items: [] }]);
    },
  );

  test('with `cookie` the page gets no token, and its script cannot read the session', async () => {
    const { status, body, cookie } = await send('/api/auth/login', {
      body: { ...ada, cookie: true },
      headers: own,
    });
    expect([status, body]).toEqual([
      200,
      {
        user: {
          id: staff.ada.id,
          email: 'ada@example.com',
          name: 'Ada Lovelace',
          role: 'owner',
          orgId: staff.organization,
          applianceOwner: true,
          factorDueAt: expect.any(String),
        },
        csrf: expect.any(String),
        expiresAt: expect.any(String),
      },
    ]);
    expect(cookie).toMatch(
      /^__Host-gatehouse-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    const session = await send('/api/auth/session', {
      method: 'GET',
      headers: { cookie: cookie!.split(';')[0]! },
    });
    expect(session.body).toEqual(body);
  });

  test('signed out, the session and its access tokens are over, and the cookie is removed', async () => {
    const { headers } = await signInByCookie();
    const { body } = await send('/api/auth/sessions', { method: 'GET', headers });
    const { id } = body.items.find(({ current }: { current: boolean }) => current);
    const { token } = await staff.tokens.issue(
      { administrator: staff.ada.id, session: id },
      Number.MAX_SAFE_INTEGER,
    );
    const bearer = { authorization: `Bearer ${token}` };
    expect((await send('/api/auth/session', { method: 'GET', headers: bearer })).status).toBe(200);
    const out = await send('/api/auth/logout', { headers });
    expect([out.status, out.cookie]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    for (const one of [headers, bearer]) {
      expect((await send('/api/auth/session', { method: 'GET', headers: one })).body.code).toBe(
        'MISSING_AUTH',
      );
    }
  });

  test('a session that is ended from another one is over', async () => {
    const one = await signInByCookie();
    const two = await signInByCookie();
    const { body } = await send('/api/auth/sessions', { method: 'GET', headers: one.headers });
    const { id } = body.items.find(({ current }: { current: boolean }) => current);
    expect((await send(`/api/auth/sessions/${id}`, { method: 'DELETE', headers: two.headers })).status).toBe(
      204,
    );
    expect((await send('/api/auth/session', { method: 'GET', headers: one.headers })).status).toBe(401);
    expect((await send('/api/auth/session', { method: 'GET', headers: two.headers })).status).toBe(200);
  });
});

describe('a page of another origin', () => {
  const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };

  test('changes nothing with the cookie of a signed-in administrator, whatever it sends along', async () => {
    const { headers, cookie, csrf } = await signInByCookie();
    const attempts: Record<string, string>[] = [
      { ...evil, cookie },
      { ...evil, cookie, 'x-csrf-token': csrf },
      { cookie, 'content-type': 'text/plain' },
      { cookie },
      { cookie, 'x-csrf-token': 'guess', 'sec-fetch-site': 'same-origin' },
      { cookie, origin: 'null', 'x-csrf-token': csrf },
      { cookie, origin: 'http://localhost:9999', 'sec-fetch-site': 'same-site', 'x-csrf-token': csrf },
    ];
    for (const sent of attempts) {
      const { status, body } = await send('/api/admin/sites', {
        headers: sent,
        body: JSON.stringify({ name: 'Evil' }),
      });
      expect([status, body.code]).toEqual([403, 'CSRF_REFUSED']);
    }
    const { body } = await send('/api/admin/sites', { method: 'GET', headers });
    expect(body).toEqual({ items: [] });
  });

  test('cannot sign its visitor in with another account', async () => {
    const { status, body, cookie } = await send('/api/auth/login', {
      body: { ...ada, cookie: true },
      headers: evil,
    });
    expect([status, body.code, cookie]).toEqual([403, 'CSRF_REFUSED', undefined]);
  });

  test('reads no answer, and frames no page', async () => {
    const { headers } = await signInByCookie();
    for (const url of ['/api/auth/session', '/api/admin/keys', '/']) {
      const reply = await send(url === '/' ? '/openapi.json' : url, {
        method: 'GET',
        headers: { cookie: headers.cookie, ...(url === '/' ? evil : {}) },
      });
      expect(reply.headers['access-control-allow-credentials']).toBeUndefined();
      expect(reply.headers['x-frame-options']).toBe('DENY');
      expect(reply.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(reply.headers['cross-origin-resource-policy']).toBe('same-origin');
    }
  });
});

describe('session fixation', () => {
  test('signing in never takes a secret that the browser brought', async () => {
    const planted = 'A'.repeat(43);
    const { cookie } = await send('/api/auth/login', {
      body: { ...ada, cookie: true },
      headers: { ...own, cookie: `__Host-gatehouse-session=${planted}` },
    });
    expect(cookie).not.toContain(planted);
    const asPlanted = await send('/api/auth/session', {
      method: 'GET',
      headers: { cookie: `__Host-gatehouse-session=${planted}` },
    });
    expect(asPlanted.body.code).toBe('MISSING_AUTH');
  });

  test('each sign-in has a secret of its own', async () => {
    const [one, two] = [await signInByCookie(), await signInByCookie()];
    expect(one.cookie).not.toBe(two.cookie);
    expect(one.csrf).not.toBe(two.csrf);
  });

  test('the token of one session opens no change in another', async () => {
    const [one, two] = [await signInByCookie(), await signInByCookie()];
    const { status, body } = await send('/api/admin/sites', {
      headers: { ...one.headers, 'x-csrf-token': two.csrf },
      body: { name: 'Mixed' },
    });
    expect([status, body.code]).toEqual([403, 'CSRF_REFUSED']);
  });
});

describe('guessing', () => {
  test('the answer is the same for a wrong password and an unknown address', async () => {
    const answers = [];
    for (const email of ['ada@example.com', 'stranger@example.com']) {
      const { status, body } = await send('/api/auth/login', {
        body: { email, password: 'wrong' },
        from: '10.9.0.1',
      });
      answers.push({ status, code: body.code, error: body.error });
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ status: 401, code: 'SIGN_IN_REFUSED' });
  });

  test('it is slowed down for the account at this address, and not for its owner at another', async () => {
    const statuses = [];
    for (let i = 0; i < 12; i++) {
      const { status, headers } = await send('/api/auth/login', {
        body: { ...ada, password: `guess ${i}` },
        from: '10.9.9.9',
      });
      statuses.push(status);
      if (status === 429) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(statuses.slice(0, 5)).toEqual(Array(5).fill(401));
    expect(statuses.slice(-4)).toEqual(Array(4).fill(429));
    // Also with the right password, so that a right guess looks the same as a wrong one.
    expect((await send('/api/auth/login', { body: ada, from: '10.9.9.9' })).status).toBe(429);
    expect((await send('/api/auth/login', { body: ada, from: '10.0.0.7' })).status).toBe(200);
  });
});

test('over plain HTTP from another machine no cookie is given: browsers would drop it without a word', async () => {
  const { status, body, cookie } = await send('/api/auth/login', {
    body: { ...ada, cookie: true },
    headers: { host: '10.0.0.5:7300', origin: 'http://10.0.0.5:7300' },
  });
  // This machine has no such address: the host is refused before.
  expect([status, body.code, cookie]).toEqual([421, 'HOST_NOT_ALLOWED', undefined]);
});

test('a key of the organization does not stand in for an administrator', async () => {
  const { status, body } = await send('/api/auth/session', {
    method: 'GET',
    headers: { 'x-api-key': 'gh_live_0123456789abcdefghijklmnopqrstuv' },
  });
  expect([status, body.code]).toEqual([401, 'INVALID_API_KEY']);
});

beforeEach(() => {
  // Each test signs in anew; waits of earlier ones are over.
  staff.advance(20 * 60_000);
});
