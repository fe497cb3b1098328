import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import HumanPassClient from './humanpass.ts';
import { ProofClient } from './proof.ts';

type Answer = [status: number, body?: object, headers?: Record<string, string>] | Error;

const lost = new TypeError('fetch failed');
const busy: Answer = [503, { error: 'Busy.', code: 'OVERLOADED' }, { 'retry-after': '1' }];
const slower: Answer = [429, { error: 'Slower.', code: 'BURST_LIMIT_EXCEEDED' }, { 'retry-after': '3' }];
const gateway: Answer = [502];
const running: Answer = [409, { error: 'No answer yet.', code: 'CONFLICT' }, { 'retry-after': '2' }];

let answers: Answer[];
let asked: { at: number; key: string | undefined }[];
const fetch = async (_: unknown, { headers }: RequestInit = {}) => {
  asked.push({ at: Date.now(), key: (headers as Record<string, string>)['idempotency-key'] });
  const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
  if (answer instanceof Error) throw answer;
  const [status, body = {}, given] = answer;
  return new Response(JSON.stringify(body), { status, ...(given && { headers: given }) });
};

const proof = (more: object = {}) =>
  new ProofClient({ baseUrl: 'https://box.lan', apiKey: 'k', fetch, ...more });
const pass = (more: object = {}) =>
  new HumanPassClient({ apiUrl: 'https://box.lan', apiKey: 'k', fetch, ...more });
type Call = (more?: object) => Promise<unknown>;
const reading: [string, Call][] = [
  ['getPresenceSession', (more) => proof(more).getPresenceSession('p')],
  ['getPresenceToken', (more) => proof(more).getPresenceToken('p')],
  ['finalize', (more) => pass(more).finalize({ sessionId: 's' })],
  ['salt', (more) => pass(more).salt('s')],
  ['verifyPass', (more) => pass(more).verifyPass('hp_1')],
];
const creating: [string, Call][] = [
  ['enroll', (more) => proof(more).enroll({ image: 'AAAA', email: 'a@example.com' })],
  ['createPresenceSession', (more) => proof(more).createPresenceSession({ orgId: 'o', purpose: 'p' })],
  ['createSession', (more) => pass(more).createSession()],
];
const once: [string, Call][] = [
  ['verify', (more) => proof(more).verify({ image: 'AAAA' })],
  ['verifyPresenceToken', (more) => proof(more).verifyPresenceToken({ token: 't' })],
  ['cancelPresenceSession', (more) => proof(more).cancelPresenceSession('p')],
];

/** How the call ended: an answer, or the code of its error. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  const ended = work.then(
    () => 'answered',
    (error: { code?: string }) => error.code ?? error,
  );
  await vi.advanceTimersByTimeAsync(120_000);
  return ended;
}
const pauses = () => asked.slice(1).map(({ at }, i) => at - asked[i]!.at);

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answers = [[200, { salt: 'x' }]];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe.each([...reading, ...creating])('%s', (_, call) => {
  test.each([
    ['no answer', lost],
    ['a proxy', gateway],
    ['a busy appliance', busy],
  ])('is sent again after %s, later and later', async (_name, failure) => {
    answers = [failure, failure, [200, { salt: 'x' }]];
    expect(await outcome(call())).toBe('answered');
    const [first, second] = pauses();
    expect(first).toBeGreaterThanOrEqual(375);
    expect(second).toBeGreaterThanOrEqual(750);
    expect(Math.max(first!, second!)).toBeLessThanOrEqual(1_250);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
  });

  test('is given up after three attempts, and with maxRetries: 0 after one', async () => {
    answers = [lost];
    expect(await outcome(call())).toMatch(/^(NO_ANSWER|NETWORK)$/);
    expect(asked).toHaveLength(3);
    asked = [];
    expect(await outcome(call({ maxRetries: 0 }))).toMatch(/^(NO_ANSWER|NETWORK)$/);
    expect(asked).toHaveLength(1);
  });

  test('a refusal is final', async () => {
    for (const refused of [
      [400, { error: 'No.', code: 'INVALID_REQUEST' }],
      [409, { error: 'Not yet.', code: 'CONFLICT' }],
      [500, { error: 'Broken.', code: 'INTERNAL' }],
      [503, { error: 'No model.', code: 'PAD_NOT_INSTALLED' }],
      [429, { error: 'The month is used up.', code: 'MONTHLY_LIMIT_EXCEEDED' }, { 'retry-after': '86400' }],
    ] satisfies Answer[]) {
      asked = [];
      answers = [refused];
      expect(await outcome(call())).toBe(refused[1].code);
      expect(asked).toHaveLength(1);
    }
  });
});

test.each(creating)('%s carries a key of its own for each call, or the given one', async (_, call) => {
  await outcome(call());
  await outcome(call());
  const [one, other] = asked.map(({ key }) => key);
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(other).toMatch(/^[0-9a-f]{32}$/);
  expect(one).not.toBe(other);
  await outcome(proof().createPresenceSession({ orgId: 'o', purpose: 'p' }, { idempotencyKey: 'order_42' }));
  await outcome(pass().createSession({}, { idempotencyKey: 'order_42' }));
  expect(asked.slice(2).map(({ key }) => key)).toEqual(['order_42', 'order_42']);
});

test('a repeat that comes while the first still runs waits for it', async () => {
  answers = [lost, running, [201, {}]];
  expect(await outcome(pass().createSession())).toBe('answered');
  expect(pauses()[1]).toBeGreaterThanOrEqual(2_000);
});

test.each(creating)('%s is sent once where nothing makes a key', async (_, call) => {
  vi.stubGlobal('crypto', {});
  answers = [lost];
  expect(await outcome(call())).toMatch(/^(NO_ANSWER|NETWORK)$/);
  expect(asked).toMatchObject([{ key: undefined }]);
});

describe.each(once)('%s has an effect each time', (_, call) => {
  test('it is not sent again after a lost answer', async () => {
    for (const failure of [lost, gateway]) {
      asked = [];
      answers = [failure];
      expect(await outcome(call())).toBe('NO_ANSWER');
      expect(asked).toHaveLength(1);
    }
  });

  test('it is sent again where it was refused before anything was done', async () => {
    answers = [busy, slower, [200, {}]];
    expect(await outcome(call())).toBe('answered');
    expect(pauses()[1]).toBeGreaterThanOrEqual(3_000);
  });
});

test('a request that took its whole time is not begun anew', async () => {
  const never = ((_: unknown, { signal }: RequestInit) => {
    asked.push({ at: Date.now(), key: undefined });
    return new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
  }) as typeof globalThis.fetch;
  expect(await outcome(proof({ fetch: never }).getPresenceSession('p'))).toBe('NO_ANSWER');
  expect(asked).toHaveLength(1);
});

test('a signal ends the wait for the next attempt', async () => {
  answers = [lost];
  const control = new AbortController();
  const { signal } = control;
  const ended = Promise.allSettled([
    proof().getPresenceSession('p', { signal }),
    pass().salt('s', { signal }),
  ]);
  await vi.advanceTimersByTimeAsync(100);
  control.abort(new Error('enough'));
  const [one, other] = (await ended) as PromiseRejectedResult[];
  expect(one!.reason).toMatchObject({ message: 'enough' });
  expect(other!.reason).toMatchObject({ code: 'ABORTED' });
  expect([asked.length, vi.getTimerCount()]).toEqual([2, 0]);
});
