import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HumaError } from '../huma-error.ts';
import type { VerifyResult } from '../messages.ts';
import { decide, readChallengeRange } from './decision.ts';
import { createGateRun, type GateOptions, type GateState } from './gate-run.ts';

const verified = (confidence: number) => ({
  human: confidence >= 0.5,
  confidence,
  score: Math.round(100 * confidence),
  token: 'h_verified_1',
  pii_stored: false,
});
const challenge = {
  challenge_id: 'ch_1',
  type: 'click_targets',
  expires_in_seconds: 300,
  payload: { instruction: 'Click', targets: [] },
};

let asked: string[];
let answers: (() => Promise<Response> | Response)[];
let states: string[];
let reported: unknown[];
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const send = (async (url: string) => {
  asked.push(new URL(url).pathname);
  return answers.shift()!();
}) as typeof fetch;
const gate = () => createGateRun(({ is }: GateState) => states.push(is));
const options = (more: Partial<GateOptions['connection']> = {}): GateOptions => ({
  connection: {
    apiKey: 'huma_live_k',
    baseUrl: 'https://gate.example',
    userId: 'user_123',
    fetch: send,
    ...more,
  },
  challenge: { from: 0.3, to: 0.7 },
  onPass: ({ token, human, outage }) =>
    reported.push(['pass', human, token, ...(outage ? [outage.code] : [])]),
  onBlock: ({ why, result, error }) => reported.push(['block', why, result?.confidence ?? error?.code]),
});

beforeEach(() => {
  [asked, answers, states, reported] = [[], [], [], []];
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  [0.98, 'pass'],
  [0.71, 'pass'],
  [0.7, 'challenge'],
  [0.49, 'challenge'],
  [0.3, 'challenge'],
  [0.29, 'block'],
  [0, 'block'],
])('a confidence of %d: %s', (confidence, what) => {
  expect(decide(verified(confidence) as VerifyResult, readChallengeRange(undefined))).toBe(what);
});

describe('the page says who gets a challenge', () => {
  test.each([
    [{ to: 0.49 }, 0.5, 'pass'],
    [{ to: 0.49 }, 0.49, 'challenge'],
    [{ from: 0 }, 0.02, 'challenge'],
    [{ from: 0.5, to: 0.5 }, 0.5, 'challenge'],
    [{ from: 0.5, to: 0.5 }, 0.49, 'block'],
    [false, 0.5, 'pass'],
    [false, 0.49, 'block'],
  ] as const)('%j, and a confidence of %d: %s', (challenge, confidence, what) => {
    expect(decide(verified(confidence) as VerifyResult, readChallengeRange(challenge))).toBe(what);
  });

  test.each([
    [{ from: 30, to: 70 }],
    [{ from: 0.8, to: 0.2 }],
    [{ from: 0.8 }],
    [{ to: Number.NaN }],
    [{ from: '0.3' }],
  ])('%j is no range', (wrong) => {
    expect(() => readChallengeRange(wrong as object)).toThrow(/^challenge is false, or two confidences/);
  });

  test('none: the judgement decides, and no challenge is asked for', async () => {
    answers = [() => json(200, verified(0.5)), () => json(200, verified(0.49))];
    const run = gate();
    await run.submit({ ...options(), challenge: false });
    await run.submit({ ...options(), challenge: false });
    expect([asked.length, reported]).toEqual([
      2,
      [
        ['pass', true, 'h_verified_1'],
        ['block', 'bot', 0.49],
      ],
    ]);
  });
});

test.each(['onPass', 'onBlock'] as const)('a fault in %s of the application is its own', async (name) => {
  const faults: unknown[] = [];
  vi.stubGlobal('reportError', ({ message }: Error) => faults.push(message));
  answers = [() => json(200, verified(name === 'onPass' ? 0.9 : 0.1))];
  const fault = () => {
    throw new TypeError(name);
  };
  await gate().submit({ ...options(), [name]: fault });
  expect([faults, reported, states.at(-1)]).toEqual([[name], [], 'idle']);
});

test('a person passes, a bot is blocked', async () => {
  answers = [() => json(200, verified(0.9)), () => json(200, verified(0.1))];
  const run = gate();
  await run.submit(options());
  await run.submit(options());
  expect(reported).toEqual([
    ['pass', true, 'h_verified_1'],
    ['block', 'bot', 0.1],
  ]);
  expect([asked, states]).toEqual([
    Array(2).fill('/api/v1/verify'),
    ['verifying', 'idle', 'verifying', 'idle'],
  ]);
});

describe('uncertain: a challenge', () => {
  beforeEach(() => {
    answers = [() => json(200, verified(0.45)), () => json(200, challenge)];
  });

  test('that is passed gives its token', async () => {
    const run = gate();
    await run.submit(options());
    expect([states.at(-1), asked.at(-1)]).toEqual(['challenge', '/api/v1/challenge/create']);
    // A second click on the button of the form while the challenge is shown.
    await run.submit(options());
    run.passed('h_challenge_1');
    run.passed('h_challenge_2');
    expect([asked.length, reported]).toEqual([2, [['pass', true, 'h_challenge_1']]]);
  });

  test('that is passed is worth what a right answer is', async () => {
    const results: VerifyResult[] = [];
    const run = gate();
    await run.submit({ ...options(), onPass: (result) => results.push(result) });
    run.passed('h_challenge_1');
    expect(results).toEqual([
      { human: true, confidence: 0.7, score: 70, token: 'h_challenge_1', pii_stored: false },
    ]);
    // The page may ask above that too.
    answers = [() => json(200, verified(0.8)), () => json(200, challenge)];
    await run.submit({
      ...options(),
      challenge: { from: 0.3, to: 0.9 },
      onPass: (result) => results.push(result),
    });
    run.passed('h_challenge_2');
    expect(results[1]).toMatchObject({ human: true, confidence: 0.8, score: 80, token: 'h_challenge_2' });
  });

  test('goes with the component', async () => {
    const run = gate();
    await run.submit(options());
    run.end();
    run.passed('h_challenge_1');
    expect([states.at(-1), reported]).toEqual(['idle', []]);
  });

  test('that is not passed blocks', async () => {
    const run = gate();
    await run.submit(options());
    run.blocked('attempts');
    expect(reported).toEqual([['block', 'attempts', 0.45]]);
  });

  test('that cannot be made, or answered, lets the person through in an outage', async () => {
    answers[1] = () => Promise.reject(new TypeError('no network'));
    const run = gate();
    await run.submit(options());
    expect(reported).toEqual([['pass', true, '', 'NETWORK']]);
    answers = [() => json(200, verified(0.45)), () => json(200, challenge)];
    await run.submit(options());
    run.failed(new HumaError('BURST_LIMIT_EXCEEDED', 'Slow.', { status: 429 }));
    expect(reported.length).toBe(1);
    run.failed(new HumaError('TIMEOUT', 'Late.'));
    expect(reported.at(-1)).toEqual(['pass', true, '', 'TIMEOUT']);
  });

  test('and an outage blocks where the page wants that', async () => {
    answers[1] = () => json(503, {});
    await gate().submit(options({ failOpen: false }));
    expect(reported).toEqual([['block', 'refused', 0.45]]);
  });
});

test('an outage lets the person through, with the outage in the result', async () => {
  answers = [() => json(503, {}), () => json(503, {})];
  const run = gate();
  await run.submit(options());
  await run.submit(options({ failOpen: false }));
  expect(reported).toEqual([
    ['pass', true, '', 'UNAVAILABLE'],
    ['block', 'refused', 0],
  ]);
});

test('a refusal of the service blocks, and says which', async () => {
  answers = [() => json(429, { error: 'No.', code: 'USER_FLOOD_DETECTED' })];
  await gate().submit(options());
  expect(reported).toEqual([['block', 'refused', 'USER_FLOOD_DETECTED']]);
});

test('what comes after the component went is not reported', async () => {
  let arrive: (reply: Response) => void = () => {};
  answers = [() => new Promise((resolve) => (arrive = resolve)), () => json(200, verified(0.9))];
  const run = gate();
  const first = run.submit(options());
  run.end();
  arrive(json(200, verified(0.9)));
  await first;
  expect(reported).toEqual([]);
  // React's strict mode mounts twice: it works again.
  await run.submit(options());
  expect(reported).toEqual([['pass', true, 'h_verified_1']]);
});
