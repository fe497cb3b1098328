import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { answer, type EventStack, openEventStack } from '../../../../test/support/event-stack.ts';

const HOUR = 3_600_000;
const token = 'h_verified_0123456789abcdefghijkl';

let engine: Engine;
let stack: EventStack;
let status: number;

onSqlite('what an event keeps until it is delivered', (newLocation) => {
  beforeEach(async () => {
    status = 200;
    engine = await startEngine({ location: await newLocation() });
    stack = await openEventStack(engine, {
      // One of the receivers always answers.
      reply: async ({ url }) => answer(url.hostname === 'up.example.org' ? 200 : status),
    });
  });
  afterEach(async () => {
    await stack.stop();
    await engine.stop();
  });

  const addEndpoint = (url = 'https://hooks.example.org/') =>
    stack.addEndpoint({ family: 'behavior', lineage: 'key_1', url });
  const judge = () =>
    engine.inTransaction((tx) =>
      stack.events.add(tx, {
        type: 'behavior.judged',
        ...stack.realm,
        payload: { human: true, confidence: 0.9 },
        personal: { values: { token }, untilDelivered: { reference: 'user_123', metadata: { cart: 'c1' } } },
      }),
    );
  const row = () => engine.db.selectFrom('outbox').selectAll().executeTakeFirstOrThrow();
  const held = async () => (await row()).until_delivered_sealed !== null;

  test('the user id leaves with the last delivery, and the token stays, sealed, for a repeat', async () => {
    await addEndpoint();
    await addEndpoint('https://up.example.org/');
    status = 503;
    await judge();
    const plain = JSON.stringify(await row(), (_, one) =>
      one?.type === 'Buffer' ? Buffer.from(one.data).toString('latin1') : one,
    );
    expect(plain).not.toMatch(new RegExp(`user_123|cart|${token}`));
    await stack.start();
    await stack.settled();
    expect((await stack.rows()).map(({ state }) => state).toSorted()).toEqual(['delivered', 'waiting']);
    expect(await held()).toBe(true);
    status = 200;
    await stack.pass(10_000);
    expect(stack.posted.map(({ json }) => [json.user_id, json.metadata, json.token])).toEqual(
      Array(3).fill(['user_123', { cart: 'c1' }, token]),
    );
    expect(await held()).toBe(false);
    await stack.deliveries.resend(stack.realm, (await stack.rows())[0]!.id, operator);
    await stack.settled();
    const { user_id, metadata, ...again } = stack.posted[3]!.json;
    expect([user_id, metadata, again.token, again.event]).toEqual([
      undefined,
      undefined,
      token,
      'human.verified',
    ]);
  });

  test('a delivery that ends without success takes it too', async () => {
    await addEndpoint();
    status = 410;
    await judge();
    await stack.start();
    await stack.settled();
    expect((await stack.rows()).map(({ state }) => state)).toEqual(['failed']);
    expect(await held()).toBe(false);
  });

  test('without a receiver it leaves when the event is passed on', async () => {
    await judge();
    expect(await stack.relay.relay()).toBe(1);
    expect(await held()).toBe(false);
  });

  test('what is not delivered within a day goes out without the user id', async () => {
    await addEndpoint();
    status = 503;
    await judge();
    await stack.start();
    await stack.settled();
    stack.time.jump(23 * HOUR);
    await stack.deliveryUpkeep.dropUndelivered();
    expect(await held()).toBe(true);
    stack.time.jump(HOUR - 10 * 60_000);
    await stack.deliveryUpkeep.dropUndelivered();
    expect(await held()).toBe(false);
    status = 200;
    await stack.pass(1_000);
    expect(stack.posted.at(-1)!.json).toEqual({
      event: 'human.verified',
      human: true,
      confidence: 0.9,
      score: 90,
      token,
      timestamp: expect.any(String),
      event_id: (await row()).id,
      version: 1,
    });
  });
});
