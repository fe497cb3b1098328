import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  at,
  delivery,
  event,
  other,
  own,
  refusal,
  seconds,
  secret,
  standard,
  text,
} from '../../../test/support/webhook-signer.ts';
import { verifyWebhook } from './verify-webhook.ts';

const dialects = ['standard', 'timestamped', 'sha256', 'hex'] as const;

describe.each(dialects)('%s', (dialect) => {
  test('is accepted and returned', async () => {
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
    const outcome = (now: number, tolerance?: number) =>
      refusal(
        verifyWebhook(text, delivery(dialect), secret, {
          ...at(now),
          ...(tolerance === undefined ? {} : { tolerance }),
        }),
      );
    expect(await outcome(seconds + 300)).toBe('accepted');
    expect(await outcome(seconds - 300)).toBe('accepted');
    expect(await outcome(seconds + 301)).toBe('TIMESTAMP_TOO_OLD');
    expect(await outcome(seconds - 301)).toBe('TIMESTAMP_TOO_NEW');
    expect(await outcome(seconds + 11, 10)).toBe('TIMESTAMP_TOO_OLD');
    expect(await outcome(seconds + 0, 0)).toBe('accepted');
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
