import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FormCheckOptions, humaFormCheck, withHumaProtection } from './next.ts';

const signals = { v: 1, sid: 'abcdefghijklmnop', counts: { move: 12, down: 1 } };
const human = { human: true, confidence: 0.92, token: 'h_verified_1', pii_stored: false };
const bot = { human: false, confidence: 0.04, token: 'h_verified_2', pii_stored: false };

let asked: { userId: string; sessionData: unknown }[];
let keys: unknown[];
let answer: () => Promise<Response> | Response;
let outages: unknown[];
const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });
const send = (async (_url: string, { headers, body }: RequestInit) => {
  keys.push((headers as Record<string, string>).authorization);
  asked.push(JSON.parse(String(body)));
  return answer();
}) as typeof fetch;
const options: FormCheckOptions = {
  fetch: send,
  onOutage: ({ code }, check) => outages.push([code, check.human]),
};

beforeEach(() => {
  [asked, keys, outages] = [[], [], []];
  answer = () => json(200, human);
  vi.stubEnv('HUMA_API_KEY', 'huma_live_of_server');
  vi.stubEnv('HUMA_BASE_URL', 'https://gate.example');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const formOf = (fields: Record<string, string>) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
};
const filled = () => formOf({ email: 'a@example.com', huma_signals: JSON.stringify(signals) });

describe('humaFormCheck', () => {
  test('judges the hidden field, with key and address of the environment', async () => {
    expect(await humaFormCheck(filled(), options)).toEqual({ ...human, score: 92 });
    expect([keys, asked]).toEqual([
      ['Bearer huma_live_of_server'],
      [{ userId: 'form:abcdefghijklmnop', sessionData: signals }],
    ]);
  });

  test('a bot is not human', async () => {
    answer = () => json(200, bot);
    expect(await humaFormCheck(filled(), options)).toMatchObject({ human: false, confidence: 0.04 });
  });

  test('a form without signals is refused, also in an outage', async () => {
    answer = () => Promise.reject(new TypeError('no network'));
    expect(await humaFormCheck(formOf({ email: 'a@example.com' }), options)).toMatchObject({
      human: false,
      refused: 'no_signals',
    });
    const file = new FormData();
    file.set('huma_signals', new Blob([JSON.stringify(signals)]));
    expect(await humaFormCheck(file, options)).toMatchObject({ human: false });
    expect([asked, outages]).toEqual([[], []]);
  });

  test('an outage lets it through, says so and is reported', async () => {
    answer = () => new Response('', { status: 503 });
    const result = await humaFormCheck(filled(), options);
    expect([result.human, result.outage?.code, outages]).toEqual([
      true,
      'UNAVAILABLE',
      [['UNAVAILABLE', true]],
    ]);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await humaFormCheck(filled(), { fetch: send, failOpen: false });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^huma: a request was refused without a judgement/)],
    ]);
    warn.mockRestore();
  });

  test('a limit is a refusal, not an outage: a flood opens no form', async () => {
    answer = () => json(429, { error: 'No.', code: 'USER_FLOOD_DETECTED' }, { 'retry-after': '17' });
    expect(await humaFormCheck(filled(), options)).toMatchObject({
      human: false,
      refused: 'limited',
      retryAfterSeconds: 17,
    });
    expect(outages).toEqual([]);
    // Also that of a proxy.
    answer = () => new Response('<h1>Slow down', { status: 429 });
    expect(await humaFormCheck(filled(), options)).toMatchObject({ human: false, refused: 'limited' });
  });

  test('so is a trial that is over', async () => {
    answer = () => json(402, { error: 'Free trial has expired.', code: 'TRIAL_EXPIRED' });
    expect(await humaFormCheck(filled(), options)).toMatchObject({ human: false, refused: 'limited' });
    const guarded = withHumaProtection(() => Response.json({ ok: true }), options);
    const reply = await guarded(new Request('https://shop.example/', { method: 'POST', body: filled() }));
    expect([reply.status, outages]).toEqual([429, []]);
  });

  test('signals that are no JSON for the service are refused', async () => {
    answer = () => json(400, { error: 'The body is not valid JSON.', code: 'MALFORMED_JSON' });
    expect(await humaFormCheck(filled(), options)).toMatchObject({
      human: false,
      refused: 'invalid_signals',
    });
  });

  test('a certificate that is not trusted is an error that the log shows, and lets no one in', async () => {
    const cause = Object.assign(new Error('no'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    answer = () => Promise.reject(new TypeError('fetch failed', { cause }));
    const refused = { code: 'CERTIFICATE_NOT_TRUSTED' };
    await expect(humaFormCheck(filled(), options)).rejects.toMatchObject(refused);
    const guarded = withHumaProtection(() => Response.json({ ok: true }), options);
    const request = new Request('https://shop.example/', { method: 'POST', body: filled() });
    await expect(guarded(request)).rejects.toMatchObject(refused);
    expect(outages).toEqual([]);
  });

  test('a wrong key is an error that the log shows', async () => {
    answer = () => json(401, { error: 'Unknown.', code: 'INVALID_API_KEY' });
    await expect(humaFormCheck(filled(), options)).rejects.toMatchObject({ code: 'INVALID_API_KEY' });
    vi.stubEnv('HUMA_API_KEY', '');
    await expect(humaFormCheck(filled(), options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('the user is the one that the caller names, else the page view', async () => {
    await humaFormCheck(filled(), { ...options, userId: 'user_7' });
    const odd = JSON.stringify({ ...signals, sid: 'victim@example.com' });
    await humaFormCheck(formOf({ huma_signals: odd, userId: 'victim' }), options);
    expect(asked.map(({ userId }) => userId)).toEqual([
      'user_7',
      expect.stringMatching(/^form:[\da-f]{8}-[\da-f-]{27}$/),
    ]);
  });
});

describe('withHumaProtection', () => {
  let handled: unknown[];
  const handler = async (request: Request, huma: { confidence: number }) => {
    handled.push(await request.text());
    return Response.json({ ok: true, confidence: huma.confidence });
  };
  const post = (body: BodyInit, type?: string) =>
    new Request('https://shop.example/api/check', {
      method: 'POST',
      body,
      ...(type && { headers: { 'content-type': type } }),
    });
  const jsonOf = (value: unknown) => post(JSON.stringify(value), 'application/json');
  const outcome = async (reply: Response) => [reply.status, await reply.json()];

  beforeEach(() => {
    handled = [];
  });

  test.each([
    ['JSON with signals', () => jsonOf({ name: 'Zoë', signals })],
    ['JSON with the text of the field', () => jsonOf({ huma_signals: JSON.stringify(signals) })],
    ['JSON with sessionData', () => jsonOf({ sessionData: signals })],
    ['JSON without its content type', () => post(JSON.stringify({ signals }))],
    ['a form', () => post(filled())],
    ['a form of an old browser', () => post(new URLSearchParams({ huma_signals: JSON.stringify(signals) }))],
  ])('%s: the handler gets the judgement and the whole body', async (_name, made) => {
    const body = await made().text();
    const reply = await withHumaProtection(handler, options)(made());
    expect(await outcome(reply)).toEqual([200, { ok: true, confidence: 0.92 }]);
    expect(asked).toEqual([{ userId: 'form:abcdefghijklmnop', sessionData: signals }]);
    // The boundary of a multipart body differs from one request to the next.
    const plain = (text: unknown) => String(text).replace(/-+[\w-]*formdata[\w-]+/gi, '');
    expect(handled.map(plain)).toEqual([plain(body)]);
  });

  test.each([
    ['a scripted post', () => jsonOf({ email: 'a@example.com' })],
    ['no body', () => new Request('https://shop.example/', { method: 'POST' })],
    ['a read', () => new Request('https://shop.example/')],
    ['text that is no JSON', () => post('{', 'application/json')],
    ['a form that is none', () => post('x', 'multipart/form-data; boundary=b')],
    ['null', () => jsonOf(null)],
  ])('%s is refused outright: no handler, no question, also in an outage', async (_name, made) => {
    answer = () => Promise.reject(new TypeError('no network'));
    expect(await outcome(await withHumaProtection(handler, options)(made()))).toEqual([
      403,
      { error: 'No behavioral signals came with this request.', code: 'NO_SIGNALS' },
    ]);
    expect([handled, asked]).toEqual([[], []]);
  });

  test('a bot is refused', async () => {
    answer = () => json(200, bot);
    expect(await outcome(await withHumaProtection(handler, options)(jsonOf({ signals })))).toEqual([
      403,
      { error: 'This request does not look like one of a person.', code: 'BOT_DETECTED' },
    ]);
    expect(handled).toEqual([]);
  });

  test('signals that are none are refused', async () => {
    const reply = await withHumaProtection(handler, options)(jsonOf({ signals: 'human, honestly' }));
    expect(await outcome(reply)).toMatchObject([403, { code: 'INVALID_SIGNALS' }]);
  });

  test('a limit is answered with the time to wait', async () => {
    answer = () => json(429, { error: 'No.', code: 'BURST_LIMIT_EXCEEDED' }, { 'retry-after': '17' });
    const reply = await withHumaProtection(handler, options)(jsonOf({ signals }));
    expect([reply.headers.get('retry-after'), ...(await outcome(reply))]).toMatchObject([
      ...['17', 429],
      { code: 'LIMITED' },
    ]);
  });

  test('an outage runs the handler, which can see it', async () => {
    answer = () => new Response('', { status: 500 });
    const seen = withHumaProtection(async (_request, huma) => Response.json(huma.outage?.code), options);
    expect(await outcome(await seen(jsonOf({ signals })))).toEqual([200, 'UNAVAILABLE']);
    const closed = withHumaProtection(handler, { ...options, failOpen: false });
    expect(await outcome(await closed(jsonOf({ signals })))).toMatchObject([503, { code: 'OUTAGE' }]);
    expect([handled, outages]).toEqual([
      [],
      [
        ['UNAVAILABLE', true],
        ['UNAVAILABLE', false],
      ],
    ]);
  });

  describe('a body that is too large', () => {
    const tooLarge = { error: 'The body of this request is too large.', code: 'PAYLOAD_TOO_LARGE' };
    /** A body in pieces of 64 KB, and how many of them were asked for. */
    const endless = (headers: Record<string, string> = {}) => {
      const read = { pieces: 0 };
      const pull = (controller: ReadableStreamDefaultController) => {
        if (++read.pieces > 1_000) return controller.close();
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      };
      const body = new ReadableStream({ pull }, { highWaterMark: 0 });
      const init = { method: 'POST', body, headers, duplex: 'half' };
      return { read, request: new Request('https://shop.example/', init as RequestInit) };
    };

    test('is refused by what it says of itself, unread', async () => {
      const { read, request } = endless({ 'content-length': '1048577' });
      expect(await outcome(await withHumaProtection(handler, options)(request))).toEqual([413, tooLarge]);
      expect([read.pieces, handled, asked]).toEqual([0, [], []]);
    });

    test('is refused where it says nothing, and read no further', async () => {
      const { read, request } = endless();
      expect(await outcome(await withHumaProtection(handler, options)(request))).toEqual([413, tooLarge]);
      expect(read.pieces).toBeLessThan(25);
      expect([handled, asked]).toEqual([[], []]);
    });

    test('is one of more than the caller says', async () => {
      const body = { signals, more: 'x'.repeat(2_000) };
      const small = withHumaProtection(handler, { ...options, maxBytes: 1_000 });
      expect((await small(jsonOf(body))).status).toBe(413);
      expect((await small(jsonOf({ signals }))).status).toBe(200);
      const large = withHumaProtection(handler, { ...options, maxBytes: 2_000_000 });
      expect((await large(jsonOf({ signals, more: 'x'.repeat(1_500_000) }))).status).toBe(200);
      const own = { ...options, refuse: ({ refused }: { refused?: string }) => new Response(refused) };
      const refused = withHumaProtection(handler, { ...own, maxBytes: 1_000 });
      expect(await (await refused(jsonOf(body))).text()).toBe('payload_too_large');
      for (const maxBytes of [0, Number.NaN, '1 MB' as never])
        expect(() => withHumaProtection(handler, { ...options, maxBytes })).toThrow(/^maxBytes/);
    });

    test('is none where the signals are somewhere else: the body is not read', async () => {
      const elsewhere = withHumaProtection(async () => Response.json(true), {
        ...options,
        maxBytes: 10,
        signals: () => signals,
      });
      expect((await elsewhere(jsonOf({ name: 'a long one' }))).status).toBe(200);
    });
  });

  test('passes on what the framework gives besides, and takes user, signals and refusal from the caller', async () => {
    const guarded = withHumaProtection<Request, [{ params: { id: string } }]>(
      async (_request, _huma, { params }) => Response.json(params.id),
      {
        ...options,
        userId: (request) => request.headers.get('x-user') ?? undefined,
        signals: (request) => request.headers.get('x-signals'),
        refuse: ({ refused }) => new Response(refused, { status: 418 }),
      },
    );
    const headers = { 'x-user': 'user_9', 'x-signals': JSON.stringify(signals) };
    const context = { params: { id: '7' } };
    const reply = await guarded(new Request('https://shop.example/', { headers }), context);
    expect([await reply.json(), asked[0]?.userId]).toEqual(['7', 'user_9']);
    const refused = await guarded(new Request('https://shop.example/'), context);
    expect([refused.status, await refused.text()]).toEqual([418, 'no_signals']);
  });
});
