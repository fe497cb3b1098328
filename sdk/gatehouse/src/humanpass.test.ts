import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import HumanPassClient, { HumanPassError, type HumanPassSession } from './humanpass.ts';

const session: HumanPassSession = {
  sessionId: 'sess_1',
  token: 'capability',
  verifyUrl: 'https://gate.example/verify?client=sess_1#capability',
  expiresAt: '2026-11-21T12:10:00.000Z',
};
const approved = {
  sessionId: 'sess_1',
  decision: 'approved',
  passToken: 'hp_a.b.c',
  expiresAt: '2026-11-21T13:00:00.000Z',
  riskLevel: null,
  riskScore: null,
  riskFlags: [],
  metadata: {},
};
const rejected = { ...approved, decision: 'rejected', passToken: null };
const conflict = { error: 'Not finished.', code: 'CONFLICT', requestId: 'req_1' };

interface Asked {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: unknown;
}
let asked: Asked[];
let answers: Record<string, [number, unknown]>;
const send = (async (url: string, { method, headers, body, signal }: RequestInit) => {
  signal?.throwIfAborted();
  const path = new URL(url).pathname;
  asked.push({
    url,
    method: method!,
    headers: headers as Record<string, string>,
    body: body === undefined ? undefined : JSON.parse(String(body)),
  });
  const [status, answer] = answers[path] ?? [404, { error: 'No.', code: 'NOT_FOUND', requestId: 'r' }];
  return new Response(JSON.stringify(answer), { status });
}) as typeof fetch;

const client = () =>
  new HumanPassClient({
    apiKey: 'sk_live_xxxx',
    apiUrl: 'https://gate.example/',
    verifyUrl: 'https://gate.example/verify',
    fetch: send,
  });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'resolved',
    (error: unknown) => (error instanceof HumanPassError ? error.code : error),
  );

beforeEach(() => {
  asked = [];
  answers = {
    '/api/v1/sessions': [201, session],
    '/api/v1/sessions/sess_1/finalize': [200, approved],
  };
});

describe('on a server', () => {
  test('creates a session, reads its result, its salt, and verifies its pass', async () => {
    answers['/api/v1/sessions/sess_1/salt'] = [200, { salt: 'ab' }];
    answers['/api/v1/passes/verify'] = [200, { valid: true, sessionId: 'sess_1' }];
    const made = await client().createSession(
      { uniquenessPolicy: 'warn', metadata: { checkoutId: 'order_42' } },
      { idempotencyKey: 'order_42' },
    );
    expect(made).toEqual(session);
    expect((await client().finalize({ sessionId: 'sess_1' })).decision).toBe('approved');
    await client().finalize(session);
    expect(await client().salt('sess_1')).toBe('ab');
    expect(await client().verifyPass('hp_a.b.c')).toEqual({ valid: true, sessionId: 'sess_1' });
    const { authorization: __, ...headers } = asked[0]!.headers;
    expect([asked[0]!.url, asked[0]!.body, headers]).toEqual([
      'https://gate.example/api/v1/sessions',
      { uniquenessPolicy: 'warn', metadata: { checkoutId: 'order_42' } },
      { 'content-type': 'application/json', 'idempotency-key': 'order_42' },
    ]);
    expect(asked.map(({ headers: { authorization } }) => authorization)).toEqual([
      'Bearer sk_live_xxxx',
      'Bearer sk_live_xxxx',
      'Bearer capability',
      'Bearer sk_live_xxxx',
      'Bearer sk_live_xxxx',
    ]);
    expect(asked[4]!.body).toEqual({ passToken: 'hp_a.b.c' });
  });

  test('a refusal has the code of the service, and what is no Gatehouse is said', async () => {
    answers['/api/v1/sessions'] = [403, { error: 'No.', code: 'PROFILE_NOT_ALLOWED', requestId: 'req_7' }];
    const error = await client()
      .createSession()
      .catch((one: HumanPassError) => one);
    expect(error).toMatchObject({ code: 'PROFILE_NOT_ALLOWED', status: 403, requestId: 'req_7' });
    answers['/api/v1/sessions'] = [200, 'hello'];
    expect(await codeOf(client().createSession())).toBe('NETWORK');
    const away = new HumanPassClient({
      apiKey: 'k',
      apiUrl: 'https://gate.example',
      maxRetries: 0,
      fetch: () => Promise.reject(new TypeError('refused')),
    });
    expect(await codeOf(away.createSession())).toBe('NETWORK');
    expect(await codeOf(client().createSession({}, { signal: AbortSignal.abort() }))).toBe('ABORTED');
  });

  test.each([
    ['a server', undefined, 'https://gate.example could not be reached.'],
    ['a page of the service', 'https://gate.example', 'https://gate.example could not be reached.'],
    [
      'a page whose origin no key, or another key, is bound to',
      'https://shop.example',
      'https://gate.example could not be reached, or it answered and this page may not read it: the key has to be bound to https://shop.example, another key that is does not count (gatehouse key create --browser --origin https://shop.example).',
    ],
  ])('without an answer %s learns what to do', async (_, origin, message) => {
    vi.stubGlobal('location', origin && { origin });
    const away = new HumanPassClient({
      apiKey: 'k',
      apiUrl: 'https://gate.example',
      maxRetries: 0,
      fetch: () => Promise.reject(new TypeError('refused')),
    });
    await expect(away.createSession()).rejects.toMatchObject({ code: 'NETWORK', message });
    vi.unstubAllGlobals();
  });

  test('opens no page, and is not made without address; without a key it creates and reads nothing', async () => {
    expect(await codeOf(client().verify())).toBe('INVALID_ARGUMENT');
    for (const apiKey of [undefined, '']) {
      const keyless = new HumanPassClient({
        ...(apiKey === '' && { apiKey }),
        apiUrl: 'https://gate.example',
        fetch: send,
      });
      for (const work of [
        keyless.createSession(),
        keyless.finalize({ sessionId: 'sess_1' }),
        keyless.salt('sess_1'),
        keyless.verifyPass('hp_a.b.c'),
      ])
        expect(await codeOf(work)).toBe('INVALID_ARGUMENT');
    }
    expect(asked).toEqual([]);
    for (const options of [
      { apiKey: 'k', apiUrl: '' },
      { apiKey: 'k', apiUrl: 'gate.example' },
      { apiKey: 'k', apiUrl: 'https://gate.example', verifyUrl: 'javascript:alert(1)' },
    ])
      expect(() => new HumanPassClient(options)).toThrow(HumanPassError);
  });
});

describe('in a page', () => {
  /** As much of a browser as the client uses. */
  function openBrowser({ blocks = false } = {}) {
    const target = new EventTarget();
    const popup = { closed: false, location: { replace: vi.fn() }, close: vi.fn() };
    const kept = new Map<string, string>();
    const page = Object.assign(target, {
      open: vi.fn(() => (blocks ? null : popup)),
      location: { href: 'https://shop.example/checkout#x', assign: vi.fn() },
    });
    vi.stubGlobal('window', page);
    vi.stubGlobal('sessionStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    });
    const say = (data: unknown, { origin = 'https://gate.example', source = popup as unknown } = {}) =>
      target.dispatchEvent(Object.assign(new Event('message'), { data, origin, source }));
    const shown = () => expect.poll(() => popup.location.replace.mock.calls).not.toEqual([]);
    return { page, popup, say, shown, kept };
  }
  const ended = { source: 'gatehouse', type: 'result', sessionId: 'sess_1' };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test('the sample of the contract: a popup, the page, and the pass token of the decision', async () => {
    const { page, popup, say, shown } = openBrowser();
    const verifying = client().verify({ uniquenessPolicy: 'warn', metadata: { checkoutId: 'order_42' } });
    expect(page.open).toHaveBeenCalledWith('about:blank', '_blank', expect.any(String));
    await shown();
    expect(popup.location.replace).toHaveBeenCalledWith(
      'https://gate.example/verify?client=sess_1#capability',
    );
    say({ ...ended, passToken: 'hp_forged' });
    const result = await verifying;
    expect([result.sessionId, result.token, result.decision]).toEqual(['sess_1', 'hp_a.b.c', 'approved']);
    expect(popup.close).toHaveBeenCalled();
    expect(asked[0]!.body).toEqual({ uniquenessPolicy: 'warn', metadata: { checkoutId: 'order_42' } });
  });

  test('messages of other origins, windows and sessions count for nothing', async () => {
    const { say, shown } = openBrowser();
    answers['/api/v1/sessions/sess_1/finalize'] = [200, rejected];
    const verifying = client().verify();
    await shown();
    say(ended, { origin: 'https://evil.example' });
    say(ended, { source: {} });
    say(ended, { source: null });
    say({ ...ended, sessionId: 'sess_2' });
    say({ ...ended, source: 'other' });
    say('result');
    say(null);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toHaveLength(1);
    say(ended);
    expect(await verifying).toMatchObject({ token: null, decision: 'rejected' });
  });

  test('a window that the person closes: the result if there is one, else CLOSED', async () => {
    const { popup, shown } = openBrowser();
    const first = client().verify();
    await shown();
    popup.closed = true;
    await vi.advanceTimersByTimeAsync(500);
    expect(await first).toMatchObject({ token: 'hp_a.b.c' });
    answers['/api/v1/sessions/sess_1/finalize'] = [409, conflict];
    const second = codeOf(client().verify());
    await vi.advanceTimersByTimeAsync(500);
    expect(await second).toBe('CLOSED');
  });

  test('a person who gives up, a time that is over, and a signal each end it, and the window with it', async () => {
    const { popup, say, shown } = openBrowser();
    answers['/api/v1/sessions/sess_1/finalize'] = [200, rejected];
    const cancelled = codeOf(client().verify());
    await shown();
    say({ ...ended, type: 'cancel' });
    expect(await cancelled).toBe('CANCELLED');
    const late = codeOf(client().verify({ timeout: 1_000 }));
    await vi.advanceTimersByTimeAsync(1_001);
    expect(await late).toBe('TIMEOUT');
    const signal = new AbortController();
    const aborted = codeOf(client().verify({ signal: signal.signal }));
    await vi.advanceTimersByTimeAsync(10);
    signal.abort();
    expect(await aborted).toBe('ABORTED');
    expect(popup.close).toHaveBeenCalledTimes(3);
  });

  test('a blocked window is said before a session is made', async () => {
    openBrowser({ blocks: true });
    expect(await codeOf(client().verify())).toBe('POPUP_BLOCKED');
    expect(asked).toEqual([]);
  });

  test('a window does not stay when no session can be made', async () => {
    const { popup } = openBrowser();
    answers['/api/v1/sessions'] = [401, { error: 'No.', code: 'INVALID_API_KEY', requestId: 'r' }];
    expect(await codeOf(client().verify())).toBe('INVALID_API_KEY');
    expect(popup.close).toHaveBeenCalled();
  });

  test('by redirect: the page is left, and the result is there when it is loaded again, once', async () => {
    const { page, kept } = openBrowser();
    void client().verify({ mode: 'redirect' });
    await expect.poll(() => page.location.assign.mock.calls).not.toEqual([]);
    expect(page.location.assign).toHaveBeenCalledWith('https://gate.example/verify?client=sess_1#capability');
    expect(asked[0]!.body).toEqual({ redirectUrl: 'https://shop.example/checkout' });
    answers['/api/v1/sessions/sess_1/finalize'] = [409, conflict];
    expect(await codeOf(client().resume())).toBe('CLOSED');
    answers['/api/v1/sessions/sess_1/finalize'] = [200, approved];
    expect(await client().resume()).toMatchObject({ token: 'hp_a.b.c' });
    expect(kept.size).toBe(0);
    expect(await client().resume()).toBeUndefined();
  });

  test('a session that the server of the page created needs no key in the page', async () => {
    const { page, say, shown } = openBrowser();
    const keyless = new HumanPassClient({ apiUrl: 'https://gate.example', fetch: send });
    expect(await codeOf(keyless.verify())).toBe('INVALID_ARGUMENT');
    expect(page.open).not.toHaveBeenCalled();
    answers['/api/v1/sessions/sess_1/finalize'] = [409, conflict];
    const verifying = keyless.verify({ session });
    await shown();
    answers['/api/v1/sessions/sess_1/finalize'] = [200, approved];
    say(ended);
    expect(await verifying).toMatchObject({ token: 'hp_a.b.c' });
    expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual(
      Array(2).fill(['https://gate.example/api/v1/sessions/sess_1/finalize', 'Bearer capability']),
    );
  });

  test('a session that this origin may not read: the page is not shown, and no window stays', async () => {
    const { page, popup } = openBrowser();
    const barred = new HumanPassClient({
      apiUrl: 'https://gate.example',
      maxRetries: 0,
      fetch: () => Promise.reject(new TypeError('Failed to fetch')),
    });
    for (const mode of ['popup', 'redirect'] as const) {
      const error = await barred.verify({ session, mode }).catch((one: HumanPassError) => one);
      expect(error).toMatchObject({ code: 'NETWORK', message: expect.stringContaining('--origin') });
    }
    expect(popup.location.replace).not.toHaveBeenCalled();
    expect(page.location.assign).not.toHaveBeenCalled();
    expect(popup.close).toHaveBeenCalledTimes(1);
  });

  test('a signal that is aborted already opens no window', async () => {
    const { page } = openBrowser();
    expect(await codeOf(client().verify({ signal: AbortSignal.abort() }))).toBe('ABORTED');
    expect(page.open).not.toHaveBeenCalled();
  });
});
