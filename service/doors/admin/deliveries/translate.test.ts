import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Delivery, DeliveryAttempt } from '../../../engine/deliveries/index.ts';
import { fromDelivery, fromDeliveryLog, toReplay } from './translate.ts';
import { DeliveryLogReply, DeliveryReply } from './wire.ts';

const moment = fc.integer({ min: 0, max: 4e12 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const text = fc.string({ maxLength: 20 });

const delivery = fc.record({
  id: text,
  endpoint: text,
  event: maybe(text),
  name: text,
  origin: fc.constantFrom('event', 'callback', 'resend', 'replay', 'test'),
  state: fc.oneof(
    fc.record({ is: fc.constant('waiting'), nextAt: moment }),
    fc.record({ is: fc.constant('waiting'), nextAt: moment, reason: text }),
    fc.record({ is: fc.constant('delivered'), at: moment }),
    fc.record({ is: fc.constantFrom('failed', 'dropped'), at: moment, reason: text }),
  ),
  attempts: fc.nat(),
  createdAt: moment,
  last: maybe(
    fc.record({
      at: moment,
      outcome: text,
      status: maybe(fc.integer({ min: 100, max: 599 })),
      milliseconds: fc.double({ min: 0, max: 15_000, noNaN: true }),
    }),
  ),
}) as fc.Arbitrary<unknown> as fc.Arbitrary<Delivery>;

const headers = fc.dictionary(fc.constantFrom('content-type', 'x-a'), text);
const attempt = fc.record({
  number: fc.integer({ min: 1, max: 10 }),
  at: moment,
  outcome: text,
  status: maybe(fc.integer({ min: 100, max: 599 })),
  milliseconds: fc.double({ min: 0, max: 15_000, noNaN: true }),
  exchange: maybe(
    fc.record({
      request: fc.record({ url: text, headers, body: text }),
      response: fc.oneof(
        fc.record({ headers, body: text, truncated: fc.boolean() }),
        fc.record({ error: text }),
      ),
    }),
  ),
}) as fc.Arbitrary<DeliveryAttempt>;

/** The value after serialization, as the caller gets it. */
const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a delivery and its log are replies as they are documented', () => {
  fc.assert(
    fc.property(delivery, fc.array(attempt, { maxLength: 3 }), (one, log) => {
      const reply = overTheWire(fromDelivery(one));
      expect(DeliveryReply.parse(reply)).toEqual(reply);
      const whole = overTheWire(fromDeliveryLog({ ...one, log }, true)) as DeliveryLogReply;
      expect(DeliveryLogReply.parse(whole)).toEqual(whole);
      for (const [at, { exchange }] of log.entries()) {
        const { request, response, error } = whole.log[at]!;
        expect([request !== undefined, response !== undefined, error !== undefined]).toEqual([
          exchange !== undefined,
          exchange !== undefined && 'body' in exchange.response,
          exchange !== undefined && 'error' in exchange.response,
        ]);
      }
    }),
  );
});

test('times are milliseconds, whatever zone they were written in', () => {
  expect(toReplay('wh_1', { since: '2026-11-20T13:00:00+01:00', until: '2026-11-20T12:00:00.250Z' })).toEqual(
    {
      endpoint: 'wh_1',
      since: Date.UTC(2026, 10, 20, 12),
      until: Date.UTC(2026, 10, 20, 12, 0, 0, 250),
    },
  );
  expect(toReplay('wh_1', { since: '2026-11-20T12:00:00Z' })).not.toHaveProperty('until');
});
