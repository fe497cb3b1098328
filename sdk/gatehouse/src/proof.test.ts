import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ProofClient, ProofError } from './proof.ts';

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> } | Error;
let asked: {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
  redirect: unknown;
}[];
let answers: Answer[];

const fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
  asked.push({
    url: String(url),
    method: init.method!,
    redirect: init.redirect,
    headers: init.headers as Record<string, string>,
    body: init.body === undefined ? undefined : JSON.parse(String(init.body)),
  });
  const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
  if (answer instanceof Error) throw answer;
  const { status = 200, body = {}, headers } = answer;
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    ...(headers && { headers }),
  });
};
const client = (more: object = {}) =>
  new ProofClient({ baseUrl: 'https://id.example.com/', apiKey: 'prf_live_1', fetch, ...more });
const pending = { sessionId: 'prs_1', status: 'PENDING', expiresAt: '2026-04-06T15:00:00.000Z' };
const verified = { ...pending, status: 'VERIFIED', verifiedEmail: 'alice@example.com' };
const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

beforeEach(() => {
  asked = [];
  answers = [{}];
});

describe('requests', () => {
  test('each goes to its route, with the credential for it', async () => {
    const both = client({ serviceToken: 'prf_live_2' });
    await both.verify({ image: 'AAAA' });
    await both.enroll({ image: 'AAAA', email: 'alice@example.com' });
    await both.createPresenceSession({ orgId: 'org_1', purpose: 'Deploy' }, { idempotencyKey: 'once' });
    await both.getPresenceSession('prs_1');
    await both.cancelPresenceSession('prs_1');
    await both.getPresenceToken('../x');
    await both.verifyPresenceToken({ token: 't' });
    expect(asked.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual([
      ['POST', 'https://id.example.com/api/verify', 'Bearer prf_live_1'],
      ['POST', 'https://id.example.com/api/enroll', 'Bearer prf_live_1'],
      ['POST', 'https://id.example.com/api/presence/sessions', 'Bearer prf_live_2'],
      ['GET', 'https://id.example.com/api/presence/sessions/prs_1', 'Bearer prf_live_2'],
      ['POST', 'https://id.example.com/api/presence/sessions/prs_1/cancel', 'Bearer prf_live_2'],
      ['GET', 'https://id.example.com/api/presence/sessions/..%2Fx/token', 'Bearer prf_live_2'],
      ['POST', 'https://id.example.com/api/presence/verify-token', 'Bearer prf_live_2'],
    ]);
    expect(asked[2]).toMatchObject({
      headers: { 'idempotency-key': 'once' },
      body: { orgId: 'org_1', purpose: 'Deploy' },
    });
    expect(new Set(asked.map(({ redirect }) => redirect))).toEqual(new Set(['error']));
  });

  test('one credential serves both', async () => {
    await client().getPresenceSession('prs_1');
    await client({ apiKey: undefined, serviceToken: 'prf_live_2' }).verify({ image: 'AAAA' });
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer prf_live_1',
      'Bearer prf_live_2',
    ]);
    expect(await thrown(client({ apiKey: undefined }).verify({ image: 'AAAA' }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  test.each([
    '',
    'id.example.com',
    'ftp://id.example.com',
    'https://u:p@id.example.com',
    'https://id.example.com/?a',
  ])('baseUrl "%s" is refused', (baseUrl) => {
    expect(() => client({ baseUrl })).toThrow(ProofError);
  });

  test('a refusal is an error with all that was answered', async () => {
    answers = [
      {
        status: 422,
        body: {
          error: 'No face was found.',
          code: 'FACE_NOT_FOUND',
          requestId: 'req_1',
          reason: 'Look at the camera.',
          checkResults: [],
          details: [{ path: 'image', message: 'Empty.' }],
        },
        headers: { 'retry-after': '3' },
      },
    ];
    const error = await thrown(client().verify({ image: 'AAAA' }));
    expect(error).toBeInstanceOf(ProofError);
    expect(error).toMatchObject({
      message: 'No face was found.',
      code: 'FACE_NOT_FOUND',
      requestId: 'req_1',
      status: 422,
      reason: 'Look at the camera.',
      checkResults: [],
      retryAfterSeconds: 3,
      details: [{ path: 'image', message: 'Empty.' }],
    });
  });

  test('what is no answer of an appliance is an error too', async () => {
    answers = [{ status: 200, body: '<html>' }];
    expect(await thrown(client().getPresenceToken('prs_1'))).toMatchObject({
      code: 'NO_ANSWER',
      status: 200,
    });
    answers = [new TypeError('fetch failed')];
    expect(await thrown(client({ maxRetries: 0 }).getPresenceToken('prs_1'))).toMatchObject({
      code: 'NO_ANSWER',
      message: 'No answer from https://id.example.com: fetch failed',
    });
  });
});

describe('waitForPresence', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const advance = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

  test('asks every two seconds until the session is verified', async () => {
    answers = [{ body: pending }, { body: pending }, { body: verified }];
    const waiting = client().waitForPresence('prs_1');
    await advance(1_999);
    expect(asked).toHaveLength(1);
    await advance(1);
    expect(asked).toHaveLength(2);
    await advance(2_000);
    expect(await waiting).toEqual(verified);
    expect(asked).toHaveLength(3);
  });

  test.each([
    ['EXPIRED', undefined, 'PRESENCE_EXPIRED', /expired/],
    ['CANCELLED', 'another_person', 'PRESENCE_CANCELLED', /another person/],
    ['CANCELLED', 'declined', 'PRESENCE_CANCELLED', /declined/],
  ])('%s (%s) ends it', async (status, reason, code, message) => {
    answers = [{ body: { ...pending, status, ...(reason && { reason }) } }];
    const error = await thrown(client().waitForPresence('prs_1'));
    expect(error).toMatchObject({ code, reason, message: expect.stringMatching(message) });
  });

  test('it ends after five minutes', async () => {
    answers = [{ body: pending }];
    const waiting = thrown(client().waitForPresence('prs_1'));
    await advance(299_999);
    expect(asked).toHaveLength(150);
    await advance(2_000);
    expect(await waiting).toMatchObject({ code: 'PRESENCE_TIMEOUT' });
    expect(asked.length).toBeLessThanOrEqual(151);
  });

  test('a signal ends it at once, with its reason', async () => {
    answers = [{ body: pending }];
    const control = new AbortController();
    const waiting = thrown(client().waitForPresence('prs_1', { signal: control.signal }));
    await advance(3_000);
    const reason = new Error('enough');
    control.abort(reason);
    expect(await waiting).toBe(reason);
    expect(asked).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
    const early = await thrown(client().waitForPresence('prs_1', { signal: AbortSignal.abort(reason) }));
    expect(early).toBe(reason);
    expect(asked).toHaveLength(2);
  });

  test('what may pass is asked again, at the pace that was answered; what may not is thrown', async () => {
    const busy = { status: 429, body: { error: 'Slower.', code: 'BURST_LIMIT_EXCEEDED' } };
    answers = [
      new TypeError('fetch failed'),
      { status: 503, body: { error: 'Busy.', code: 'OVERLOADED' } },
      { ...busy, headers: { 'retry-after': '7' } },
      { body: verified },
    ];
    const waiting = client().waitForPresence('prs_1');
    await advance(4_000);
    expect(asked).toHaveLength(3);
    await advance(6_999);
    expect(asked).toHaveLength(3);
    await advance(1);
    expect(await waiting).toEqual(verified);
    answers = [{ status: 403, body: { error: 'Not yours.', code: 'SESSION_KEY_MISMATCH' } }];
    expect(await thrown(client().waitForPresence('prs_1'))).toMatchObject({ code: 'SESSION_KEY_MISMATCH' });
  });
});
