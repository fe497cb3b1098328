import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import {
  answer,
  type EventStack,
  openEventStack,
  type Posted,
} from '../../../../test/support/event-stack.ts';
import { until } from '../../../../test/support/fake-time.ts';
import { flipBit } from '../../../../test/support/flip-bit.ts';
import { asWrittenByService } from '../../../../test/support/integrity.ts';
import { Problem } from '../../../lib/problem.ts';
import type { OutgoingReply } from '../../../outgoing/outgoing.ts';
import { forgetDeliveries } from './forget-deliveries-store.ts';

let engine: Engine;
let stack: EventStack;
let reply: (posted: Posted) => Promise<OutgoingReply>;
let granted: boolean;
/** What another process does before a transaction begins, and between a commit and what follows it here. */
let beforeTransaction: () => Promise<unknown>;
let afterCommit: () => Promise<unknown>;

mostlyOnSqlite('the log of deliveries', (newLocation, _, { test }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    reply = async () => answer(200);
    granted = true;
    beforeTransaction = async () => {};
    afterCommit = async () => {};
    const beside: Engine = {
      ...engine,
      async inTransaction(work) {
        await beforeTransaction();
        const result = await engine.inTransaction(work);
        await afterCommit();
        return result;
      },
    };
    stack = await openEventStack(beside, {
      reply: (posted) => reply(posted),
      destinations: {
        async check(_, text) {
          if (!granted)
            throw new Problem('DESTINATION_NOT_GRANTED', 'It is not granted. (Rule: not-granted.)');
          const url = new URL(text);
          return { url, host: url.hostname, port: 443, secure: true, addresses: ['192.0.2.1'] };
        },
      },
    });
  });
  afterEach(async () => {
    await stack.stop();
    await engine.stop();
  });
  const lines = async (action: string) =>
    (
      await engine.db.selectFrom('audit').selectAll().where('action', '=', action).orderBy('seq').execute()
    ).map(({ target, actor, details }) => ({ target, actor, details: JSON.parse(details) as object }));
  const list = (more = {}) => stack.deliveries.list(stack.realm, { limit: 100, ...more });

  test('is listed newest first, in pages, by endpoint, event and state, of the own world alone', async () => {
    const one = await stack.addEndpoint();
    const two = await stack.addEndpoint({ url: 'https://two.example.org/' });
    await stack.start();
    reply = async ({ url }) => answer(url.host.startsWith('two') ? 500 : 200);
    const ids = await stack.refuse(5);
    await stack.settled();
    const all = await list();
    expect(all).toHaveLength(10);
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect((await list({ endpoint: one.id })).map(({ event }) => event)).toEqual(ids.toReversed());
    expect((await list({ state: 'waiting' })).map(({ endpoint }) => endpoint)).toEqual(Array(5).fill(two.id));
    expect(await list({ event: ids[2] })).toHaveLength(2);
    expect(await list({ before: all[3]!.id, limit: 2 })).toEqual(all.slice(4, 6));
    expect(all.find(({ endpoint }) => endpoint === one.id)).toMatchObject({
      name: 'identity.verification.failure',
      origin: 'event',
      state: { is: 'delivered', at: expect.any(Number) },
      attempts: 1,
    });
    const elsewhere = { ...stack.realm, world: 'test' } as const;
    expect(await stack.deliveries.list(elsewhere, { limit: 10 })).toEqual([]);
    await expect(stack.deliveries.get(elsewhere, all[0]!.id, operator)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await stack.deliveries.get(stack.realm, all[0]!.id, operator);
    expect(await lines('delivery.read')).toEqual([
      { target: all[0]!.id, actor: 'operator:ada', details: { world: 'live' } },
    ]);
    const events = await stack.eventLog.list(stack.realm, { type: 'verification.refused', limit: 2 });
    expect(events.map(({ id, deliveries }) => [id, deliveries])).toEqual(
      ids
        .toReversed()
        .slice(0, 2)
        .map((id) => [id, 2]),
    );
    expect(await stack.eventLog.list(stack.realm, { before: ids[1]!, limit: 9 })).toMatchObject([
      { id: ids[0] },
    ]);
  });

  test('is searched by delivery, name, person and time; each delivery says how its newest attempt went', async () => {
    await stack.addEndpoint();
    await stack.start();
    reply = async () => answer(503);
    await stack.refuse(1);
    await stack.settled();
    const before = stack.clock.now() + 1;
    await stack.pass(60_000);
    reply = async () => answer(204);
    const person = await stack.person();
    await stack.enrolled(person);
    await stack.settled();
    const [second, first] = await list();
    expect([first!.last, second!.last]).toMatchObject([
      { outcome: 'status', status: 503, at: expect.any(Number), milliseconds: expect.any(Number) },
      { outcome: 'delivered', status: 204 },
    ]);
    const found = async (query: object) => (await list(query)).map(({ id }) => id);
    expect(await found({ id: first!.id })).toEqual([first!.id]);
    expect(await found({ name: 'identity.user.enrolled' })).toEqual([second!.id]);
    expect(await found({ subject: person })).toEqual([second!.id]);
    expect(await found({ until: before })).toEqual([first!.id]);
    expect(await found({ since: before })).toEqual([second!.id]);
    expect(await found({ since: stack.clock.now() + 1 })).toEqual([]);
  });

  test('the health of an endpoint counts its last 24 hours, without tests, and what waits', async () => {
    const { id } = await stack.addEndpoint();
    await stack.addEndpoint({ url: 'https://two.example.org/', events: ['identity.user.enrolled'] });
    await stack.start();
    await stack.refuse(1);
    await stack.settled();
    await stack.pass(25 * 3_600_000);
    await stack.refuse(3);
    await stack.settled();
    reply = async () => answer(500);
    await stack.refuse(1, 3);
    await stack.settled();
    await stack.deliveries.test(stack.realm, id, undefined, operator);
    const health = await stack.deliveries.healthOf(stack.realm, id);
    expect(health).toEqual({
      endpoint: id,
      since: stack.clock.now() - 86_400_000,
      deliveries: 4,
      accepted: 3,
      failed: 0,
      waiting: 1,
      medianMilliseconds: expect.any(Number),
      nextAt: expect.any(Number),
      hours: expect.any(Array),
    });
    expect(health.hours).toHaveLength(24);
    expect(health.hours.at(-1)).toMatchObject({ deliveries: 4, accepted: 3 });
    expect((await stack.deliveries.health(stack.realm)).map((one) => [one.deliveries, one.waiting])).toEqual([
      [4, 1],
      [0, 0],
    ]);
    const elsewhere = { ...stack.realm, world: 'test' } as const;
    expect(await stack.deliveries.health(elsewhere)).toEqual([]);
    await expect(stack.deliveries.healthOf(elsewhere, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('what waits for an endpoint is tried now, the oldest first, and nothing of another endpoint', async () => {
    const { id } = await stack.addEndpoint();
    const { id: other } = await stack.addEndpoint({ url: 'https://two.example.org/' });
    await stack.start();
    reply = async () => answer(503);
    const events = await stack.refuse(3);
    await stack.settled();
    reply = async () => answer(204);
    stack.posted.length = 0;
    expect(await stack.deliveries.tryWaiting(stack.realm, id, operator)).toEqual({ deliveries: 3 });
    await stack.settled();
    expect(stack.posted.map((one) => one.id)).toEqual(events);
    expect((await list({ endpoint: id })).map(({ state, attempts }) => [state.is, attempts])).toEqual(
      Array(3).fill(['delivered', 2]),
    );
    expect(await list({ endpoint: other, state: 'waiting' })).toHaveLength(3);
    expect(await lines('webhook.try')).toEqual([
      { target: id, actor: 'operator:ada', details: { world: 'live' } },
    ]);
    await stack.webhooks.disable(stack.realm, other, 'moved', operator);
    await expect(stack.deliveries.tryWaiting(stack.realm, other, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const elsewhere = { ...stack.realm, world: 'test' } as const;
    await expect(stack.deliveries.tryWaiting(elsewhere, id, operator)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('a resend is answered as it was queued, also where it has gone out by then', async () => {
    await stack.addEndpoint();
    await stack.start();
    await stack.refuse();
    await stack.settled();
    const [first] = await list();
    afterCommit = () =>
      engine.db
        .updateTable('delivery')
        .set({ state: 'delivered', attempts: 1 })
        .where('origin', '=', 'resend')
        .execute();
    const again = await stack.deliveries.resend(stack.realm, first!.id, operator);
    expect(again).toMatchObject({ origin: 'resend', state: { is: 'waiting' }, attempts: 0 });
    expect(await list({ state: 'delivered' })).toHaveLength(2);
  });

  test('a delivery is sent again with the same id and bytes, to endpoints that still exist', async () => {
    const { id: endpoint } = await stack.addEndpoint();
    await stack.start();
    const subject = await stack.person();
    const event = await stack.enrolled(subject);
    await stack.settled();
    const [first] = await list();
    const again = await stack.deliveries.resend(stack.realm, first!.id, operator);
    expect(again).toMatchObject({ event, origin: 'resend', state: { is: 'waiting' }, attempts: 0 });
    await stack.settled();
    expect(stack.posted.map(({ id }) => id)).toEqual([event, event]);
    expect(Buffer.compare(stack.posted[0]!.body, stack.posted[1]!.body)).toBe(0);
    expect(await lines('delivery.resend')).toEqual([
      { target: again.id, actor: 'operator:ada', details: { world: 'live', of: first!.id, endpoint } },
    ]);
    await stack.webhooks.disable(stack.realm, endpoint, 'moved', operator);
    const refused = (sentence: string) =>
      expect(stack.deliveries.resend(stack.realm, first!.id, operator)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining(sentence),
      });
    await refused('moved');
    await stack.webhooks.enable(stack.realm, endpoint, operator);
    await engine.sealer.destroyPerson(subject);
    await engine.inTransaction((tx) =>
      forgetDeliveries(tx, engine.integrity, { subjects: [subject], now: stack.clock.now() }),
    );
    await refused('erased');
    await stack.webhooks.remove(stack.realm, endpoint, operator);
    await refused('removed');
  });

  test('erasing a person drops their waiting deliveries, and nothing about them is relayed later', async () => {
    await stack.addEndpoint();
    const other = await stack.person();
    const subject = await stack.person();
    await stack.start();
    reply = async () => answer(500, {}, 'no');
    await stack.enrolled(other, 'bea@example.com');
    await stack.enrolled(subject);
    await stack.settled();
    await engine.inTransaction(async (tx) => {
      await stack.events.add(tx, {
        type: 'subject.enrolled',
        ...stack.realm,
        payload: { subject, created: false, enrollment: 'enr_2' },
        personal: { subject, values: { email: 'ada@example.com' } },
      });
      await forgetDeliveries(tx, engine.integrity, { subjects: [subject], now: stack.clock.now() });
    });
    await engine.sealer.destroyPerson(subject);
    reply = async () => answer(200);
    await stack.pass(5_000);
    expect((await list()).map(({ state }) => state).toReversed()).toEqual([
      { is: 'delivered', at: expect.any(Number) },
      { is: 'dropped', at: expect.any(Number), reason: 'erased', reasonCode: 'erased' },
    ]);
    const rows = await stack.rows();
    expect(rows.map((row) => row.subject)).toEqual([other, null]);
    const attempts = await engine.db
      .selectFrom('delivery_attempt')
      .select(['delivery', 'exchange_sealed'])
      .where('delivery', '=', rows[1]!.id)
      .execute();
    expect(attempts).toEqual([{ delivery: rows[1]!.id, exchange_sealed: null }]);
    expect(stack.posted.filter(({ json }) => JSON.stringify(json).includes('ada@'))).toHaveLength(1);
  });

  test('an event that is sent again while its person is erased does not bring back the id', async () => {
    const { id: endpoint } = await stack.addEndpoint();
    await stack.start();
    const order = { endpoint, since: stack.clock.now() - 1 };
    // The transaction that adds the delivery: a replay first notes that it begins.
    const again = [
      { at: 1, send: async () => stack.deliveries.resend(stack.realm, (await list())[0]!.id, operator) },
      { at: 2, send: () => stack.deliveries.replay(stack.realm, order, operator) },
    ];
    for (const { at, send } of again) {
      const subject = await stack.person();
      await stack.enrolled(subject);
      await stack.settled();
      let transactions = 0;
      beforeTransaction = async () => {
        if (++transactions !== at) return;
        await engine.inTransaction((tx) =>
          forgetDeliveries(tx, engine.integrity, { subjects: [subject], now: stack.clock.now() }),
        );
      };
      await send();
      beforeTransaction = async () => {};
      expect((await stack.rows()).filter((row) => row.subject === subject)).toEqual([]);
      expect((await list({ limit: 1 }))[0]!.origin).not.toBe('event');
    }
  });

  test('an attempt that fails while the person is erased leaves nothing that the receiver said of them', async () => {
    await stack.addEndpoint();
    const subject = await stack.person();
    await stack.start();
    const failing = (during: () => Promise<unknown>) => async (): Promise<OutgoingReply> => {
      await during();
      throw Object.assign(new Error('ada@example.com is not known here.'), { failure: 'tls' });
    };
    reply = failing(async () => {});
    await stack.enrolled(subject);
    await stack.settled();
    const shown = async () => (await stack.jobs.list({ kind: 'webhook', limit: 9 }))[0]!.lastError;
    expect(await stack.rows()).toMatchObject([{ state_reason: 'ada@example.com is not known here.' }]);
    // Operators of all organizations see it, so it never holds what was said.
    const fixed = 'No answer (tls); the delivery says more.';
    expect(await shown()).toBe(fixed);
    // Over already, and tried once more by hand.
    await engine.db.updateTable('delivery').set({ state: 'failed' }).execute();
    await asWrittenByService(engine, 'delivery');
    reply = failing(() =>
      engine.inTransaction((tx) =>
        forgetDeliveries(tx, engine.integrity, { subjects: [subject], now: stack.clock.now() }),
      ),
    );
    await stack.pass(60_000);
    expect(stack.posted).toHaveLength(2);
    expect(await shown()).toBe(fixed);
    expect(await stack.rows()).toMatchObject([{ subject: null, state_reason: 'erased' }]);
  });

  it('the events of a period are replayed, in order, to one endpoint, and no others', async () => {
    const all = await stack.addEndpoint();
    await stack.addEndpoint({ url: 'https://two.example.org/' });
    await stack.start();
    await stack.refuse(3);
    await stack.settled();
    await stack.pass(60_000);
    const since = stack.clock.now();
    const wanted = await stack.refuse(250, 100);
    const gone = await stack.person();
    await stack.enrolled(gone);
    await engine.inTransaction((tx) =>
      stack.events.add(tx, {
        type: 'verification.disabled',
        ...stack.realm,
        payload: { target: 'ver_1', failures: 5 },
      }),
    );
    await stack.settled();
    await stack.pass(60_000);
    const until = stack.clock.now();
    await stack.refuse(3, 900);
    await stack.settled();
    await engine.sealer.destroyPerson(gone);
    stack.posted.length = 0;
    expect(await stack.deliveries.replay(stack.realm, { endpoint: all.id, since, until }, operator)).toEqual({
      deliveries: 250,
    });
    await stack.settled();
    expect(stack.posted.map(({ id }) => id)).toEqual(wanted);
    expect(new Set(stack.posted.map(({ url }) => url.href))).toEqual(new Set([all.url]));
    expect(await list({ limit: 1 })).toMatchObject([{ origin: 'replay' }]);
    expect(await lines('webhook.replay')).toMatchObject([
      { target: all.id, details: { deliveries: 250, since, until } },
    ]);
    await expect(
      stack.deliveries.replay(stack.realm, { endpoint: all.id, since: until, until: since }, operator),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    const month = 30 * 86_400_000;
    await expect(
      stack.deliveries.replay(stack.realm, { endpoint: all.id, since: until - month - 1, until }, operator),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('30 days') });
    const again = () => stack.deliveries.replay(stack.realm, { endpoint: all.id, since, until }, operator);
    // Whichever is there first: the other is refused.
    const both = await Promise.allSettled([again(), again()]);
    expect(both.toSorted((a, b) => (a.status < b.status ? -1 : 1))).toMatchObject([
      { value: { deliveries: 250 } },
      { reason: { code: 'CONFLICT' } },
    ]);
    // Queued is not sent: it runs until each delivery was tried.
    await expect(again()).rejects.toMatchObject({ code: 'CONFLICT' });
    await stack.settled();
    expect(await again()).toEqual({ deliveries: 250 });
    await expect(
      stack.deliveries.replay(stack.realm, { endpoint: 'wh_none', since }, operator),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a test sends the sample of an event once and waits for it, to a disabled endpoint too', async () => {
    const { id } = await stack.addEndpoint();
    await stack.start();
    await stack.webhooks.disable(stack.realm, id, 'not yet', operator);
    const sent = await stack.deliveries.test(stack.realm, id, 'user.enrolled', operator);
    expect(sent).toMatchObject({
      origin: 'test',
      event: undefined,
      name: 'identity.user.enrolled',
      state: { is: 'delivered' },
    });
    expect(stack.posted).toMatchObject([{ id: sent.id, json: { event: 'user.enrolled' } }]);
    expect(stack.posted[0]!.headers).toHaveProperty('x-proof-signature');
    expect(await stack.deliveries.get(stack.realm, sent.id, operator)).toEqual(sent);
    const held = Promise.withResolvers<OutgoingReply>();
    reply = () => held.promise;
    const both = [0, 1].map(() => stack.deliveries.test(stack.realm, id, undefined, operator));
    // Whichever is there first waits for its receiver: the other is refused.
    await expect(Promise.race(both)).rejects.toMatchObject({ code: 'CONFLICT' });
    held.resolve(answer(410));
    expect(await Promise.any(both)).toMatchObject({
      name: 'identity.verification.success',
      state: { is: 'failed', reason: expect.stringContaining('410') },
      log: [{ outcome: 'status', status: 410 }],
    });
    granted = false;
    expect(await stack.deliveries.test(stack.realm, id, undefined, operator)).toMatchObject({
      state: { is: 'failed', reason: expect.stringContaining('not-granted') },
      log: [{ status: undefined, exchange: { response: { error: expect.stringContaining('granted') } } }],
    });
    expect(stack.posted).toHaveLength(2);
    expect(await lines('webhook.test')).toHaveLength(3);
    await expect(stack.deliveries.test(stack.realm, id, 'bot.detected', operator)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    await expect(stack.deliveries.resend(stack.realm, sent.id, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await list({ state: 'waiting' })).toEqual([]);
  });

  test('no test is sent, nor signed, where the secret is damaged', async () => {
    const { id } = await stack.addEndpoint();
    await stack.start();
    await flipBit(engine.db, 'webhook_endpoint', 'secret_sealed', id);
    await stack.webhooks.refresh(id);
    await expect(stack.deliveries.test(stack.realm, id, undefined, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('renew its secret'),
    });
    expect(stack.posted).toEqual([]);
  });

  test('a callback goes to the URL its call named, signed by its family’s own secret, and is kept sealed', async () => {
    await stack.start();
    const url = 'https://app.example.org/done?user=ada-4711';
    const decided = {
      flow: 'api',
      session: 'ses_1',
      decision: 'approved',
      expiresAt: 1_800_000_000_000,
      riskLevel: 'low',
      riskScore: 0.1,
      riskFlags: [],
      profile: 'standard',
      challengesCompleted: 3,
      processingTimeMs: 900,
    } as const;
    reply = async () => answer(503);
    const { event, delivery } = await engine.inTransaction(async (tx) => {
      const added = await stack.events.add(tx, {
        type: 'session.decided',
        ...stack.realm,
        payload: { ...decided, riskFlags: [] },
        personal: { values: { passToken: 'hp_token', metadata: {} } },
      });
      const made = await stack.callbacks.addCallback(tx, stack.realm, {
        family: 'sessions',
        url,
        event: added,
      });
      expect(
        await stack.callbacks.addCallback(tx, stack.realm, { family: 'identity', url, event: added }),
      ).toBeUndefined();
      return { event: added, delivery: made! };
    });
    await stack.settled();
    reply = async () => answer(200);
    await stack.pass(5_000);
    expect(stack.posted.map((one) => [one.id, one.url.href])).toEqual([
      [event, url],
      [event, url],
    ]);
    expect(stack.posted[0]!.json).toMatchObject({ event: 'verification.completed', passToken: 'hp_token' });
    const [row] = await stack.rows();
    expect(row).toMatchObject({ id: delivery, origin: 'callback', state: 'delivered', attempts: 2 });
    expect(Buffer.from(row!.url_sealed!).toString('latin1')).not.toContain('4711');
    const lane = expect.stringMatching(
      new RegExp(`^callback/${stack.realm.organization}/${stack.realm.world}/(\\d|1[0-5])$`),
    );
    expect(row!.lane).toEqual(lane);
    const [signer] = await stack.webhooks.list(stack.realm);
    expect(signer).toMatchObject({ id: row!.endpoint, kind: 'callback', family: 'sessions' });
    const again = await stack.deliveries.resend(stack.realm, delivery, operator);
    await stack.settled();
    expect(stack.posted.at(-1)).toMatchObject({ id: event });
    expect(stack.posted.at(-1)!.url.href).toBe(url);
    expect(again.origin).toBe('resend');
    const lanes = async () =>
      (await engine.db.selectFrom('delivery').select('lane').execute()).map(({ lane }) => lane);
    expect(await lanes()).toEqual([row!.lane, row!.lane]);
    const other = await engine.inTransaction((tx) =>
      stack.callbacks.addCallback(tx, stack.realm, { family: 'sessions', url, event }),
    );
    await stack.webhooks.disable(stack.realm, signer!.id, 'moving', operator);
    await stack.pass(1_000);
    await stack.webhooks.enable(stack.realm, signer!.id, operator);
    // The next poll of the relay makes it due again.
    await stack.refuse(1);
    await until(async () => {
      await stack.settled();
      return (await stack.rows()).some(({ id, state }) => id === other && state === 'delivered');
    });
    expect(new Set(await lanes())).toEqual(new Set([row!.lane]));
    granted = false;
    await expect(stack.callbacks.accept(stack.realm, { family: 'sessions', url })).rejects.toMatchObject({
      code: 'DESTINATION_NOT_GRANTED',
    });
  });

  it('the secret of callbacks can be had before the first of them', async () => {
    const callback = { family: 'sessions', url: 'https://app.example.org/done' } as const;
    await Promise.all([1, 2].map(() => stack.callbacks.accept(stack.realm, callback)));
    const made = await stack.webhooks.list(stack.realm);
    expect(made).toMatchObject([{ kind: 'callback', family: 'sessions', signature: 'standard' }]);
    granted = false;
    const elsewhere = { ...stack.realm, world: 'test' } as const;
    await expect(stack.callbacks.accept(elsewhere, callback)).rejects.toThrow();
    expect(await stack.webhooks.list(elsewhere)).toEqual([]);
  });
});
