import { randomFillSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { verifyWebhook } from '../../sdk/gatehouse/src/index.ts';
import { webhookDialects as dialects } from '../../service/compose/events.ts';
import {
  createDeliveryQueue,
  createDestinations,
  createEventDelivery,
  createGrants,
  createWebhooks,
  type DomainEvent,
  families,
  type NewEndpoint,
  type RecordedEvent,
  type SignatureDialect,
  signatureDialects,
} from '../../service/engine/events/index.ts';
import { silentLog as log } from '../../service/lib/log.ts';
import { createOutgoing } from '../../service/outgoing/create-outgoing.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { ourSdk, ownReceivers, type Received, type Receiver, standardLibrary } from './receivers.ts';

// Every event of every family in every signature dialect, from the outbox over HTTP to receivers that were written without us.

/** Collects requests, and resolves when a given number is there. */
async function startReceiver() {
  const received: Received[] = [];
  let waiting: { count: number; done: () => void } | undefined;
  const server: Server = createServer(async (request, response) => {
    const body = await buffer(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    response.writeHead(204).end();
    received.push({ path: request.url ?? '', headers, body });
    if (waiting && received.length >= waiting.count) waiting.done();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    until: (count: number) =>
      new Promise<void>((done) => {
        if (received.length >= count) done();
        else waiting = { count, done };
      }),
    stop: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

let engine: Engine;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let sending: Awaited<ReturnType<typeof startSending>>;
const realm = () => ({ organization: engine.organization, world: 'live' as const });

async function startSending() {
  const own = () => ({ machine: [], ports: [], elsewhere: [] });
  const outgoing = createOutgoing();
  const shared = { ...engine, log, outgoing, dialects };
  const grants = createGrants({ ...shared, own });
  const destinations = createDestinations({ grants, outgoing, own });
  const random = (into: Uint8Array) => void randomFillSync(into);
  const webhooks = createWebhooks({ ...shared, destinations, random });
  const queue = createDeliveryQueue({ ...shared, chance: () => 0 });
  const { relay } = createEventDelivery({
    ...shared,
    webhooks,
    destinations,
    queue,
    version: '0.0.0',
  });
  await grants.add(engine.organization, new URL(receiver.url).host, 'receiver', operator);
  await webhooks.load();
  await queue.start();
  return {
    webhooks,
    add: (endpoint: Omit<NewEndpoint, 'url'>, path: string) =>
      webhooks.add(realm(), { ...endpoint, url: `${receiver.url}${path}` }, operator),
    async send(events: readonly DomainEvent[], count: number) {
      const before = receiver.received.length;
      await engine.inTransaction(async (tx) => {
        for (const event of events) await engine.events.add(tx, event);
      });
      await relay.relay();
      await receiver.until(before + count);
      return receiver.received.slice(before);
    },
    async stop() {
      await queue.stop();
      await outgoing.close();
    },
  };
}

beforeAll(async () => {
  engine = await startEngine();
  receiver = await startReceiver();
  sending = await startSending();
});
afterAll(async () => {
  await sending.stop();
  await receiver.stop();
  await engine.stop();
});

/** The receivers’ clocks; ours stands still. */
const receiversAt = (time: number) => vi.setSystemTime(time);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: engine.clock.now() });
});
afterEach(async () => {
  vi.useRealTimers();
  for (const { id } of await sending.webhooks.list(realm()))
    await sending.webhooks.remove(realm(), id, operator);
});

const recordings = join(import.meta.dirname, '../wire/webhooks');
const events = readdirSync(recordings)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(recordings, file), 'utf8')).event as RecordedEvent);

/** An alert about a person is sealed to them, without anything personal in it. */
const sealedOf = ({ payload, personal }: RecordedEvent) => personal ?? ('about' in payload ? {} : undefined);
const asNew = (event: RecordedEvent) => {
  const { type, payload } = event;
  const values = sealedOf(event);
  return { ...realm(), type, payload, ...(values && { personal: { values } }) } as DomainEvent;
};

const receiversOf = (signature: SignatureDialect): Record<string, Receiver> => ({
  standardwebhooks: standardLibrary,
  'our SDK': ourSdk(),
  ...(signature === 'standard' ? {} : { 'its own text': ownReceivers[signature].accepts }),
});

/** The events are others than those that were recorded. */
const sameId = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body), (name, value) =>
    name === 'eventId' || name === 'event_id' ? expect.stringMatching(/^evt_/) : value,
  );

const verdicts = async (receivers: Record<string, Receiver>, received: Received, secret: string) =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(receivers).map(async ([name, accepts]) => [name, await accepts(received, secret)]),
    ),
  ) as Record<string, boolean>;
const all = (receivers: Record<string, Receiver>, verdict: boolean) =>
  Object.fromEntries(Object.keys(receivers).map((name) => [name, verdict]));

describe.each(signatureDialects)('%s', (signature) => {
  const receivers = receiversOf(signature);
  const secrets = new Map<string, string>();
  let deliveries: Received[];
  const secretOf = ({ path }: Received) => secrets.get(path)!;

  test('every event of every family arrives, and every independent receiver accepts it', async () => {
    const expected: { path: string; body: unknown }[] = [];
    for (const family of families) {
      const path = `/${family}/${signature}`;
      const { endpoint, secret } = await sending.add({ family, signature }, path);
      secrets.set(path, secret);
      for (const event of events) {
        const translated = dialects
          .find((one) => one.family === family)!
          .translate({ ...event, ...realm(), at: engine.clock.now() });
        if (translated) expected.push({ path, body: translated.body() });
      }
      expect(endpoint.signature).toBe(signature);
    }
    expect(expected.length).toBe(events.length);
    deliveries = await sending.send(events.map(asNew), expected.length);
    // In order for each endpoint.
    for (const path of secrets.keys())
      expect(
        deliveries.filter((one) => one.path === path).map(({ body }) => JSON.parse(body.toString())),
      ).toEqual(expected.filter((one) => one.path === path).map(({ body }) => sameId(body)));
    for (const one of deliveries)
      expect(await verdicts(receivers, one, secretOf(one))).toEqual(all(receivers, true));
  });

  test('our SDK recognizes the dialect', async () => {
    for (const { headers, body, path } of deliveries)
      expect(await verifyWebhook(body, headers, secrets.get(path)!)).toEqual({
        id: headers['webhook-id'],
        timestamp: new Date(Math.floor(engine.clock.now() / 1000) * 1000),
        dialect: signature,
        event: JSON.parse(body.toString()),
      });
  });

  test('a changed byte is refused by all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...deliveries),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (one, place, flip) => {
          const body = Buffer.from(one.body);
          body[place % body.length]! ^= flip;
          expect(await verdicts(receivers, { ...one, body }, secretOf(one))).toEqual(all(receivers, false));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a wrong secret is refused by all', async () => {
    const { secret } = await sending.add({ family: 'identity', signature }, '/other');
    for (const one of deliveries)
      expect(await verdicts(receivers, one, secret)).toEqual(all(receivers, false));
  });

  test('an old time is refused by standardwebhooks and by our SDK, and so is one in the future', async () => {
    const [one] = deliveries;
    for (const away of [-301_000, 301_000]) {
      receiversAt(engine.clock.now() + away);
      expect(await verdicts(receivers, one!, secretOf(one!))).toEqual({
        ...all(receivers, true),
        standardwebhooks: false,
        'our SDK': false,
      });
    }
    receiversAt(engine.clock.now() + 299_000);
    expect(await verdicts(receivers, one!, secretOf(one!))).toEqual(all(receivers, true));
  });

  test('during a rotation receivers with either secret accept it, as decided; after the cut-over the new one alone', async () => {
    const { endpoint, secret } = await sending.add({ family: 'identity', signature }, '/rotated');
    const { secret: next } = await sending.webhooks.rotate(realm(), endpoint.id, 60_000, operator);
    const [event] = events.filter(({ type }) => type === 'alert.triggered').map(asNew);
    const [during] = await sending.send([event!], 1);
    const inTime: Record<string, Receiver> = { standardwebhooks: standardLibrary, 'our SDK': ourSdk() };
    for (const one of [secret, next]) expect(await verdicts(inTime, during!, one)).toEqual(all(inTime, true));
    if (signature !== 'standard') {
      const { accepts, header } = ownReceivers[signature];
      // The old secret signs until the cut-over; the new signature stands under a name of its own.
      expect([accepts(during!, secret), accepts(during!, next)]).toEqual([true, false]);
      expect([accepts(during!, next, `${header}-next`), accepts(during!, secret, `${header}-next`)]).toEqual([
        true,
        false,
      ]);
    }
    engine.advance(60_000);
    receiversAt(engine.clock.now());
    const [after] = await sending.send([event!], 1);
    expect(await verdicts(receivers, after!, next)).toEqual(all(receivers, true));
    expect(await verdicts(receivers, after!, secret)).toEqual(all(receivers, false));
    expect(Object.keys(after!.headers).filter((name) => name.endsWith('-next'))).toEqual([]);
  });

  test('under a header of the endpoint’s own name', async () => {
    const header = { family: 'hosted', signature, signatureHeader: 'X-Our-Signature' } as const;
    const { secret } = await sending.add(header, '/renamed');
    const [event] = events.filter(({ payload }) => 'flow' in payload && payload.flow === 'hosted').map(asNew);
    const [one] = await sending.send([event!], 1);
    const renamed: Record<string, Receiver> = {
      standardwebhooks: standardLibrary,
      'our SDK': ourSdk('X-Our-Signature'),
      ...(signature === 'standard'
        ? {}
        : { 'its own text': (got, key) => ownReceivers[signature].accepts(got, key, 'x-our-signature') }),
    };
    expect(await verdicts(renamed, one!, secret)).toEqual(all(renamed, true));
    const { 'x-our-signature': _, ...headers } = one!.headers;
    expect(await ourSdk('X-Our-Signature')({ ...one!, headers }, secret)).toBe(false);
  });
});
