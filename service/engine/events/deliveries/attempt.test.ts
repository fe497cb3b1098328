import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EndpointId, OrganizationId } from '../../../lib/id.ts';
import { OutgoingError, type OutgoingReply, type OutgoingRequest } from '../../../outgoing/outgoing.ts';
import type { OpenEndpoint } from '../webhooks/endpoint-book.ts';
import { createAttempt, readRetryAfter } from './attempt.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const url = 'https://hooks.example.org/in?token=urlsecret';
const to = {
  endpoint: {
    id: 'wh_1' as EndpointId,
    organization: 'org_1' as OrganizationId,
    signature: 'standard',
    signatureHeader: undefined,
  },
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  nextSecret: undefined,
  headers: { 'X-Key': 'hunter2' },
  ca: undefined,
  pin: undefined,
} as unknown as OpenEndpoint;
const message = { to, url, id: 'evt_1', body: Buffer.from('{}') };

function open(
  addresses: readonly string[],
  post: (request: OutgoingRequest) => OutgoingReply,
  elapsed = () => 0,
) {
  const dialled: string[] = [];
  const attempt = createAttempt({
    version: '1.2.3',
    clock: { now: () => NOW },
    elapsed,
    destinations: {
      async check(_, text) {
        return { url: new URL(text), host: 'hooks.example.org', port: 443, secure: true, addresses };
      },
    },
    outgoing: {
      async post(request) {
        dialled.push(`${request.address} ${request.timeout}`);
        return post(request);
      },
    },
  });
  return { dialled, attempt };
}
const ok = (headers: Record<string, string> = {}): OutgoingReply => ({
  status: 200,
  headers,
  body: '',
  truncated: false,
});

test('the next address is dialled where nothing was sent to the one before, within fifteen seconds for all', async () => {
  let passed = 0;
  const { dialled, attempt } = open(
    ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
    ({ address }) => {
      passed += 4_000;
      if (address !== '192.0.2.3') throw new OutgoingError('refused', `${address} takes no connection.`);
      return ok();
    },
    () => passed,
  );
  expect(await attempt(message)).toMatchObject({ outcome: 'delivered', milliseconds: 12_000 });
  expect(dialled).toEqual(['192.0.2.1 15000', '192.0.2.2 11000', '192.0.2.3 7000']);
});

test('no second address is tried when the first may have received the request', async () => {
  for (const failure of ['reset', 'timeout', 'tls', 'protocol', 'aborted'] as const) {
    const { dialled, attempt } = open(['192.0.2.1', '192.0.2.2'], () => {
      throw new OutgoingError(failure, 'It broke.');
    });
    expect(await attempt(message)).toMatchObject({ outcome: failure, sentence: 'It broke.' });
    expect(dialled).toHaveLength(1);
  }
});

test('an address that took all the time to be found is a timeout', async () => {
  let asked = 0;
  const { dialled, attempt } = open(
    ['192.0.2.1'],
    () => ok(),
    () => (asked++ === 0 ? 0 : 15_000),
  );
  expect(await attempt(message)).toMatchObject({ outcome: 'timeout' });
  expect(dialled).toEqual([]);
});

test('no signature, no value of a custom header and no more than four kilobytes of headers are kept', async () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x-${i}`, 'y'.repeat(200)]));
  const { attempt } = open(['192.0.2.1'], ({ headers }) => {
    expect(headers['X-Key']).toBe('hunter2');
    return ok(many);
  });
  const { exchange } = await attempt(message);
  const text = JSON.stringify(exchange);
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain('v1,');
  expect(exchange.request.headers).toMatchObject({ 'webhook-id': 'evt_1', 'X-Key': '(not kept)' });
  if ('error' in exchange.response) throw new Error('there was an answer');
  const kept = Object.entries(exchange.response.headers);
  expect(kept.length).toBe(20);
  expect(kept).toEqual(Object.entries(many).slice(0, 20));
});

test('custom headers that a receiver echoes are not kept; its own headers are', async () => {
  const { attempt } = open(['192.0.2.1'], ({ headers }) => ({
    ...ok(JSON.parse(`{"__proto__": "odd", "x-got": "${headers['X-Key']}"}`)),
    body: JSON.stringify(headers),
  }));
  const headers = { 'X-Key': 'hunter2', Authorization: 'Bearer $& open sesame', 'X-A': 'in' };
  const { exchange } = await attempt({ ...message, to: { ...to, headers } });
  expect(JSON.stringify(exchange.response)).not.toMatch(/hunter2|sesame/);
  expect(exchange.response).toMatchObject({ body: expect.stringContaining('application/json') });
  if ('error' in exchange.response) throw new Error('there was an answer');
  expect(Object.entries(exchange.response.headers)).toEqual([
    ['__proto__', 'odd'],
    ['x-got', '(not kept)'],
  ]);
});

test('Retry-After is seconds or a date, of the next day at most', () => {
  expect(readRetryAfter(undefined, NOW)).toBeUndefined();
  expect(readRetryAfter('Fri, 20 Nov 2026 11:00:00 GMT', NOW)).toBeUndefined();
  fc.assert(
    fc.property(fc.nat(400_000), (seconds) => {
      const wanted = seconds === 0 ? undefined : NOW + Math.min(seconds, 86_400) * 1000;
      expect(readRetryAfter(` ${seconds} `, NOW)).toBe(wanted);
      expect(readRetryAfter(new Date(NOW + seconds * 1000).toUTCString(), NOW)).toBe(wanted);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const at = readRetryAfter(text, NOW);
      expect(at === undefined || (at > NOW && at <= NOW + 86_400_000)).toBe(true);
    }),
  );
});
