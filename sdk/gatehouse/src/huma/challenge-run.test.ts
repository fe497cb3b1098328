import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ChallengeRunOptions, type ChallengeState, createChallengeRun } from './challenge-run.ts';
import { english } from './challenge-strings.ts';
import type { Challenge } from './messages.ts';

const challenge: Challenge = {
  challenge_id: 'ch_1',
  type: 'click_targets',
  payload: { instruction: 'Click the 🎯', targets: [] },
  expires_in_seconds: 300,
};
const second = { ...challenge, challenge_id: 'ch_2', type: 'pattern', expires_in_seconds: 200 };
const wrong = (left: number) => ({ passed: false, message: 'Incorrect answer', attempts_remaining: left });
const passed = { passed: true, token: 'h_challenge_1' };

let asked: unknown[];
let answers: (() => Promise<Response> | Response)[];
let shown: ChallengeState[];
let reported: unknown[];
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const send = (async (url: string, { body, signal }: RequestInit) => {
  asked.push([new URL(url).pathname.split('/').at(-1), JSON.parse(String(body))]);
  const reply = await answers.shift()!();
  signal?.throwIfAborted();
  return reply;
}) as typeof fetch;
const begin = (more: Partial<ChallengeRunOptions> = {}) =>
  createChallengeRun(challenge, {
    connection: { apiKey: 'huma_live_k', baseUrl: 'https://gate.example', fetch: send },
    userId: undefined,
    strings: english,
    show: (state) => shown.push(state),
    onPassed: (token) => reported.push(['passed', token]),
    onBlocked: (why) => reported.push(['blocked', why]),
    onError: ({ code }) => reported.push(['error', code]),
    ...more,
  });
const states = () => shown.map(({ is, status }) => `${is}: ${status}`);

beforeEach(() => {
  vi.useFakeTimers();
  [asked, answers, shown, reported] = [[], [], [], []];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a right answer gives the token', async () => {
  answers = [() => json(200, passed)];
  await begin().answer('t1');
  expect(asked).toEqual([['verify', { challenge_id: 'ch_1', answer: 't1' }]]);
  expect([states(), reported]).toEqual([
    ['checking: Checking…', 'passed: Done.'],
    [['passed', 'h_challenge_1']],
  ]);
});

test('wrong answers show the attempts left, and the third blocks', async () => {
  answers = [2, 1, 0].map((left) => () => json(200, wrong(left)));
  const run = begin();
  for (const answer of ['t0', 't2', 't3', 't4']) await run.answer(answer);
  expect(asked.length).toBe(3);
  expect(states().filter((one) => !one.startsWith('checking'))).toEqual([
    'open: That was not right. 2 attempts left.',
    'open: That was not right. One attempt left.',
    'blocked: That was not right, and no attempt is left.',
  ]);
  expect(reported).toEqual([['blocked', 'attempts']]);
});

test('a second answer while one is checked is dropped: a double click costs no attempt', async () => {
  let arrive: (reply: Response) => void = () => {};
  answers = [() => new Promise((resolve) => (arrive = resolve))];
  const run = begin();
  const first = run.answer('t1');
  await run.answer('t1');
  await vi.advanceTimersByTimeAsync(0);
  arrive(json(200, passed));
  await first;
  expect([asked.length, reported]).toEqual([1, [['passed', 'h_challenge_1']]]);
});

test('the last minute is announced; the end blocks where no user is known', async () => {
  begin();
  await vi.advanceTimersByTimeAsync(239_999);
  expect(states()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(states()).toEqual(['open: One minute left.']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([states().at(-1), reported]).toEqual([
    'expired: The time for this check is over.',
    [['blocked', 'expired']],
  ]);
});

test('where the user is known, a new challenge takes the place of one that is over', async () => {
  answers = [() => json(200, { ...challenge, challenge_id: 'ch_2' }), () => json(200, passed)];
  const run = begin({ userId: 'user_123' });
  await vi.advanceTimersByTimeAsync(300_000);
  expect([shown.at(-1)?.is, reported]).toEqual(['expired', []]);
  await run.replace({ accessible: false });
  expect([shown.at(-1)?.is, shown.at(-1)?.challenge.challenge_id]).toEqual(['open', 'ch_2']);
  await run.answer('t1');
  expect(asked).toEqual([
    ['create', { userId: 'user_123' }],
    ['verify', { challenge_id: 'ch_2', answer: 't1' }],
  ]);
});

test('the form for keyboard and screen reader takes its place, also where no user is known', async () => {
  answers = [() => json(200, second)];
  const run = begin();
  await run.replace({ accessible: true });
  expect(asked).toEqual([['create', { challenge_id: 'ch_1', accessible: true }]]);
  expect(shown.at(-1)).toMatchObject({ is: 'open', challenge: second, status: 'Another check is shown.' });
  // Its own time counts now.
  await vi.advanceTimersByTimeAsync(199_999);
  expect(reported).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(reported).toEqual([['blocked', 'expired']]);
});

test.each([
  ['no network', () => Promise.reject(new TypeError('no network')), 'NETWORK'],
  ['overload', () => json(503, { error: 'Busy.', code: 'OVERLOADED' }), 'UNAVAILABLE'],
  ['a limit', () => json(429, { error: 'Slow.', code: 'BURST_LIMIT_EXCEEDED' }), 'BURST_LIMIT_EXCEEDED'],
])('%s: the answer can be sent again', async (_name, how, code) => {
  answers = [how, () => json(200, passed)];
  const run = begin();
  await run.answer('t1');
  expect(states().at(-1)).toBe('open: The answer could not be sent. Please try again.');
  await run.answer('t1');
  expect(reported).toEqual([
    ['error', code],
    ['passed', 'h_challenge_1'],
  ]);
});

test('a challenge that the service ended, or does not know, is over', async () => {
  answers = [() => json(410, { error: 'Over.', code: 'SESSION_EXPIRED' })];
  await begin().answer('t1');
  expect([shown.at(-1)?.is, reported]).toEqual([
    'expired',
    [
      ['error', 'SESSION_EXPIRED'],
      ['blocked', 'expired'],
    ],
  ]);
  reported = [];
  answers = [() => json(404, { error: 'None.', code: 'NOT_FOUND' })];
  await begin().answer('t1');
  // Nothing was wrong with the answer.
  expect([states().at(-1), reported]).toEqual([
    `blocked: ${english.refused}`,
    [
      ['error', 'NOT_FOUND'],
      ['blocked', 'refused'],
    ],
  ]);
});

test('what comes after the component went is not reported', async () => {
  let arrive: (reply: Response) => void = () => {};
  answers = [() => new Promise((resolve) => (arrive = resolve))];
  const run = begin();
  const first = run.answer('t1');
  await vi.advanceTimersByTimeAsync(0);
  run.end();
  arrive(json(200, passed));
  await first;
  await vi.advanceTimersByTimeAsync(300_000);
  expect([shown.map(({ is }) => is), reported]).toEqual([['checking', 'open'], []]);
});

test.each(['onPassed', 'onBlocked', 'onError'] as const)(
  'a fault in %s of the application is its own: the outcome stays',
  async (name) => {
    const faults: unknown[] = [];
    vi.stubGlobal('reportError', ({ message }: Error) => faults.push(message));
    const fault = () => {
      throw new TypeError(name);
    };
    answers = [
      () => (name === 'onPassed' ? json(200, passed) : json(404, { error: 'None.', code: 'NOT_FOUND' })),
    ];
    await begin({ [name]: fault }).answer('t1');
    expect(faults).toEqual([name]);
    expect([shown.at(-1)?.is, reported]).toEqual(
      {
        onPassed: ['passed', []],
        onBlocked: ['blocked', [['error', 'NOT_FOUND']]],
        onError: ['blocked', [['blocked', 'refused']]],
      }[name],
    );
  },
);

test('one that ends while an answer is checked shows the challenge as open: a hidden part of a page comes back', async () => {
  answers = [() => new Promise(() => {})];
  const run = begin();
  void run.answer('t1');
  run.end();
  expect(states()).toEqual(['checking: Checking…', 'open: ']);
});

test('a time that is longer than any timer does not end at once', async () => {
  createChallengeRun(
    { ...challenge, expires_in_seconds: Number.POSITIVE_INFINITY },
    {
      connection: {},
      userId: undefined,
      strings: english,
      show: (state) => shown.push(state),
      onPassed() {},
      onBlocked() {},
      onError() {},
    },
  );
  await vi.advanceTimersByTimeAsync(1_000);
  expect(shown).toEqual([]);
});
