import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lastToken } from '../../huma/last-token.ts';
import { type Collector, createCollector } from '../collector.ts';
import { createHuma, type Huma, type SessionOptions } from './huma.ts';

const verdict = {
  human: true,
  confidence: 0.9,
  score: 90,
  token: 'h_verified_1',
  pii_stored: false,
};
const calm = {
  score: 88,
  confidence: 0.88,
  baseline: 92,
  delta: -4,
  anomaly: false,
  action: 'allow',
  notes: ['organic_mouse'],
};
const takeover = { ...calm, score: 20, confidence: 0.2, delta: -72, anomaly: true, action: 'block' };
const over = { error: 'The token has expired.', code: 'SESSION_EXPIRED' };

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

let asked: [path: string, body: { sessionToken?: string }][];
let answers: (() => Promise<Response> | Response)[];
let seen: unknown[];
let page: { hidden: boolean };
let huma: Huma;

const collector: Collector = createCollector();

beforeEach(() => {
  vi.useFakeTimers();
  [asked, answers, seen, page] = [[], [], [], { hidden: false }];
  vi.stubGlobal('document', page);
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push([new URL(request.url).pathname, await request.json()]);
    return (answers.shift() ?? (() => json(200, calm)))();
  });
  huma = createHuma(collector, 'https://gate.example/');
});
afterEach(() => {
  huma.stopSession();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(globalThis, Symbol.for('gatehouse.huma.token'));
});

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const start = (more: SessionOptions = {}) =>
  huma.startSession('user_123', 'huma_live_key', 'h_verified_1', {
    onResult: ({ score }) => seen.push(['result', score]),
    onAnomaly: ({ action, delta }) => seen.push(['anomaly', action, delta]),
    onError: ({ code, status }) => seen.push(['error', code, status]),
    ...more,
  });
const followed = () => huma.debug().session;

test('a heartbeat follows every 30 seconds, and an anomaly calls back', async () => {
  start();
  await after(29_999);
  expect(asked).toEqual([]);
  answers = [() => json(200, calm), () => json(200, takeover)];
  await after(30_001);
  expect(seen).toEqual([
    ['result', 88],
    ['result', 20],
    ['anomaly', 'block', -72],
  ]);
  huma.stopSession();
  await after(120_000);
  expect([asked.length, followed()]).toEqual([2, false]);
});

test('a callback that throws ends nothing', async () => {
  const faults: unknown[] = [];
  const ofRunner = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (fault: Error) => faults.push(fault.message));
  start({
    onResult() {
      throw new Error('a fault of the page');
    },
  });
  await after(90_000);
  vi.useRealTimers();
  await expect.poll(() => faults.length).toBe(3);
  process.removeAllListeners('unhandledRejection');
  for (const listener of ofRunner) process.on('unhandledRejection', listener);
  expect([asked.length, followed(), faults]).toEqual([3, true, Array(3).fill('a fault of the page')]);
});

test('stopped while a heartbeat is on its way, it reports nothing and sends no other', async () => {
  let answer: (response: Response) => void = () => {};
  answers = [
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  ];
  start();
  await after(30_000);
  huma.stopSession();
  answer(json(200, takeover));
  await after(90_000);
  expect([asked.length, seen]).toEqual([1, []]);
});

test('a callback that stops, or begins another session, is obeyed', async () => {
  start({ onResult: () => huma.stopSession() });
  await after(90_000);
  expect([asked.length, followed()]).toEqual([1, false]);
  start({ onResult: () => huma.startSession('user_123', 'huma_live_key', 'h_verified_2') });
  await after(90_000);
  expect(asked.map(([, { sessionToken }]) => sessionToken)).toEqual([
    ...['h_verified_1', 'h_verified_1'],
    ...['h_verified_2', 'h_verified_2'],
  ]);
});

test('an outage and a limit do not end it; a refusal does, and then no session is followed', async () => {
  answers = [
    () => Promise.reject(new TypeError('fetch failed')),
    () => json(502, 'Bad gateway'),
    () => json(429, { error: 'Too many.', code: 'BURST_LIMIT_EXCEEDED' }),
    () => json(200, calm),
    () => json(410, over),
  ];
  let asSeen: boolean | undefined;
  start({
    onError({ code, status }) {
      seen.push(['error', code, status]);
      asSeen = followed();
    },
  });
  await after(300_000);
  expect(seen).toEqual([
    ['error', 'UNREACHABLE', 0],
    ['error', 'UNAVAILABLE', 502],
    ['error', 'BURST_LIMIT_EXCEEDED', 429],
    ['result', 88],
    ['error', 'SESSION_EXPIRED', 410],
  ]);
  expect([asked.length, followed(), asSeen]).toEqual([5, false, false]);
});

test('an answer that is no heartbeat ends it', async () => {
  answers = [() => json(200, {})];
  start();
  await after(90_000);
  expect([seen, followed()]).toEqual([[['error', 'NOT_GATEHOUSE', 200]], false]);
});

test('a hidden page sends none', async () => {
  page.hidden = true;
  start();
  await after(60_000);
  expect(asked).toEqual([]);
  page.hidden = false;
  await after(30_000);
  expect(asked.length).toBe(1);
});

const verified = () =>
  huma.verify('user_123', 'huma_live_key').then(
    ({ human, token, outage }) => ({ human, token, outage: outage?.code }),
    ({ name, code, status, retryAfter }) => ({ name, code, status, retryAfter }),
  );
const asText = (status: number, text: string) => () => new Response(text, { status });
const notGatehouse = { name: 'HumaError', code: 'NOT_GATEHOUSE' };

test.each([
  ['a page of a proxy', asText(200, '<html>Maintenance</html>'), 200],
  ['an object without a verdict', asText(200, '{}'), 200],
  ['a verdict without a token', asText(200, JSON.stringify({ ...verdict, token: undefined })), 200],
  ['nothing', asText(200, ''), 200],
  ['null', asText(200, 'null'), 200],
  ['a refusal that is null', asText(401, 'null'), 401],
  ['a refusal as a page', asText(403, '<html>Forbidden</html>'), 403],
  ['a refusal of another server', asText(404, '{"error":"Not Found","status":404}'), 404],
])('an answer that is no verdict is an error: %s', async (_what, answer, status) => {
  answers = [answer];
  expect(await verified()).toEqual({ ...notGatehouse, status });
});

test.each([
  ['no answer', () => Promise.reject(new TypeError('fetch failed')), 'NETWORK'],
  [
    'an answer that breaks off',
    () => new Response(new ReadableStream({ pull: (body) => body.error(new TypeError('terminated')) })),
    'NETWORK',
  ],
  ['a proxy without its service', asText(502, '<html>Bad gateway</html>'), 'UNAVAILABLE'],
  ['a fault of the service', asText(500, '{"error":"A fault.","code":"INTERNAL"}'), 'UNAVAILABLE'],
])('%s lets the person through', async (_what, answer, outage) => {
  answers = [answer];
  expect(await verified()).toEqual({ human: true, token: '', outage });
});

test('a service that does not answer in ten seconds is an outage', async () => {
  const waiting = ({ signal }: Request) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  vi.stubGlobal('fetch', waiting);
  const answer = verified();
  await after(10_000);
  expect(await answer).toEqual({ human: true, token: '', outage: 'NETWORK' });
});

test('a key or an address that no request can have is no outage', async () => {
  await expect(huma.verify('user_123', 'huma_live_…')).rejects.toThrow(TypeError);
  huma.baseUrl = 'https://gate example';
  await expect(huma.verify('user_123', 'huma_live_key')).rejects.toThrow(TypeError);
  start();
  await after(90_000);
  expect([asked, seen, followed()]).toEqual([[], [['error', undefined, undefined]], false]);
});

test('a refusal says its code, and when to come again', async () => {
  answers = [() => json(429, { error: 'Too many.', code: 'USER_FLOOD_DETECTED' }, { 'retry-after': '7' })];
  expect(await verified()).toEqual({
    name: 'HumaError',
    code: 'USER_FLOOD_DETECTED',
    status: 429,
    retryAfter: 7,
  });
});

test('the package finds the token of the last verification of this user, and the script that of the package', async () => {
  answers = [() => json(200, verdict)];
  await verified();
  expect([lastToken().of('user_123'), lastToken().of('user_124')]).toEqual(['h_verified_1', undefined]);
  lastToken().keep('user_123', 'h_verified_2');
  huma.startSession('user_123', 'huma_live_key');
  await after(30_000);
  expect(asked.at(-1)?.[1].sessionToken).toBe('h_verified_2');
  expect(() => huma.startSession('user_124', 'huma_live_key')).toThrow('Call verify() first');
});

test('the empty token of an outage begins no session', async () => {
  answers = [asText(500, '')];
  await verified();
  huma.startSession('user_123', 'huma_live_key');
  huma.startSession('user_123', 'huma_live_key', '');
  await after(60_000);
  expect([asked.length, followed(), lastToken().of('user_123')]).toEqual([1, false, undefined]);
});
