import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { certificate, certificateKey } from '../../../../test/support/certificate.ts';
import { HumaError } from './huma-error.ts';
import { type VerifyWithSignalsOptions, verifyWithSignals } from './judge.ts';
import { verify } from './verify.ts';

const signals = { v: 1, sid: 'abcdefghijklmnop', counts: { move: 12, down: 1 }, env: { wd: 0 } };
const human = { human: true, confidence: 0.92, token: 'h_verified_Kd3mP8luYMC2Mi1x', pii_stored: false };

let asked: { url: string; init: RequestInit }[];
let answer: () => Promise<Response> | Response;
const send = (async (url: string, init: RequestInit) => {
  asked.push({ url, init });
  const reply = await answer();
  init.signal?.throwIfAborted();
  return reply;
}) as typeof fetch;
const options = (more: Partial<VerifyWithSignalsOptions> = {}): VerifyWithSignalsOptions => ({
  apiKey: 'huma_live_key',
  baseUrl: 'https://gate.example/',
  userId: 'user_123',
  signals,
  fetch: send,
  ...more,
});
const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

let warned: unknown[];

beforeEach(() => {
  asked = [];
  warned = [];
  vi.spyOn(console, 'warn').mockImplementation((text) => warned.push(text));
  answer = () => json(200, human);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a judgement', () => {
  test('is asked for with the forwarded signals and the key', async () => {
    expect(await verifyWithSignals(options())).toEqual({ ...human, score: 92 });
    const [{ url, init }] = asked as [(typeof asked)[0]];
    expect({ url, ...init, body: JSON.parse(String(init.body)), signal: undefined }).toEqual({
      url: 'https://gate.example/api/v1/verify',
      method: 'POST',
      headers: {
        authorization: 'Bearer huma_live_key',
        accept: 'application/json',
        'content-type': 'application/json',
      },
      body: { userId: 'user_123', sessionData: signals },
      // A redirect would take the key along.
      redirect: 'manual',
      credentials: 'omit',
      cache: 'no-store',
      // The address of a page may be a secret, as in the link of a mail.
      referrerPolicy: 'no-referrer',
      signal: undefined,
    });
  });

  test('is asked for without the options that an edge runtime does not have', async () => {
    vi.stubGlobal('Request', class {});
    await verifyWithSignals(options());
    vi.unstubAllGlobals();
    const given = Object.keys(asked[0]!.init).sort();
    expect(given).toEqual(['body', 'headers', 'method', 'redirect', 'signal']);
  });

  test('has the agent, the notes and the score of the answer', async () => {
    const agent = { is_agent: true, agent_confidence: 0.9, signals: ['webdriver'] };
    answer = () => json(200, { ...human, score: 91, agent, notes: ['organic_mouse'] });
    expect(await verifyWithSignals(options())).toEqual({
      ...human,
      score: 91,
      agent,
      notes: ['organic_mouse'],
    });
  });

  test('takes the text of a hidden field too', async () => {
    await verifyWithSignals(options({ signals: JSON.stringify(signals) }));
    expect(JSON.parse(String(asked[0]!.init.body))).toMatchObject({ sessionData: signals });
  });
});

describe('a post without signals is refused, and nothing is asked', () => {
  const refused = { human: false, confidence: 0, score: 0, token: '', pii_stored: false };

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty field', ''],
    ['an empty object', {}],
    ['an empty object as text', '{}'],
    ['signals in which nothing happened', { ...signals, counts: { move: 0, down: 0 } }],
  ])('%s', async (_name, given) => {
    // Also in an outage: the refusal comes first.
    answer = () => Promise.reject(new TypeError('no network'));
    expect(await verifyWithSignals(options({ signals: given }))).toEqual({
      ...refused,
      notes: ['insufficient_data'],
      refused: 'no_signals',
    });
    expect(asked).toEqual([]);
  });

  test.each([
    ['text that is no JSON', 'undefined'],
    ['a number', 7],
    ['true', 'true'],
    ['a list', [signals]],
    ['an object of another kind', { a: 1 }],
    ['counts that are none', { counts: 'many' }],
    ['more than any collector sends', { ...signals, more: 'x'.repeat(9_000) }],
    ['text of that size', JSON.stringify({ ...signals, more: 'x'.repeat(9_000) })],
    ['an object that cannot be written', { counts: { move: 1 }, more: 1n }],
  ])('%s: no signals of a browser', async (_name, given) => {
    expect(await verifyWithSignals(options({ signals: given }))).toEqual({
      ...refused,
      refused: 'invalid_signals',
    });
    expect(asked).toEqual([]);
  });

  test('signals that the service refuses', async () => {
    const details = [{ path: 'sessionData.mouse.n', message: 'Too big.' }];
    answer = () => json(400, { error: 'No.', code: 'INVALID_REQUEST', requestId: 'r', details });
    expect(await verifyWithSignals(options())).toEqual({ ...refused, refused: 'invalid_signals' });
    answer = () => json(413, { error: 'No.', code: 'PAYLOAD_TOO_LARGE', requestId: 'r' });
    expect(await verifyWithSignals(options())).toEqual({ ...refused, refused: 'invalid_signals' });
  });

  // "\u0000", a lone surrogate, "__proto__": the appliance names no field of them.
  test('signals with which the body is no JSON for the service', async () => {
    answer = () =>
      json(400, { error: 'The body is not valid JSON.', code: 'MALFORMED_JSON', requestId: 'r' });
    expect(await verifyWithSignals(options())).toEqual({ ...refused, refused: 'invalid_signals' });
  });
});

describe('an outage', () => {
  const through = { human: true, confidence: 0.5, score: 50, token: '', pii_stored: false };

  test.each([
    ['no network', () => Promise.reject(new TypeError('fetch failed')), { code: 'NETWORK' }],
    [
      'overload',
      () => json(503, { error: 'Busy.', code: 'OVERLOADED' }),
      { code: 'UNAVAILABLE', message: 'Busy.', status: 503 },
    ],
    [
      'a proxy without the appliance',
      () => new Response('<h1>Bad gateway', { status: 502 }),
      { code: 'UNAVAILABLE', status: 502 },
    ],
  ])('%s lets the caller through, and the result says so', async (_name, how, outage) => {
    answer = how;
    const result = await verifyWithSignals(options());
    expect(result).toEqual({ ...through, outage: { message: expect.any(String), ...outage } });
    expect(warned).toEqual([
      `huma: a request was let through without a judgement. ${result.outage?.message}`,
    ]);
  });

  test('is reported to the caller in place of the log', async () => {
    answer = () => new Response('', { status: 500 });
    const reported: unknown[] = [];
    const onOutage: VerifyWithSignalsOptions['onOutage'] = ({ code }, result) =>
      reported.push([code, result.human]);
    await verifyWithSignals(options({ onOutage }));
    await verifyWithSignals(options({ onOutage, failOpen: false }));
    expect([reported, warned]).toEqual([
      [
        ['UNAVAILABLE', true],
        ['UNAVAILABLE', false],
      ],
      [],
    ]);
  });

  test('names what Node says of it', async () => {
    const nested = (code: string) =>
      new TypeError('fetch failed', { cause: Object.assign(new Error('inner'), { code }) });
    answer = () => Promise.reject(nested('ENOTFOUND'));
    expect((await verifyWithSignals(options())).outage).toEqual({
      code: 'NETWORK',
      message: 'https://gate.example could not be reached (ENOTFOUND).',
    });
    answer = () => Promise.reject(new TypeError('Failed to fetch'));
    expect((await verifyWithSignals(options())).outage?.message).toBe(
      'https://gate.example could not be reached, or its answer may not be read from this page (origins of the key).',
    );
  });

  test('is refused where the caller wants that', async () => {
    answer = () => new Response('', { status: 500 });
    expect(await verifyWithSignals(options({ failOpen: false }))).toEqual({
      human: false,
      confidence: 0,
      score: 0,
      token: '',
      pii_stored: false,
      refused: 'outage',
      outage: { code: 'UNAVAILABLE', message: expect.any(String), status: 500 },
    });
  });

  test.each([
    ['a key that is none', 401, 'INVALID_API_KEY'],
    ['a flood', 429, 'USER_FLOOD_DETECTED'],
    ['a used-up month', 429, 'MONTHLY_LIMIT_EXCEEDED'],
    ['a trial that is over', 402, 'TRIAL_EXPIRED'],
  ])('%s is none', async (_name, status, code) => {
    answer = () => json(status, { error: 'No.', code, requestId: 'req_1' }, { 'retry-after': '20' });
    await expect(verifyWithSignals(options())).rejects.toMatchObject({
      name: 'HumaError',
      code,
      status,
      message: 'No.',
      requestId: 'req_1',
      retryAfterSeconds: 20,
    });
  });

  test.each([
    ['another service at this address', () => new Response('<h1>Shop', { status: 200 })],
    ['an answer that is not one of verify', () => json(200, { human: 'yes' })],
    ['a confidence out of its range', () => json(200, { ...human, confidence: 7 })],
    ['a redirect', () => new Response('', { status: 302, headers: { location: 'https://other.example' } })],
    ['a page that is not there', () => new Response('', { status: 404 })],
    ['a proxy that refuses', () => new Response('<h1>Forbidden', { status: 403 })],
    ['a proxy that waited too long for the body', () => new Response('', { status: 408 })],
    ['a limit of a proxy', () => new Response('<h1>Slow down', { status: 429 })],
  ])('%s is none', async (_name, how) => {
    answer = how;
    const { status } = await how();
    await expect(verifyWithSignals(options())).rejects.toMatchObject({ code: 'NOT_GATEHOUSE', status });
  });

  test.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'NODE_EXTRA_CA_CERTS'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'DATA/tls/authority.pem'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'baseUrl'],
    ['CERT_HAS_EXPIRED', 'clock'],
  ])(
    'a certificate that is not trusted (%s) is none: it stays so until someone mends it',
    async (code, hint) => {
      const cause = Object.assign(new Error('no'), { code });
      answer = () => Promise.reject(new TypeError('fetch failed', { cause }));
      const refused = verifyWithSignals(options());
      await expect(refused).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_TRUSTED' });
      await expect(refused).rejects.toThrow(code);
      await expect(refused).rejects.toThrow(hint);
      expect(warned).toEqual([]);
    },
  );

  test('nor is one of an authority that Node does not know', async () => {
    const server = createTlsServer({ cert: certificate, key: certificateKey }, (_, response) => {
      response.end(JSON.stringify(human));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await expect(verifyWithSignals(options({ baseUrl, fetch: undefined }))).rejects.toMatchObject({
        code: 'CERTIFICATE_NOT_TRUSTED',
        message: `The certificate of ${baseUrl} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT). Start Node with NODE_EXTRA_CA_CERTS=/path/to/authority.pem: DATA/tls/authority.pem of the appliance, or what ${baseUrl}/trust serves.`,
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('is a service that does not answer in time, or stops in the middle of its answer', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/half/api/v1/verify') response.writeHead(200).write('{"human":');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const baseUrl of [base, `${base}/half`])
        expect(await verifyWithSignals(options({ baseUrl, timeoutMs: 50, fetch: undefined }))).toEqual({
          ...through,
          outage: { code: 'TIMEOUT', message: `${baseUrl} did not answer within 50 ms.` },
        });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('a caller', () => {
  test('that aborts gets an error, never a result', async () => {
    const own = new AbortController();
    answer = () => {
      own.abort(new Error('page left'));
      return Promise.reject(new TypeError('aborted'));
    };
    await expect(verifyWithSignals(options({ signal: own.signal }))).rejects.toMatchObject({
      code: 'ABORTED',
      cause: new Error('page left'),
    });
    expect(asked.length).toBe(1);
    await expect(verifyWithSignals(options({ signal: own.signal }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(asked.length).toBe(1);
  });

  test.each([
    ['no user', { userId: '' }],
    ['a user of more than 256 characters', { userId: 'u'.repeat(257) }],
    ['a time that is too long for a timer', { timeoutMs: 2 ** 31 }],
    ['a time that is a text', { timeoutMs: '5000' }],
    ['no key', { apiKey: undefined }],
    ['a key with a line break', { apiKey: 'huma_live_\nx' }],
    ['no time', { timeoutMs: 0 }],
    ['an address that is none', { baseUrl: 'gate.example' }],
  ])('%s: is refused before anything is asked', async (_name, wrong) => {
    const call = verifyWithSignals(options(wrong as object));
    await expect(call).rejects.toBeInstanceOf(HumaError);
    await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(asked).toEqual([]);
  });
});

test('a user that is wrong is named', async () => {
  for (const userId of ['', 'u'.repeat(257), undefined as never])
    await expect(verifyWithSignals(options({ userId }))).rejects.toThrow(/^userId .* 1 to 256 characters/);
});

test('a call without a limit of time waits for its answer', async () => {
  // An answer that takes a moment: a timer of too many milliseconds fires at once.
  answer = () =>
    new Promise((resolve) => setTimeout(() => resolve(json(200, { ...human, human: false })), 20));
  for (const timeoutMs of [Number.POSITIVE_INFINITY, 2 ** 31 - 1])
    expect(await verifyWithSignals(options({ timeoutMs }))).toMatchObject({ human: false, confidence: 0.92 });
});

describe('in a page', () => {
  const place = Symbol.for('gatehouse.collector');
  const page = globalThis as { [place]?: unknown };
  afterEach(() => {
    delete page[place];
  });

  test('verify sends what was collected, and nothing where nothing collects', async () => {
    const { signals: _, ...rest } = options();
    await verify(rest);
    page[place] = { snapshot: () => signals };
    expect(await verify(rest)).toEqual({ ...human, score: 92 });
    expect(asked.map(({ init }) => JSON.parse(String(init.body)))).toEqual([
      { userId: 'user_123' },
      { userId: 'user_123', sessionData: signals },
    ]);
  });
});
