import crypto, { createHmac, randomFillSync } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type SignatureDialect, signatureDialects } from './endpoint.ts';
import { makeWebhookSecret, type Signed, sign } from './signature.ts';

const at = Date.UTC(2026, 10, 20, 12, 0, 0, 900);
const text = '{"event":"bot.detected","name":"Zoë 🤖"}';
const secretOf = (dialect: SignatureDialect) => makeWebhookSecret(dialect, (into) => randomFillSync(into));

const order = (more: Partial<Signed> = {}): Signed => ({
  dialect: 'standard',
  secret: secretOf(more.dialect ?? 'standard'),
  id: 'evt_01j00000000000000000000000',
  at,
  body: Buffer.from(text),
  ...more,
});

beforeEach(() => {
  vi.useFakeTimers({ now: at });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A receiver with the library of the standard; it knows only what follows `whsec_`. */
const standardAccepts = (headers: Record<string, string>, body: string, secret: string) => {
  try {
    new Webhook(secret.replace(/^huma_/, '')).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};

/** As contracts/behavior.txt prints it. */
function verifyWebhook(rawBody: string, signature: string, secret: string) {
  const [tPart, vPart] = signature.split(',') as [string, string];
  const timestamp = tPart.replace('t=', '');
  const received = vPart.replace('v1=', '');
  const payload = `${timestamp}.${rawBody}`;
  const expected = crypto.createHmac('sha256', secret).update(payload).digest('hex');
  return crypto.timingSafeEqual(Buffer.from(expected), Buffer.from(received));
}

/** A receiver of each dialect, written from the family's text, and the header it reads. */
const receivers: Record<
  SignatureDialect,
  { header: string; accepts(headers: Record<string, string>, body: string, secret: string): boolean }
> = {
  standard: { header: 'webhook-signature', accepts: standardAccepts },
  timestamped: {
    header: 'Huma-Signature',
    accepts: (headers, body, secret) => verifyWebhook(body, headers['Huma-Signature'] ?? '', secret),
  },
  sha256: {
    header: 'X-VerifyHuman-Signature',
    accepts: (headers, body, secret) =>
      headers['X-VerifyHuman-Signature'] ===
      `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  },
  hex: {
    header: 'x-proof-signature',
    accepts: (headers, body, secret) =>
      headers['x-proof-signature'] === createHmac('sha256', secret).update(body).digest('hex'),
  },
};

describe.each(signatureDialects)('%s', (dialect) => {
  const { accepts, header } = receivers[dialect];

  test('is accepted by an independent receiver, and so are the headers of the standard beside it', () => {
    const signed = order({ dialect });
    const headers = sign(signed);
    expect(headers).toMatchObject({ 'webhook-id': signed.id, 'webhook-timestamp': '1795176000' });
    expect(Object.keys(headers).toSorted()).toEqual(
      [...new Set([header, 'webhook-id', 'webhook-signature', 'webhook-timestamp'])].toSorted(),
    );
    expect(accepts(headers, text, signed.secret)).toBe(true);
    expect(standardAccepts(headers, text, signed.secret)).toBe(true);
  });

  test('any changed byte of the body, and any other secret, is refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
        fc.nat(),
        fc.integer({ min: 1, max: 127 }),
        (body, place, flip) => {
          const json = JSON.stringify(body);
          const signed = order({ dialect, body: Buffer.from(json) });
          const headers = sign(signed);
          expect(accepts(headers, json, signed.secret)).toBe(true);
          // Inside the text of the JSON, so that only the signature can refuse it.
          const at = 1 + (place % (json.length - 1));
          const other = `${json.slice(0, at)}${String.fromCharCode(json.charCodeAt(at) ^ flip)}${json.slice(at + 1)}`;
          expect(accepts(headers, other, signed.secret)).toBe(false);
          expect(standardAccepts(headers, other, signed.secret)).toBe(false);
          expect(accepts(headers, json, secretOf(dialect))).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('under another header when the endpoint says so', () => {
    const signed = order({ dialect, headerName: 'X-Our-Signature' });
    const headers = sign(signed);
    const own = sign({ ...signed, headerName: undefined });
    expect(headers['X-Our-Signature']).toBe(own[header]);
    expect(standardAccepts(headers, text, signed.secret)).toBe(true);
    if (dialect !== 'standard') expect(headers).not.toHaveProperty(header);
  });

  test('during a rotation receivers with the old secret and with the new one both have what they need', () => {
    const nextSecret = secretOf(dialect);
    const signed = order({ dialect, nextSecret });
    const headers = sign(signed);
    for (const secret of [signed.secret, nextSecret])
      expect(standardAccepts(headers, text, secret)).toBe(true);
    expect(headers['webhook-signature']?.split(' ')).toEqual([
      sign({ ...signed, secret: nextSecret, nextSecret: undefined })['webhook-signature'],
      sign({ ...signed, nextSecret: undefined })['webhook-signature'],
    ]);
    expect(accepts(headers, text, signed.secret)).toBe(true);
    if (dialect === 'standard') return;
    expect(accepts(headers, text, nextSecret)).toBe(false);
    const swapped = { ...headers, [header]: headers[`${header}-next`] ?? '' };
    expect(accepts(swapped, text, nextSecret)).toBe(true);
  });
});

test('another time or id is refused by the library of the standard', () => {
  const signed = order();
  const headers = sign(signed);
  expect(standardAccepts({ ...headers, 'webhook-id': 'evt_other' }, text, signed.secret)).toBe(false);
  expect(standardAccepts({ ...headers, 'webhook-timestamp': '1795176001' }, text, signed.secret)).toBe(false);
  vi.setSystemTime(at + 301_000);
  expect(standardAccepts(headers, text, signed.secret)).toBe(false);
});

test('a known signature of the standard', () => {
  const headers = sign({
    dialect: 'standard',
    // The example of the specification's own test.
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    at: 1_614_265_330_000,
    body: Buffer.from('{"test": 2432232314}'),
  });
  expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('a secret is shown as its dialect’s receivers expect it, with 240 random bits', () => {
  for (const dialect of signatureDialects) {
    const secret = makeWebhookSecret(dialect, (into) => into.fill(255));
    const prefix = dialect === 'timestamped' ? 'huma_whsec_' : 'whsec_';
    expect(secret).toBe(`${prefix}${'/'.repeat(40)}`);
  }
});
