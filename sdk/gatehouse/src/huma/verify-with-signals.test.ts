import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HumaError } from './huma-error.ts';
import { type VerifyWithSignalsOptions, verifyWithSignals } from './judge.ts';
import { verify } from './verify.ts';

const signals = { v: 1, sid: 'abcdefghijklmnop', counts: { move: 12, down: 1 }, env: { wd: 0 } };
const human = { human: true, confidence: 0.92, token: 'h_verified_Kd3mP8luYMC2Mi1x', pii_stored: false };

let asked: { url: string; init: RequestInit }[];
let answer: () => Promise<Response> | Response;
const send = (async (url: string, init: RequestInit) => {
  asked.push({ url, init });
  return answer();
}) as typeof fetch;
const options = (more: Partial<VerifyWithSignalsOptions> = {}): VerifyWithSignalsOptions => ({
  ...{ apiKey: 'huma_live_key', baseUrl: 'https://gate.example/', userId: 'user_123', signals, fetch: send },
  ...more,
});
const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

beforeEach(() => {
  asked = [];
  answer = () => json(200, human);
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
      signal: undefined,
    });
  });

  test('has the agent, the notes and the score of the answer', async () => {
    const agent = { is_agent: true, agent_confidence: 0.9, signals: ['webdriver'] };
    answer = () => json(200, { ...human, score: 91, agent, notes: ['organic_mouse'] });
    expect(await verifyWithSignals(options())).toEqual({
      ...human,
      ...{ score: 91, agent, notes: ['organic_mouse'] },
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
      ...{ notes: ['insufficient_data'], refused: 'no_signals' },
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
  });

  test('is refused where the caller wants that', async () => {
    answer = () => new Response('', { status: 500 });
    expect(await verifyWithSignals(options({ failOpen: false }))).toEqual({
      ...{ human: false, confidence: 0, score: 0, token: '', pii_stored: false },
      ...{ refused: 'outage', outage: { code: 'UNAVAILABLE', message: expect.any(String), status: 500 } },
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
      ...{ name: 'HumaError', code, status, message: 'No.', requestId: 'req_1', retryAfterSeconds: 20 },
    });
  });

  test.each([
    ['another service at this address', () => new Response('<h1>Shop', { status: 200 })],
    ['an answer that is not one of verify', () => json(200, { human: 'yes' })],
    ['a confidence out of its range', () => json(200, { ...human, confidence: 7 })],
    ['a redirect', () => new Response('', { status: 302, headers: { location: 'https://other.example' } })],
    ['a page that is not there', () => new Response('', { status: 404 })],
  ])('%s is none', async (_name, how) => {
    answer = how;
    await expect(verifyWithSignals(options())).rejects.toMatchObject({ code: 'NOT_GATEHOUSE' });
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
      ...{ code: 'ABORTED', cause: new Error('page left') },
    });
    expect(asked.length).toBe(1);
    await expect(verifyWithSignals(options({ signal: own.signal }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(asked.length).toBe(1);
  });

  test.each([
    ['no user', { userId: '' }],
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
