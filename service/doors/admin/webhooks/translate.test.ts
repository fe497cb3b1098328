import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Endpoint } from '../../../engine/webhooks/index.ts';
import { fromCatalog, fromEndpoint, fromNewEndpoint, toEndpointChange } from './translate.ts';
import { NewWebhookReply, WebhookReply } from './wire.ts';

const moment = fc.integer({ min: 0, max: 4e12 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const text = fc.string({ maxLength: 20 });

const endpoint = fc.record({
  id: text,
  organization: fc.constant('org_secret'),
  world: fc.constantFrom('live', 'test'),
  kind: fc.constantFrom('endpoint', 'callback'),
  family: fc.constantFrom('identity', 'sessions', 'behavior', 'hosted', 'registrations'),
  url: text,
  description: text,
  events: fc.array(text),
  signature: fc.constantFrom('standard', 'timestamped', 'sha256', 'hex'),
  signatureHeader: maybe(text),
  headers: fc.array(text),
  trust: fc.oneof(
    fc.constant({ is: 'system' }),
    fc.constant({ is: 'ca' }),
    text.map((pin) => ({ is: 'pin', pin })),
  ),
  state: fc.oneof(
    fc.constant({ is: 'enabled' }),
    fc.record({ is: fc.constant('disabled'), reason: text, at: moment }),
  ),
  cutOverAt: maybe(moment),
  failingSince: maybe(moment),
  lineage: maybe(fc.constant('key_lineage')),
  createdAt: moment,
  createdBy: text,
}) as fc.Arbitrary<unknown> as fc.Arbitrary<Endpoint>;

/** Sent and read again, as the caller gets it. */
const overTheWire = (value: unknown): object => JSON.parse(JSON.stringify(value));

test('a webhook is a reply as it is documented, without its organization and, for a key, the lineage of another', () => {
  fc.assert(
    fc.property(endpoint, (one) => {
      const reply = overTheWire(fromEndpoint(one, { is: 'key' }));
      expect(WebhookReply.parse(reply)).toEqual(reply);
      expect(JSON.stringify(reply)).not.toMatch(/org_secret|key_lineage/);
      const made = overTheWire(fromNewEndpoint({ endpoint: one, secret: 'whsec_x' }, { is: 'key' }));
      expect(NewWebhookReply.parse(made)).toEqual({ ...reply, secret: 'whsec_x' });
      const { lineage } = fromEndpoint(one, { is: 'operator' });
      expect(lineage).toBe(one.lineage);
    }),
  );
});

test('null is a change, what is absent is none', () => {
  expect(toEndpointChange({ ca: null, url: undefined })).toEqual({ ca: null });
});

test('the catalog can be cut to one family', () => {
  const entry = (family: 'identity' | 'hosted') => ({
    name: `${family}.x`,
    family,
    when: 'Now.',
    fires: true,
    sample: { event: 'x' },
  });
  const both = [entry('identity'), entry('hosted')];
  expect(fromCatalog(both).items).toEqual(both);
  expect(fromCatalog(both, 'hosted').items).toEqual([entry('hosted')]);
});
