import { createHmac } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WebhookDialect } from './signatures.ts';
import { type VerifyWebhookOptions, verifyWebhook } from './verify-webhook.ts';
import type { WebhookErrorCode } from './webhook-verification-error.ts';

// Signed here from the texts of the dialects, not with Gatehouse's own code.

const seconds = Date.UTC(2026, 10, 20, 12) / 1000;
const text = '{"event":"bot.detected","name":"Zoë 🤖"}';
const event = JSON.parse(text);
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const other = 'whsec_AAKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const at = (time = seconds): VerifyWebhookOptions => ({ now: () => time * 1000 });

const mac = (key: string | Buffer, ...parts: string[]) => {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac;
};

type Headers = Record<string, string>;

const standard = (body = text, key = secret, time = seconds, id = 'evt_1'): Headers => ({
  'webhook-id': id,
  'webhook-timestamp': String(time),
  'webhook-signature': `v1,${mac(Buffer.from(key.split('whsec_')[1]!, 'base64'), `${id}.${time}.`, body).digest('base64')}`,
});

const own = {
  timestamped: (body = text, key = secret, time = seconds): Headers => ({
    'Huma-Signature': `t=${time},v1=${mac(key, `${time}.`, body).digest('hex')}`,
  }),
  sha256: (body = text, key = secret): Headers => ({
    'X-VerifyHuman-Signature': `sha256=${mac(key, body).digest('hex')}`,
  }),
  hex: (body = text, key = secret): Headers => ({ 'x-proof-signature': mac(key, body).digest('hex') }),
};

const delivery = (dialect: WebhookDialect, body = text, key = secret, time = seconds): Headers => ({
  ...standard(body, key, time),
  ...(dialect === 'standard' ? {} : own[dialect](body, key, time)),
});

const dialects = ['standard', 'timestamped', 'sha256', 'hex'] as const;

async function refusal(promise: Promise<unknown>): Promise<WebhookErrorCode | 'accepted'> {
  return promise.then(
    () => 'accepted' as const,
    (error) => {
      expect(error).toMatchObject({
        name: 'WebhookVerificationError',
        message: expect.stringMatching(/\.$|\?$/),
      });
      return error.code;
    },
  );
}

describe.each(dialects)('%s', (dialect) => {
  test('is accepted and told', async () => {
    expect(await verifyWebhook(text, delivery(dialect), secret, at())).toEqual({
      id: 'evt_1',
      timestamp: new Date(seconds * 1000),
      dialect,
      event,
    });
  });

  test('a changed byte, another secret, another time: refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 }), async (place, flip) => {
        const changed = Buffer.from(text);
        changed[place]! ^= flip;
        expect(await refusal(verifyWebhook(changed, delivery(dialect), secret, at()))).toBe(
          'SIGNATURE_MISMATCH',
        );
      }),
      { numRuns: 50 },
    );
    expect(await refusal(verifyWebhook(text, delivery(dialect), other, at()))).toBe('SIGNATURE_MISMATCH');
    const later = { ...delivery(dialect), 'webhook-timestamp': String(seconds + 1) };
    expect(await refusal(verifyWebhook(text, later, secret, at()))).toBe('SIGNATURE_MISMATCH');
  });

  test('any changed byte of any header is refused', async () => {
    const headers = delivery(dialect);
    const names = Object.keys(headers);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.constantFrom('0', 'A', 'z'),
        async (name, n, letter) => {
          const value = headers[name]!;
          const place = n % value.length;
          const changed = value.slice(0, place) + letter + value.slice(place + 1);
          // Hexadecimal digits are the same in either case.
          fc.pre(
            changed.toLowerCase() !== value.toLowerCase() ||
              (changed !== value && name.startsWith('webhook')),
          );
          const code = await refusal(verifyWebhook(text, { ...headers, [name]: changed }, secret, at()));
          expect(['SIGNATURE_MISMATCH', 'MALFORMED_HEADER']).toContain(code);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('an old time is refused, and one in the future; at the limit it is accepted', async () => {
    const told = (now: number, tolerance?: number) =>
      refusal(
        verifyWebhook(text, delivery(dialect), secret, {
          ...at(now),
          ...(tolerance === undefined ? {} : { tolerance }),
        }),
      );
    expect(await told(seconds + 300)).toBe('accepted');
    expect(await told(seconds - 300)).toBe('accepted');
    expect(await told(seconds + 301)).toBe('TIMESTAMP_TOO_OLD');
    expect(await told(seconds - 301)).toBe('TIMESTAMP_TOO_NEW');
    expect(await told(seconds + 11, 10)).toBe('TIMESTAMP_TOO_OLD');
    expect(await told(seconds + 0, 0)).toBe('accepted');
  });

  test('during a rotation the old secret and the new one both fit', async () => {
    const headers = delivery(dialect);
    headers['webhook-signature'] =
      `${standard(text, other)['webhook-signature']} ${headers['webhook-signature']}`;
    if (dialect !== 'standard')
      for (const [name, value] of Object.entries(own[dialect](text, other))) headers[`${name}-next`] = value;
    for (const one of [secret, other, ['whsec_x', other], [secret, other]])
      expect(await verifyWebhook(text, headers, one, at())).toMatchObject({ id: 'evt_1', dialect });
    expect(await refusal(verifyWebhook(text, headers, 'whsec_bm9uZQ==', at()))).toBe('SIGNATURE_MISMATCH');
  });

  test('under a header of the endpoint’s own', async () => {
    const [value] = Object.values(
      dialect === 'standard' ? { value: standard()['webhook-signature']! } : own[dialect](),
    );
    const headers = { ...standard(), 'X-Our-Signature': value! };
    const options = { ...at(), header: 'x-our-signature' };
    expect(await verifyWebhook(text, headers, secret, options)).toMatchObject({ dialect });
    const forged = {
      ...headers,
      'X-Our-Signature': value!.slice(0, -4) + (value!.endsWith('0000') ? '1111' : '0000'),
    };
    expect(await refusal(verifyWebhook(text, forged, secret, options))).toBe('SIGNATURE_MISMATCH');
    expect(await refusal(verifyWebhook(text, standard(), secret, options))).toBe('MISSING_SIGNATURE');
  });
});

describe('what was taken away or added gains nothing', () => {
  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('without %s alone', async (name) => {
    const { [name]: _, ...headers } = delivery('sha256');
    expect(await refusal(verifyWebhook(text, headers, secret, at()))).toBe('MALFORMED_HEADER');
  });

  test('no header of the standard: only where the signature holds a time of its own, or the caller allows it', async () => {
    const late = at(seconds + 1e6);
    for (const dialect of ['sha256', 'hex'] as const) {
      expect(await refusal(verifyWebhook(text, own[dialect](), secret, late))).toBe('MISSING_TIMESTAMP');
      expect(await verifyWebhook(text, own[dialect](), secret, { ...late, allowUntimed: true })).toEqual({
        id: undefined,
        timestamp: undefined,
        dialect,
        event,
      });
      expect(await refusal(verifyWebhook(text, own[dialect](), other, { ...late, allowUntimed: true }))).toBe(
        'SIGNATURE_MISMATCH',
      );
    }
    expect(await verifyWebhook(text, own.timestamped(), secret, at())).toMatchObject({
      id: undefined,
      timestamp: new Date(seconds * 1000),
      dialect: 'timestamped',
    });
    expect(
      await refusal(verifyWebhook(text, own.timestamped(), secret, { ...late, allowUntimed: true })),
    ).toBe('TIMESTAMP_TOO_OLD');
  });

  test('a family’s signature beside a wrong one of the standard, and the other way round', async () => {
    for (const dialect of ['timestamped', 'sha256', 'hex'] as const) {
      for (const headers of [
        { ...standard(text, other), ...own[dialect]() },
        { ...standard(), ...own[dialect](text, other) },
      ])
        expect(await refusal(verifyWebhook(text, headers, secret, at()))).toBe('SIGNATURE_MISMATCH');
    }
  });

  test('of several families’ signatures each has to hold', async () => {
    const headers = { ...own.hex(), ...own.sha256(text, other), ...standard() };
    expect(await refusal(verifyWebhook(text, headers, secret, at()))).toBe('SIGNATURE_MISMATCH');
    const both = { ...own.hex(), ...own.sha256(), ...standard() };
    expect(await refusal(verifyWebhook(text, both, secret, at()))).toBe('accepted');
  });

  test('an old time of the dialect’s own is not covered by a fresh one of the standard', async () => {
    const headers = { ...standard(), ...own.timestamped(text, secret, seconds - 1000) };
    expect(await refusal(verifyWebhook(text, headers, secret, at()))).toBe('TIMESTAMP_TOO_OLD');
  });

  test('no header at all', async () => {
    expect(await refusal(verifyWebhook(text, {}, secret, at()))).toBe('MISSING_SIGNATURE');
    expect(await refusal(verifyWebhook(text, new Headers(), secret, at()))).toBe('MISSING_SIGNATURE');
  });
});

test('signatures of other versions are for others', async () => {
  const headers = standard();
  const signature = headers['webhook-signature']!;
  const told = (value: string) =>
    refusal(verifyWebhook(text, { ...headers, 'webhook-signature': value }, secret, at()));
  expect(await told(`v1a,abc ${signature} v2,xyz`)).toBe('accepted');
  expect(await told(signature.replace('v1,', 'v2,'))).toBe('MALFORMED_HEADER');
  const { 'Huma-Signature': own_ } = own.timestamped();
  const more = { ...headers, 'Huma-Signature': `${own_},v0=abc` };
  expect(await refusal(verifyWebhook(text, more, secret, at()))).toBe('accepted');
});

test.each([
  ['Huma-Signature', 'v1=abc'],
  ['Huma-Signature', `t=1,v1=${'0'.repeat(63)}`],
  ['Huma-Signature', `t=,v1=${'0'.repeat(64)}`],
  ['Huma-Signature', `t=1e3,v1=${'0'.repeat(64)}`],
  ['X-VerifyHuman-Signature', '0'.repeat(64)],
  ['X-VerifyHuman-Signature', ''],
  ['x-proof-signature', `sha256=${'0'.repeat(64)}`],
  ['x-proof-signature', `${'0'.repeat(64)}, ${'0'.repeat(64)}`],
  ['webhook-timestamp', '1e9'],
  ['webhook-timestamp', ' 1795176000'],
  ['webhook-timestamp', '-1'],
  ['webhook-signature', 'v1'],
])('%s: %j is refused as it is written', async (name, value) => {
  const headers = { ...standard(), [name]: value };
  expect(await refusal(verifyWebhook(text, headers, secret, at()))).toBe('MALFORMED_HEADER');
});

test('takes text, bytes, a part of a buffer, and bytes of another realm', async () => {
  const padded = Buffer.from(`xx${text}xx`);
  const bytes = Buffer.from(text);
  const alone = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const foreign = runInNewContext('Uint8Array.from(bytes).buffer', { bytes: [...bytes] }) as ArrayBuffer;
  expect(foreign).not.toBeInstanceOf(ArrayBuffer);
  for (const body of [text, bytes, new Uint8Array(bytes), padded.subarray(2, -2), alone, foreign])
    expect(await verifyWebhook(body, delivery('hex'), secret, at())).toMatchObject({ event });
});

test('takes headers as fetch and as Node give them, in any case', async () => {
  const headers = delivery('timestamped');
  const upper = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
  );
  const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  for (const form of [headers, upper, lists, new Headers(headers), { ...headers, cookie: undefined }])
    expect(await verifyWebhook(text, form, secret, at())).toMatchObject({ dialect: 'timestamped' });
});

test('a header that is there twice is refused, however it is written', async () => {
  const headers = delivery('hex');
  const signature = headers['x-proof-signature']!;
  const joined = new Headers(headers);
  joined.append('x-proof-signature', signature);
  for (const twice of [
    { ...headers, 'x-proof-signature': [signature, signature] },
    { ...headers, 'X-Proof-Signature': signature },
    joined,
  ])
    expect(await refusal(verifyWebhook(text, twice, secret, at()))).toBe('MALFORMED_HEADER');
});

test('names of the language are no headers', async () => {
  const headers = Object.assign(Object.create({ 'x-proof-signature': own.hex()['x-proof-signature'] }), {});
  expect(await refusal(verifyWebhook(text, headers, secret, at()))).toBe('MISSING_SIGNATURE');
  const options = { ...at(), header: 'constructor' };
  expect(await refusal(verifyWebhook(text, standard(), secret, options))).toBe('MISSING_SIGNATURE');
});

test.each<[string, unknown, unknown, VerifyWebhookOptions]>([
  ['a parsed body', event, secret, {}],
  ['no body', undefined, secret, {}],
  ['a setting that is not there', text, undefined, {}],
  ['an empty secret', text, '', {}],
  ['no secrets', text, [], {}],
  ['one of two missing', text, [secret, undefined], {}],
  ['a secret read with its line break', text, `${secret}\n`, {}],
  ['a tolerance that is no number', text, secret, { tolerance: Number.NaN }],
  ['a negative tolerance', text, secret, { tolerance: -1 }],
  ['a header that is none', text, secret, { header: 'x signature' }],
])('%s is the caller’s mistake', async (_, body, key, options) => {
  const call = verifyWebhook(body as string, delivery('hex'), key as string, { ...at(), ...options });
  expect(await refusal(call)).toBe('INVALID_ARGUMENT');
});

test('headers that are none are the caller’s mistake', async () => {
  for (const headers of [undefined, null, 'x-proof-signature: 00'])
    expect(await refusal(verifyWebhook(text, headers as never, secret, at()))).toBe('INVALID_ARGUMENT');
});

test.each(['', 'null', '[1]', '"text"', '{"a":', '\u00ff'])('signed, but no object: %j', async (body) => {
  expect(await refusal(verifyWebhook(body, standard(body), secret, at()))).toBe('INVALID_JSON');
});

test('bytes that are no UTF-8 are told, not replaced', async () => {
  const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  const headers = {
    ...standard(),
    'x-proof-signature': createHmac('sha256', secret).update(body).digest('hex'),
  };
  const signature = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update(`evt_1.${seconds}.`)
    .update(body);
  headers['webhook-signature'] = `v1,${signature.digest('base64')}`;
  expect(await refusal(verifyWebhook(body, headers, secret, at()))).toBe('INVALID_JSON');
});

test('the known signature of the specification', async () => {
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  expect(await verifyWebhook('{"test": 2432232314}', headers, secret, at(1_614_265_330))).toMatchObject({
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    event: { test: 2432232314 },
  });
});
