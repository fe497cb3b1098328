import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type SessionOptions, startSession } from './heartbeat.ts';

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

let asked: unknown[];
let answers: (() => Promise<Response> | Response)[];
let seen: unknown[];
const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });
const send = (async (url: string, { body }: RequestInit) => {
  asked.push([new URL(url).pathname, JSON.parse(String(body))]);
  return (answers.shift() ?? (() => json(200, calm)))();
}) as typeof fetch;
const session = (more: Partial<SessionOptions> = {}) =>
  startSession({
    apiKey: 'huma_live_key',
    baseUrl: 'https://gate.example',
    userId: 'user_123',
    fetch: send,
    token: 'h_verified_1',
    onResult: ({ score }) => seen.push(['result', score]),
    onAnomaly: (action, result) => seen.push(['anomaly', action, result.delta]),
    onOutage: ({ code }) => seen.push(['outage', code]),
    onError: ({ code }) => seen.push(['error', code]),
    ...more,
  });
const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  [asked, answers, seen] = [[], [], []];
});
afterEach(() => {
  vi.useRealTimers();
});

test('a heartbeat follows every 30 seconds, the first after 30', async () => {
  const { stop } = session();
  await after(29_999);
  expect(asked).toEqual([]);
  await after(60_001);
  const body = { userId: 'user_123', sessionToken: 'h_verified_1' };
  expect(asked).toEqual(Array(3).fill(['/api/v1/session', body]));
  expect(seen).toEqual(Array(3).fill(['result', 88]));
  stop();
  await after(300_000);
  expect(asked.length).toBe(3);
});

test.each([
  ['interval', { interval: 45_000 }],
  ['intervalMs', { intervalMs: 45_000 }],
  ['intervalMs before interval', { interval: 10_000, intervalMs: 45_000 }],
])('%s sets the time', async (_name, given) => {
  const { stop } = session(given);
  await after(44_999);
  expect(asked.length).toBe(0);
  await after(1);
  expect(asked.length).toBe(1);
  stop();
});

test.each([{ interval: 45 }, { intervalMs: 0 }, { interval: Number.NaN }, { intervalMs: 2 ** 40 }])(
  'an interval of %j is a mistake',
  (given) => {
    expect(() => session(given)).toThrow(/^interval is a number of milliseconds from 1000/);
  },
);

test('onAnomaly gets the action and the result, for each anomaly', async () => {
  answers = [
    () => json(200, calm),
    () => json(200, { ...takeover, action: 'flag' }),
    () => json(200, takeover),
  ];
  const { stop } = session();
  await after(90_000);
  expect(seen).toEqual([
    ...[
      ['result', 88],
      ['result', 20],
    ],
    ...[
      ['anomaly', 'flag', -72],
      ['result', 20],
    ],
    ['anomaly', 'block', -72],
  ]);
  stop();
});

test('a block calls back whether it is called an anomaly or not', async () => {
  answers = [() => json(200, { ...calm, action: 'block' })];
  const { stop } = session();
  await after(30_000);
  expect(seen).toEqual([
    ['result', 88],
    ['anomaly', 'block', -4],
  ]);
  stop();
});

test('a handler that stops the session is obeyed', async () => {
  answers = [() => json(200, takeover), () => json(200, takeover)];
  let calls = 0;
  const running = session({
    onAnomaly() {
      calls++;
      if (calls === 2) running.stop();
    },
  });
  await after(300_000);
  expect([calls, asked.length]).toEqual([2, 2]);
});

test('a fault in onResult of the application hides no anomaly', async () => {
  const faults: unknown[] = [];
  vi.stubGlobal('reportError', ({ message }: Error) => faults.push(message));
  answers = [() => json(200, takeover)];
  const { stop } = session({
    onResult() {
      throw new TypeError('a fault');
    },
  });
  await after(60_000);
  vi.unstubAllGlobals();
  expect([faults, seen]).toEqual([['a fault', 'a fault'], [['anomaly', 'block', -72]]]);
  stop();
});

describe('without an answer', () => {
  test('the next heartbeat follows, later and later, and nothing is an anomaly', async () => {
    answers = Array(6).fill(() => Promise.reject(new TypeError('no network')));
    const { stop } = session();
    const times: number[] = [];
    for (let second = 0; second < 1500; second++) {
      const before = asked.length;
      await after(1_000);
      if (asked.length > before) times.push(second + 1);
    }
    expect(times).toEqual([30, 90, 210, 450, 750, 1050, 1350, 1380, 1410, 1440, 1470, 1500]);
    expect(seen.slice(0, 7)).toEqual([...Array(6).fill(['outage', 'NETWORK']), ['result', 88]]);
    stop();
  });

  test('a limit is waited for', async () => {
    const limited = { error: 'Slow down.', code: 'BURST_LIMIT_EXCEEDED' };
    answers = [() => json(429, limited, { 'retry-after': '100' })];
    const { stop } = session();
    await after(129_999);
    expect(asked.length).toBe(1);
    await after(1);
    expect([asked.length, seen]).toEqual([2, [['result', 88]]]);
    stop();
  });

  test('a token that is over ends it', async () => {
    answers = [() => json(410, { error: 'Over.', code: 'SESSION_EXPIRED' })];
    session();
    await after(300_000);
    expect([asked.length, seen]).toEqual([1, [['error', 'SESSION_EXPIRED']]]);
  });

  test('what is no answer of a heartbeat ends it', async () => {
    answers = [() => json(200, { ...calm, action: 'dance' })];
    session();
    await after(300_000);
    expect([asked.length, seen]).toEqual([1, [['error', 'NOT_GATEHOUSE']]]);
  });
});

test('stopped while it waits for an answer, it says nothing', async () => {
  let arrive: (reply: Response) => void = () => {};
  answers = [() => new Promise((resolve) => (arrive = resolve))];
  const own = new AbortController();
  session({ signal: own.signal });
  await after(30_000);
  expect(asked.length).toBe(1);
  own.abort();
  arrive(json(200, takeover));
  await after(300_000);
  expect([asked.length, seen]).toEqual([1, []]);
});

test('without a token, and no verify of this user before, it does not begin', () => {
  expect(() => session({ token: undefined })).toThrow(/^Give token, or call verify/);
});
