import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { recordedAccess, recordedKeys } from '../../test/support/recorded-access.ts';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import { Problem, problemCodes } from '../lib/problem.ts';
import { createFairOneAtATime } from '../lib/turns.ts';
import { SIGNED_BODY } from './bodies/read-json-bodies.ts';
import { defaultErrors } from './default-errors.ts';
import { untilClosed } from './listening/listen-on-host.ts';
import { createOwnHosts } from './listening/own-hosts.ts';
import { createMetrics } from './metrics.ts';
import { createServer, type ServerDeps } from './server.ts';
import { createStructuredLog } from './structured-log.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

function start(more: Partial<ServerDeps> = {}) {
  const lines: string[] = [];
  const log = createStructuredLog({ clock: systemClock, level: 'debug', write: (line) => lines.push(line) });
  const app = createServer({ access: recordedAccess(), log, ids: createIds(systemClock), ...more });
  running.push(app);
  const echo = z.object({ a: z.number().optional(), text: z.string().optional() });
  app.post('/echo', { config: { access: 'public' }, schema: { body: echo } }, async ({ body }) => body);
  app.post('/keyed/:token', { config: { access: 'identity' } }, async ({ caller }) => caller);
  app.get('/bug', { config: { access: 'public' } }, async () => {
    throw new Error('SELECT failed for alice@example.com with key prf_live_abcdefghijklmnopqrstuvwxyz');
  });
  app.get<{ Params: { code: string } }>(
    '/problem/:code',
    { config: { access: 'public' } },
    async ({ params }) => {
      throw new Problem(params.code as 'INTERNAL', 'A sentence.', { retryAfterSeconds: 0.4 });
    },
  );
  return { app, lines };
}

const key = { 'x-api-key': recordedKeys.live };

describe('createServer', () => {
  test('refuses to start with a route that does not say who may call it', async () => {
    const { app } = start();
    app.get('/forgotten', async () => 'secret');
    await expect(app.ready()).rejects.toThrow('GET /forgotten does not say who may call it');
  });

  test('refuses to start when a route requires a key and nothing can check keys', async () => {
    const app = createServer({ log: start().app.log, ids: createIds(systemClock) });
    app.get('/free', async () => 'x');
    app.get('/keyed', { config: { access: 'identity' } }, async () => 'x');
    await expect(app.ready()).rejects.toThrow('GET /keyed asks for a key');
  });

  test('an address with U+0000, which PostgreSQL cannot look for, is refused', async () => {
    const { app } = start();
    for (const url of ['/problem/a%00b', '/problem/NOT_FOUND?q=%00', '/nowhere/%00']) {
      const { statusCode, body } = await app.inject(url);
      expect([url, statusCode, JSON.parse(body).code]).toEqual([url, 400, 'INVALID_REQUEST']);
    }
    expect((await app.inject('/problem/NOT_FOUND?q=%2500')).statusCode).toBe(404);
  });

  test('answers with safe headers, and cookies are never spoken of', async () => {
    const { headers } = await start().app.inject({ method: 'POST', url: '/echo', payload: { a: 1 } });
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    expect(Object.keys(headers).filter((name) => /cookie|access-control|server|powered/.test(name))).toEqual(
      [],
    );
  });

  test.each(['abc', '6f1c0a52-9a0e-4f4e-8d0c-1c9b1f2f3a4b', 'Root=1-67891233-abcdef012345678912345678'])(
    'keeps the request id %s',
    async (id) => {
      const { headers, body } = await start().app.inject({
        url: '/nowhere',
        headers: { 'x-request-id': id },
      });
      expect(headers['x-request-id']).toBe(id);
      expect(JSON.parse(body).requestId).toBe(id);
    },
  );

  test.each(['', 'a b', 'a"b', 'x'.repeat(129), '<script>', 'alice@example.com', '../x'])(
    'replaces the request id %j by one of ours',
    async (id) => {
      const { headers } = await start().app.inject({ url: '/nowhere', headers: { 'x-request-id': id } });
      expect(headers['x-request-id']).toMatch(/^req_[0-9a-z]{26}$/);
    },
  );

  test('answers every problem code with its status', async () => {
    const { app } = start();
    for (const code of problemCodes) {
      const { statusCode, headers, body } = await app.inject({
        url: `/problem/${code}`,
        headers: { 'x-request-id': 'r1' },
      });
      expect(JSON.parse(body)).toEqual({ error: 'A sentence.', code, requestId: 'r1' });
      expect([code, statusCode]).toEqual([code, defaultErrors[code].status]);
      expect(headers['retry-after']).toBe('1');
      expect(headers['www-authenticate']).toBe(statusCode === 401 ? 'Bearer realm="gatehouse"' : undefined);
    }
  });

  test('a bug is logged whole, without what it quotes, and shown not at all', async () => {
    const { app, lines } = start();
    const { statusCode, body } = await app.inject({ url: '/bug', headers: { 'x-request-id': 'r1' } });
    expect([statusCode, JSON.parse(body)]).toEqual([
      500,
      {
        error:
          'Something went wrong inside Gatehouse, not with your request. The log has the details under this requestId.',
        code: 'INTERNAL',
        requestId: 'r1',
      },
    ]);
    const error = lines.map((line) => JSON.parse(line)).find(({ level }) => level === 'error');
    expect(error).toMatchObject({
      requestId: 'r1',
      route: '/bug',
      err: {
        message: 'SELECT failed for [e-mail] with key [key]',
        stack: expect.stringContaining('server.test.ts'),
      },
    });
  });

  test('says what a path takes, and nothing about a path that is not there', async () => {
    const { app } = start();
    app.get('/echo/:id', { config: { access: 'public' } }, async () => 'x');
    app.delete('/echo/:id', { config: { access: 'identity' } }, async () => 'x');
    for (const [method, url, allow, sentence] of [
      ['GET', '/echo', 'POST', '/echo does not take GET; it takes POST.'],
      ['PUT', '//echo/?a=1', 'POST', '//echo/ does not take PUT; it takes POST.'],
      ['PATCH', '/echo/7', 'GET, DELETE', '/echo/7 does not take PATCH; it takes GET or DELETE.'],
    ] as const) {
      const wrong = await app.inject({ method, url });
      expect([wrong.statusCode, wrong.headers.allow, wrong.json()]).toEqual([
        405,
        allow,
        expect.objectContaining({ error: sentence, code: 'METHOD_NOT_ALLOWED' }),
      ]);
    }
    const unknown = await app.inject({ method: 'POST', url: '/x/<b>?q=1', payload: '{' });
    expect([unknown.statusCode, unknown.json().code, unknown.json().error]).toEqual([
      404,
      'NOT_FOUND',
      'There is nothing at this address.',
    ]);
  });

  test.each<[string, Record<string, string>, string | undefined, number, string]>([
    ['broken JSON', { 'content-type': 'application/json' }, '{"a":', 400, 'MALFORMED_JSON'],
    ['an empty body', { 'content-type': 'application/json' }, '', 400, 'MALFORMED_JSON'],
    ['a wrong type', { 'content-type': 'application/json' }, '{"a":"1"}', 400, 'INVALID_REQUEST'],
    ['another media type', { 'content-type': 'text/plain' }, 'a=1', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a media type that is none', { 'content-type': 'json' }, '{}', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a compressed body',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      'x',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'too much',
      { 'content-type': 'application/json' },
      `{"text":"${'x'.repeat(2000)}"}`,
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ['__proto__', { 'content-type': 'application/json' }, '{"__proto__":{"a":1}}', 400, 'MALFORMED_JSON'],
    ['no body', {}, undefined, 400, 'INVALID_REQUEST'],
  ])('refuses %s', async (_, headers, payload, status, code) => {
    const { app } = start({ limits: { body: 1000 } });
    const response = await app.inject({
      method: 'POST',
      url: '/echo',
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    expect([response.statusCode, response.json().code]).toEqual([status, code]);
  });

  test('a path that cannot be decoded', async () => {
    const response = await start().app.inject({ url: '/problem/%zz', headers: { 'x-request-id': 'r1' } });
    expect([response.statusCode, response.json(), response.headers['x-request-id']]).toEqual([
      400,
      { error: 'The path of this request cannot be decoded.', code: 'INVALID_REQUEST', requestId: 'r1' },
      'r1',
    ]);
  });

  test('keys are asked for before the body is read', async () => {
    const { app } = start();
    const response = await app.inject({
      method: 'POST',
      url: '/keyed/t',
      headers: { 'content-type': 'application/json' },
      payload: '{"a":',
    });
    expect([response.statusCode, response.json().code]).toEqual([401, 'MISSING_AUTH']);
  });

  test('the caller is the key’s, and only its own page may read the answer', async () => {
    const { app } = start();
    const ask = (headers: Record<string, string>) =>
      app.inject({ method: 'POST', url: '/keyed/t', headers: { ...key, ...headers } });
    const own = await ask({ origin: 'https://app.example.com' });
    expect(own.json()).toMatchObject({ key: 'key_live', organization: 'org_recorded', world: 'live' });
    expect(own.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      vary: 'Origin',
    });
    expect((await ask({})).headers['access-control-allow-origin']).toBeUndefined();
    const server = await ask({ 'x-api-key': recordedKeys.test, origin: 'https://app.example.com' });
    expect([server.statusCode, server.headers['access-control-allow-origin']]).toEqual([200, undefined]);
  });

  test('a page of another origin reads that its key is not for that origin, and nothing else', async () => {
    const { app } = start();
    const ask = (headers: Record<string, string>) =>
      app.inject({
        method: 'POST',
        url: '/keyed/t',
        headers: { origin: 'https://evil.example', ...headers },
      });
    const refused = await ask(key);
    expect([refused.statusCode, refused.json().code, refused.headers['access-control-allow-origin']]).toEqual(
      [403, 'ORIGIN_NOT_ALLOWED', 'https://evil.example'],
    );
    expect(refused.headers['access-control-allow-credentials']).toBeUndefined();
    for (const unreadable of [
      await ask({}),
      await ask({ 'x-api-key': `gh_live_${'0'.repeat(32)}` }),
      await ask({ 'x-api-key': recordedKeys.otherScope }),
      await ask({ 'x-api-key': recordedKeys.test }),
    ])
      expect(unreadable.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('requests over the limit are refused before the body is read, with the time to wait; the outcome of the others is reported', async () => {
    const outcomes: unknown[] = [];
    let full = false;
    const { app } = start({
      admission: {
        async admit({ lineage: id }, { metered, address }) {
          if (full) throw new Problem('BURST_LIMIT_EXCEEDED', 'Too many.', { retryAfterSeconds: 4.2 });
          return { answered: (problem) => outcomes.push([id, metered, problem, address]) };
        },
        meter: () => {
          throw new Error('No route answers repeats.');
        },
      },
    });
    app.post('/costly', { config: { access: 'identity', metered: true } }, async () => {
      throw new Problem('CHECK_FAILED', 'No.');
    });
    app.post('/page', { config: { access: 'sessions' } }, async () => ({}));
    const ask = (url: string, payload = '{}') =>
      app.inject({
        method: 'POST',
        url,
        headers: { ...key, 'content-type': 'application/json', origin: 'https://app.example.com' },
        payload,
      });
    await ask('/keyed/t');
    await ask('/costly');
    await ask('/costly', '{');
    await app.inject({ method: 'POST', url: '/echo', payload: {} });
    // All visitors of a page have its key.
    await app.inject({
      method: 'POST',
      url: '/page',
      headers: { 'x-api-key': recordedKeys.browser },
      remoteAddress: '192.0.2.7',
    });
    full = true;
    const { statusCode, headers, body } = await ask('/costly', '{');
    expect([statusCode, JSON.parse(body).code, headers['retry-after']]).toEqual([
      429,
      'BURST_LIMIT_EXCEEDED',
      '5',
    ]);
    expect(headers['access-control-expose-headers']).toContain('retry-after');
    expect(outcomes).toEqual([
      ['key_live', false, null, undefined],
      ['key_live', true, 'CHECK_FAILED', undefined],
      ['key_live', true, 'MALFORMED_JSON', undefined],
      ['key_browser', false, null, '192.0.2.7'],
    ]);
  });

  test('a preflight is answered where keys are taken, and nowhere else', async () => {
    const { app } = start();
    const preflight = (url: string) =>
      app.inject({
        method: 'OPTIONS',
        url,
        headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST' },
      });
    const keyed = await preflight('/keyed/t');
    expect([keyed.statusCode, keyed.headers['access-control-allow-methods']]).toEqual([204, 'POST']);
    expect(keyed.headers['access-control-allow-credentials']).toBeUndefined();
    const free = await app.inject({
      method: 'OPTIONS',
      url: '/echo',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect([free.statusCode, free.headers['access-control-allow-origin']]).toEqual([405, undefined]);
  });

  test('a page of a known origin reads every error, also where only the preflight would fail', async () => {
    const { app } = start({
      limits: { body: 100 },
      hosts: createOwnHosts({
        listen: '127.0.0.1',
        allowed: [],
        hostName: () => 'gate',
        addresses: () => [],
      }),
    });
    const cases: [number, 'GET' | 'POST' | 'PUT', string, Record<string, string>, string?][] = [
      [401, 'POST', '/keyed/t', {}],
      [401, 'POST', '/keyed/t', { 'x-api-key': `gh_live_${'0'.repeat(32)}` }],
      [403, 'POST', '/keyed/t', { 'x-api-key': recordedKeys.otherScope }],
      [400, 'POST', '/keyed/t', { ...key, 'content-type': 'application/json' }, '{'],
      [400, 'POST', '/keyed/t', { 'x-api-key': recordedKeys.test, 'content-type': 'application/json' }, '{'],
      [413, 'POST', '/keyed/t', { ...key, 'content-type': 'application/json' }, 'x'.repeat(101)],
      [415, 'POST', '/keyed/t', { ...key, 'content-type': 'text/plain' }, 'x'],
      [405, 'PUT', '/keyed/t', key],
      [404, 'GET', '/nowhere', key],
      [400, 'GET', '/problem/%zz', key],
      [500, 'GET', '/bug', key],
      [421, 'POST', '/keyed/t', { ...key, host: 'other.example' }],
    ];
    for (const [status, method, url, headers, payload] of cases) {
      for (const origin of ['https://app.example.com', 'https://evil.example']) {
        const known = origin === 'https://app.example.com' ? origin : undefined;
        const page = { ...headers, origin };
        const request = { method, url, headers: page, ...(payload !== undefined && { payload }) };
        const reply = await app.inject(request);
        const sent = known === undefined && headers['x-api-key'] === key['x-api-key'] && status !== 500;
        const seen = [reply.statusCode, reply.headers['access-control-allow-origin']];
        // A key of another origin is refused first, which its page may read.
        if (!sent) expect([url, ...seen]).toEqual([url, status, known]);
        else expect([url, seen[1]]).toEqual([url, reply.statusCode === 403 ? origin : undefined]);
        if (known === undefined || url === '/problem/%zz') continue;
        const preflight = await app.inject({
          method: 'OPTIONS',
          url,
          headers: {
            origin,
            'access-control-request-method': method,
            ...(headers.host && { host: headers.host }),
          },
        });
        expect([url, preflight.statusCode, preflight.headers['access-control-allow-methods']]).toEqual([
          url,
          204,
          method,
        ]);
      }
    }
  });

  test('the address behind a trusted proxy is believed, behind any other it is not', async () => {
    for (const [trustedProxies, expected] of [
      [['127.0.0.1'], '203.0.113.9'],
      [['loopback'], '203.0.113.9'],
      [['uniquelocal'], '127.0.0.1'],
      [[], '127.0.0.1'],
      [['10.0.0.0/8'], '127.0.0.1'],
    ] as const) {
      const { app, lines } = start({ trustedProxies });
      await app.inject({
        method: 'POST',
        url: '/echo',
        headers: { 'x-forwarded-for': '203.0.113.9' },
        payload: {},
      });
      expect(JSON.parse(lines.at(-1)!).address).toBe(expected);
    }
  });

  test('ports, brackets and zones of proxies are no part of the address, and Forwarded is read where it stands alone', async () => {
    for (const [name, sent, expected] of [
      ['x-forwarded-for', '203.0.113.9:567', '203.0.113.9'],
      ['x-forwarded-for', '[2001:db8::17]:567', '2001:db8::17'],
      ['x-forwarded-for', '198.51.100.1, fe80::1%eth0, 10.0.0.2:80', 'fe80::1'],
      ['forwarded', 'for="203.0.113.9:567";proto=https, for=10.0.0.2', '203.0.113.9'],
    ] as const) {
      const { app, lines } = start({ trustedProxies: ['127.0.0.1', '10.0.0.2'] });
      await app.inject({ method: 'POST', url: '/echo', headers: { [name]: sent }, payload: {} });
      expect([sent, JSON.parse(lines.at(-1)!).address]).toEqual([sent, expected]);
    }
  });

  test('a path of thousands of segments is taken apart as often with many routes as with few', async () => {
    const url = '/a'.repeat(5_000);
    async function timesTakenApart(routes: number): Promise<number> {
      const { app } = start();
      for (let i = 0; i < routes; i++)
        app.get(`/route-${i}/*`, { config: { access: 'public' } }, async () => i);
      await app.ready();
      const split = vi.spyOn(String.prototype, 'split');
      expect((await app.inject(url)).statusCode).toBe(404);
      const times = split.mock.contexts.filter((text) => String(text) === url).length;
      split.mockRestore();
      return times;
    }
    expect(await timesTakenApart(30)).toBe(await timesTakenApart(0));
  });

  test('a page under a path prefix is refused with what to do instead, whether the proxy strips the prefix or not', async () => {
    const { app } = start();
    const html = { accept: 'text/html,*/*;q=0.8' };
    const ask = async (url: string, headers: Record<string, string> = {}) => {
      const { statusCode, body } = await app.inject({ url, headers });
      return [statusCode, JSON.parse(body).error];
    };
    const refused = [404, expect.stringContaining('A path prefix such as /gatehouse is not supported')];
    expect(await ask('/gatehouse/bug')).toEqual(refused);
    expect(await ask('/gatehouse/', html)).toEqual(refused);
    expect(await ask('/bug', { ...html, 'x-forwarded-prefix': '/gatehouse' })).toEqual(refused);
    expect((await ask('/a/b/problem/NOT_FOUND'))[1]).toContain('such as /a/b is');
    expect((await ask('/%3Cscript%3E/bug'))[1]).toContain('A path prefix is not supported');
    // Programs work under a prefix that is stripped, and no prefix is none.
    for (const [headers, status] of [
      [{ 'x-forwarded-prefix': '/gatehouse' }, 409],
      [{ ...html, 'x-forwarded-prefix': '/' }, 409],
      [{ ...html, 'x-forwarded-prefix': '' }, 409],
    ] as const)
      expect((await ask('/problem/CONFLICT', headers))[0]).toBe(status);
    expect(await ask('/nothing/here', html)).toEqual([404, 'There is nothing at this address.']);
  });

  test('the log names a request by ids and holds none of its content', async () => {
    const { app, lines } = start();
    const picture = Buffer.alloc(3000, 7).toString('base64');
    await app.inject({
      method: 'POST',
      url: '/keyed/hosted-token-1234?email=alice@example.com&picture=1',
      headers: { ...key, 'user-agent': 'SecretAgent', cookie: 'session=1', 'x-request-id': 'r1' },
      payload: { email: 'bob@example.com', image: picture },
    });
    await app.inject({
      method: 'POST',
      url: '/keyed/t',
      headers: { 'x-api-key': 'prf_live_wrongwrongwrongwrongwrong' },
    });
    await app.inject({ url: '/unknown/carol@example.com/gh_live_0123456789abcdefghijk' });
    await app.inject({
      method: 'POST',
      url: '/echo',
      headers: { 'content-type': 'application/json' },
      payload: '{"a":"dave@example.com"',
    });
    await app.inject({ url: '/bug' });
    const text = lines.join('');
    expect(text).not.toMatch(
      /alice|bob|carol|dave|example\.com|SecretAgent|session=|hosted-token|picture|wrongwrong|0123456789|BwcHBwcH/,
    );
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      requestId: 'r1',
      method: 'POST',
      route: '/keyed/:token',
      status: 200,
      milliseconds: expect.any(Number),
      address: '127.0.0.1',
      key: 'key_live',
      organization: 'org_recorded',
      world: 'live',
      msg: 'request',
    });
    expect(
      lines
        .map((line) => JSON.parse(line))
        .filter(({ msg }) => msg === 'request')
        .map(({ route, code }) => [route, code]),
    ).toEqual([
      ['/keyed/:token', undefined],
      ['/keyed/:token', 'INVALID_API_KEY'],
      ['unmatched', 'NOT_FOUND'],
      ['/echo', 'MALFORMED_JSON'],
      ['/bug', 'INTERNAL'],
    ]);
  });

  test('metrics are labelled by pattern, never by address', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const { app } = start({ metrics });
    await app.inject({ method: 'POST', url: '/keyed/secret-token', headers: key });
    await app.inject({ url: '/secret/path' });
    const text = await metrics.render([]);
    expect(text).toContain(
      'gatehouse_http_requests_total{method="POST",route="/keyed/:token",status="200",world="live"} 1',
    );
    expect(text).toContain(
      'gatehouse_http_requests_total{method="GET",route="unmatched",status="404",world="none"} 1',
    );
    expect(text).not.toContain('secret');
  });

  test('a handler that never ends is given up', async () => {
    const { app } = start({ limits: { handler: 20 } });
    app.get('/slow', { config: { access: 'public' } }, () => new Promise(() => {}));
    const { statusCode, headers, body } = await app.inject('/slow');
    expect([statusCode, JSON.parse(body).code, headers['retry-after']]).toEqual([503, 'TIMEOUT', '2']);
  });
});

describe('over a real socket', () => {
  async function listen(more: Partial<ServerDeps> = {}) {
    const { app, lines } = start(more);
    await app.listen({ host: '127.0.0.1', port: 0 });
    return { app, lines, port: (app.server.address() as AddressInfo).port };
  }

  const raw = (port: number, text: string) =>
    new Promise<string>((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('end', () => resolve(answer));
      socket.on('error', reject);
    });

  test('a caller that left before the answer holds up no process that stops', async () => {
    const [set, cleared] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')];
    const { app } = start({ limits: { handler: 3_600_000 } });
    const answered = Promise.withResolvers<void>();
    app.post('/slow', { config: { access: 'public' } }, async (_, { raw: response }) => {
      caller.destroy();
      await once(response, 'close');
      answered.resolve();
      return {};
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const caller = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    caller.write(
      'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    );
    await answered.promise;
    await app.close();
    const own = set.mock.calls.findIndex(([, after]) => after === 3_600_000);
    expect(cleared.mock.calls.map(([timer]) => timer)).toContain(set.mock.results[own]?.value);
    for (const spy of [set, cleared]) spy.mockRestore();
  });

  test('a key that is revoked while the body comes is refused', async () => {
    const access = recordedAccess();
    const asked = Promise.withResolvers<void>();
    let revoked = false;
    const { app } = start({
      limits: { late: 0 },
      access: {
        ...access,
        async authenticate(request) {
          asked.resolve();
          return access.authenticate({ ...request, ...(revoked && { credential: undefined }) });
        },
      },
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    running.push({ close: async () => socket.destroy() });
    socket.write(
      `POST /keyed/x HTTP/1.1\r\nHost: x\r\nX-API-Key: ${recordedKeys.live}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{`,
    );
    await asked.promise;
    revoked = true;
    socket.write('}');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 401/);
  });

  test('input that is not HTTP, and a head too long, are answered in the same format', async () => {
    const { port } = await listen();
    for (const [text, status, code] of [
      ['HELLO\r\n\r\n', '400 Bad Request', 'INVALID_REQUEST'],
      [
        `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
        '431 Request Header',
        'PAYLOAD_TOO_LARGE',
      ],
      ['CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n', '405 Method Not Allowed', 'INVALID_REQUEST'],
      [
        'POST /echo HTTP/1.1\r\nHost: x\r\nExpect: more\r\nContent-Length: 2\r\n\r\n{}',
        '417 Expectation Failed',
        'INVALID_REQUEST',
      ],
    ] as const) {
      const answer = await raw(port, text);
      expect(answer).toContain(`HTTP/1.1 ${status}`);
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toEqual({
        error: expect.any(String),
        code,
        requestId: expect.stringMatching(/^req_/),
      });
    }
  });

  test('a client that asks for a tunnel and resets the connection ends nothing but that', async () => {
    const { app, port } = await listen();
    const socket = connect(port, '127.0.0.1');
    const [, served] = await Promise.all([
      once(socket, 'data'),
      once(app.server, 'connect').then(([, one]) => one as Socket),
      socket.write('CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n'),
    ]);
    socket.resetAndDestroy();
    // An error that nothing listens for ends the process, and this run.
    await new Promise((resolve) => served.once('close', resolve));
    expect(await raw(port, 'GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain(
      'HTTP/1.1 404',
    );
  });

  test('a signed body is kept as it came, up to the largest that a digest is checked of', async () => {
    const { app } = start();
    const config = { access: 'public' } as const;
    app.post('/signed', { config }, async ({ signedBody }) => ({ bytes: signedBody?.length }));
    const bytes = async (length: number, headers = {}) => {
      const payload = `{"a":"${'x'.repeat(length - 8)}"}`;
      const all = { 'content-type': 'application/json', ...headers };
      return (await app.inject({ method: 'POST', url: '/signed', headers: all, payload })).json().bytes;
    };
    const signed = { 'signature-input': 'sig=()' };
    expect(await bytes(SIGNED_BODY, signed)).toBe(SIGNED_BODY);
    expect([await bytes(SIGNED_BODY + 1, signed), await bytes(100)]).toEqual([undefined, undefined]);
  });

  test('of two Authorization headers neither counts', async () => {
    const { port } = await listen();
    const answer = await raw(
      port,
      `POST /keyed/t HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${recordedKeys.live}\r\nAuthorization: Bearer other\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(answer).toContain('HTTP/1.1 400 ');
    expect(answer).toContain('Send the header authorization once.');
  });

  test('what a request does is done for its caller: many of one group leave a turn to another', async () => {
    const { app } = start();
    const inTurn = createFairOneAtATime({ patience: 60_000, refuse: () => new Error() });
    const first = Promise.withResolvers<void>();
    void inTurn(() => first.promise);
    const came: string[] = [];
    const order: string[] = [];
    for (const [path, access] of [
      ['/open', 'public'],
      ['/own', 'identity'],
    ] as const)
      app.post(path, { config: { access }, schema: { body: z.object({}) } }, async () => {
        came.push(path);
        return { at: await inTurn(async () => order.push(path)) };
      });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const headers = { ...key, 'content-type': 'application/json' };
    const post = (path: string) => fetch(url + path, { method: 'POST', headers, body: '{}' });
    const open = Array.from({ length: 12 }, () => post('/open'));
    await expect.poll(() => came).toHaveLength(12);
    const own = post('/own');
    await expect.poll(() => came).toHaveLength(13);
    first.resolve();
    await Promise.all([...open, own]);
    expect(order.indexOf('/own')).toBeLessThan(2);
  });

  test('bodies that are still on their way are counted, and one caller cannot hold them all', async () => {
    const { app } = start({ limits: { body: 1000, bodies: 1000 } });
    const begun = Promise.withResolvers<void>();
    app.addHook('preParsing', async () => begun.resolve());
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const head = (bytes: number) =>
      `POST /keyed/t HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx-api-key: ${recordedKeys.live}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`;
    const slow = connect(port, '127.0.0.1', () => slow.write(head(400)));
    await begun.promise;
    const refused = await raw(port, `${head(200)}${'1'.repeat(200)}`);
    expect(refused).toContain('HTTP/1.1 503 ');
    expect(refused.toLowerCase()).toContain('retry-after: 1');
    expect(refused).toContain('"code":"OVERLOADED"');

    slow.destroy();
    const answer = async () => raw(port, `${head(2)}{}`);
    let text = await answer();
    while (text.includes('HTTP/1.1 503')) text = await answer();
    expect(text).toContain('HTTP/1.1 200 ');
  });

  test('bodies of one address without a key are counted too, and leave room for those with one', async () => {
    const { app } = start({ limits: { body: 1000, bodies: 1000 } });
    const begun = Promise.withResolvers<void>();
    app.addHook('preParsing', async () => begun.resolve());
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const head = (path: string, bytes: number) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx-api-key: ${recordedKeys.live}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`;
    const slow = connect(port, '127.0.0.1', () => slow.write(head('/echo', 100)));
    await begun.promise;
    const body = JSON.stringify({ text: 'x'.repeat(90) });
    const refused = await raw(port, `${head('/echo', body.length)}${body}`);
    expect(refused).toContain('HTTP/1.1 503 ');
    expect(refused).toContain('"code":"OVERLOADED"');
    expect(await raw(port, `${head('/keyed/t', body.length)}${body}`)).toContain('HTTP/1.1 200 ');
    slow.destroy();
  });

  test('who hangs up while a request waits for something holds no room for its body', async () => {
    let waiting = 0;
    const go = Promise.withResolvers<void>();
    const catchUp = async () => {
      waiting++;
      await go.promise;
    };
    const { app } = start({ limits: { body: 1000, bodies: 1000 }, position: { catchUp } });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    for (const path of ['/echo', '/keyed/t']) {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: x\r\nx-api-key: ${recordedKeys.live}\r\n` +
            'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
        ),
      );
      const before = waiting;
      await expect.poll(() => waiting).toBe(before + 1);
      socket.destroy();
    }
    const open = () => new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)));
    await expect.poll(open).toBe(0);
    go.resolve();
    const body = JSON.stringify({ text: 'x' });
    for (const path of ['/echo', '/keyed/t']) {
      const answer = await raw(
        port,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nx-api-key: ${recordedKeys.live}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      expect(answer).toContain('HTTP/1.1 200 ');
    }
  });

  test('a handler learns that its caller hung up, and not before', async () => {
    const { app } = start();
    const reached = Promise.withResolvers<AbortSignal>();
    app.post('/patient', { config: { access: 'public' } }, async (_, reply) => {
      const signal = untilClosed(reply);
      reached.resolve(signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return 'never read';
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const caller = connect(port, '127.0.0.1', () =>
      caller.write(
        'POST /patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
      ),
    );
    const signal = await reached.promise;
    // A whole other exchange: what would have aborted with the body has by now.
    await app.inject({ method: 'POST', url: '/echo', payload: { a: 1 } });
    expect(signal.aborted).toBe(false);
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    caller.destroy();
    await aborted;
    expect(signal.aborted).toBe(true);
  });

  test('a caller who sends far too much still gets to read why', async () => {
    const { port } = await listen({ limits: { body: 1000 } });
    for (const announced of [true, false]) {
      const answer = await new Promise<{ status?: number | undefined; body: string }>((resolve, reject) => {
        const body = Buffer.alloc(8 * 1024 * 1024, 0x20);
        const outgoing = httpRequest(
          {
            port,
            method: 'POST',
            path: '/echo',
            headers: {
              'content-type': 'application/json',
              ...(announced ? { 'content-length': body.length } : {}),
            },
          },
          (response: IncomingMessage) => {
            let text = '';
            response.on('data', (chunk) => {
              text += chunk;
            });
            response.on('end', () => resolve({ status: response.statusCode, body: text }));
          },
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      });
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    }
  });

  test('stopping lets what is running finish, and does not wait for connections kept alive', async () => {
    const { app } = start();
    const entered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    app.get('/slow', { config: { access: 'public' } }, async () => {
      entered.resolve();
      await gate.promise;
      return 'done';
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const response = new Promise<(string | undefined)[]>((resolve, reject) => {
      const outgoing = httpRequest(
        { port, path: '/slow', agent: new Agent({ keepAlive: true }) },
        (incoming) => {
          incoming.resume();
          incoming.on('end', () => resolve([String(incoming.statusCode), incoming.headers.connection]));
        },
      );
      outgoing.on('error', reject);
      outgoing.end();
    });
    await entered.promise;
    const closed = app.close();
    await expect(raw(port, 'GET /slow HTTP/1.1\r\n\r\n')).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
    gate.resolve();
    expect(await response).toEqual(['200', 'close']);
    await closed;
  });
});
