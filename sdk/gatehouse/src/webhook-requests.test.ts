import { createHmac } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import {
  at,
  delivery,
  event,
  own,
  refusal,
  seconds,
  secret,
  standard,
  text,
} from '../../../test/support/webhook-signer.ts';
import { type VerifyWebhookOptions, verifyWebhook } from './verify-webhook.ts';

// How a delivery may be handed over, and what is no delivery.

test('signatures of other versions are for others', async () => {
  const headers = standard();
  const signature = headers['webhook-signature']!;
  const outcome = (value: string) =>
    refusal(verifyWebhook(text, { ...headers, 'webhook-signature': value }, secret, at()));
  expect(await outcome(`v1a,abc ${signature} v2,xyz`)).toBe('accepted');
  expect(await outcome(signature.replace('v1,', 'v2,'))).toBe('MALFORMED_HEADER');
  const { 'Huma-Signature': own_ } = own.timestamped();
  const more = { ...headers, 'Huma-Signature': `${own_},v0=abc` };
  expect(await refusal(verifyWebhook(text, more, secret, at()))).toBe('accepted');
});

test('the beginning of a signature is not the signature', async () => {
  const headers = standard();
  for (const length of ['v1,'.length, 'v1,'.length + 1, headers['webhook-signature']!.length - 1]) {
    const short = headers['webhook-signature']!.slice(0, length);
    const verified = verifyWebhook(text, { ...headers, 'webhook-signature': short }, secret, at());
    expect(await refusal(verified)).toBe('SIGNATURE_MISMATCH');
  }
});

test('hexadecimal digits may be capitals', async () => {
  const { 'x-proof-signature': digits } = own.hex();
  const headers = { ...standard(), 'x-proof-signature': digits!.toUpperCase() };
  expect(await refusal(verifyWebhook(text, headers, secret, at()))).toBe('accepted');
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
  for (const form of [
    headers,
    upper,
    lists,
    new Headers(headers),
    { ...headers, cookie: undefined },
    { ...headers, length: 7 },
  ])
    expect(await verifyWebhook(text, form as Headers, secret, at())).toMatchObject({
      dialect: 'timestamped',
    });
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

test('bytes that are not UTF-8 are refused, not replaced', async () => {
  const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`evt_1.${seconds}.`).update(body).digest('base64');
  const headers = { ...standard(), 'webhook-signature': `v1,${signature}` };
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
