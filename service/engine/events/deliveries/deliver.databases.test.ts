import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import {
  answer,
  type EventStack,
  openEventStack,
  type Posted,
} from '../../../../test/support/event-stack.ts';
import type { DeliveryId } from '../../../lib/id.ts';
import { OutgoingError, type OutgoingReply } from '../../../outgoing/outgoing.ts';
import { deliveryPauses } from './deliver.ts';

const DAY = 86_400_000;

let engine: Engine;
let stack: EventStack;
let reply: (posted: Posted) => Promise<OutgoingReply>;

onSqlite('deliveries', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    reply = async () => answer(200, { 'x-receiver': 'yes' }, 'thanks');
    stack = await openEventStack(engine, { reply: (posted) => reply(posted) });
  });
  afterEach(async () => {
    await stack.stop();
    await engine.stop();
  });
  const states = async () => (await stack.rows()).map(({ state, attempts }) => `${state} ${attempts}`);
  const log = async (i = 0) =>
    stack.deliveries.get(stack.realm, (await stack.rows())[i]!.id, operator).then((one) => one.log);

  test('each event goes once to each endpoint that wants it, in order, signed, and is logged', async () => {
    const all = await stack.addEndpoint({ headers: { Authorization: 'Bearer hunter2' } });
    const some = await stack.addEndpoint({
      url: 'https://other.example.org/',
      events: ['verification.failure'],
    });
    await stack.addEndpoint({ url: 'https://none.example.org/', events: ['user.enrolled'] });
    await stack.addEndpoint({ url: 'https://sessions.example.org/', family: 'sessions' });
    const off = await stack.addEndpoint({ url: 'https://off.example.org/' });
    await stack.webhooks.disable(stack.realm, off.id, 'later', operator);
    await stack.start();
    const ids = await stack.refuse(20);
    await stack.settled();
    for (const { url } of [all, some]) {
      expect(stack.posted.filter((one) => one.url.href === url).map(({ id }) => id)).toEqual(ids);
    }
    expect(stack.posted).toHaveLength(40);
    expect(new Set(await states())).toEqual(new Set(['delivered 1']));
    const first = stack.posted.find(({ url }) => url.href === all.url);
    expect(first!.json).toMatchObject({ event: 'verification.failure', data: { verificationId: 'ver_0' } });
    const sent = { ...first!.headers };
    expect(sent).toEqual({
      Authorization: 'Bearer hunter2',
      'content-type': 'application/json',
      'user-agent': 'Gatehouse/1.2.3',
      'webhook-id': ids[0],
      'webhook-timestamp': String(Math.floor(stack.clock.now() / 1000)),
      'webhook-signature': expect.stringMatching(/^v1,/),
      'x-proof-signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await log()).toEqual([
      {
        number: 1,
        at: stack.clock.now(),
        outcome: 'delivered',
        status: 200,
        milliseconds: expect.any(Number),
        exchange: {
          request: {
            url: first!.url.href,
            headers: {
              ...sent,
              Authorization: '(not kept)',
              'webhook-signature': '(not kept)',
              'x-proof-signature': '(not kept)',
            },
            body: new TextDecoder().decode(first!.body),
          },
          response: { headers: { 'x-receiver': 'yes' }, body: 'thanks', truncated: false },
        },
      },
    ]);
  });

  test('an attempt by hand does not have the deliveries of all organizations run as its caller', async () => {
    await stack.addEndpoint();
    await stack.start();
    await stack.refuse();
    await stack.settled();
    const caller = new AsyncLocalStorage<string>();
    const around: unknown[] = [];
    reply = async () => {
      around.push(caller.getStore());
      return answer(200);
    };
    const id = (await stack.rows())[0]!.id as DeliveryId;
    await caller.run('of the request', () => stack.deliveries.resend(stack.realm, id, operator));
    await stack.settled();
    expect(around).toEqual([undefined]);
  });

  test('a receiver that fails is tried ten times, at the times that are promised, with the same bytes', async () => {
    await stack.addEndpoint();
    await stack.start();
    reply = async () => answer(500, {}, 'broken');
    await stack.refuse();
    await stack.settled();
    for (const pause of deliveryPauses) {
      const before = stack.posted.length;
      const next = stack.posted.at(-1)!.at + pause;
      expect((await stack.rows())[0]!.next_at).toBe(next);
      await stack.pass(next - stack.clock.now() - 2_000);
      expect(stack.posted).toHaveLength(before);
      await stack.pass(2_000);
      expect(stack.posted).toHaveLength(before + 1);
    }
    expect(deliveryPauses.map((pause) => pause / 1000)).toEqual([
      5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ]);
    await stack.pass(2 * DAY);
    expect(stack.posted).toHaveLength(10);
    expect(new Set(stack.posted.map(({ body }) => Buffer.from(body).toString('hex'))).size).toBe(1);
    expect(new Set(stack.posted.map(({ id }) => id)).size).toBe(1);
    expect(await states()).toEqual(['failed 10']);
    expect((await log()).map(({ outcome, status }) => `${outcome} ${status}`)).toEqual(
      Array(10).fill('status 500'),
    );
    expect((await stack.webhooks.list(stack.realm))[0]).toMatchObject({
      state: { is: 'enabled' },
      failingSince: stack.posted[0]!.at,
    });
  });

  test.each([
    [429, '120', 120_000],
    [503, 'Fri, 20 Nov 2026 14:00:00 GMT', 7_200_000],
    [503, '999999999', DAY],
    [503, '1', 5_000],
    [503, 'soon', 5_000],
    [500, '120', 5_000],
  ])('%i with Retry-After “%s” is tried again after %i ms', async (status, after, pause) => {
    await stack.addEndpoint();
    await stack.start();
    reply = async () => answer(status, { 'retry-after': after });
    const [id] = await stack.refuse();
    await stack.settled();
    reply = async () => answer(204);
    expect((await stack.rows())[0]).toMatchObject({ state: 'waiting', next_at: stack.clock.now() + pause });
    await stack.pass(pause - 2_000);
    expect(stack.posted).toHaveLength(1);
    await stack.pass(2_000);
    expect(stack.posted.map((one) => one.id)).toEqual([id, id]);
    expect(await states()).toEqual(['delivered 2']);
  });

  test('a redirect is a failure that says so, and so is a connection that is not', async () => {
    await stack.addEndpoint();
    await stack.start();
    reply = async () => answer(302, { location: 'https://elsewhere.example.org/' });
    await stack.refuse();
    await stack.settled();
    reply = async () => {
      throw new OutgoingError('reset', 'The receiver ended the connection.');
    };
    await stack.pass(5_000);
    expect(await log()).toMatchObject([
      { outcome: 'status', status: 302 },
      {
        outcome: 'reset',
        status: undefined,
        exchange: { response: { error: 'The receiver ended the connection.' } },
      },
    ]);
    expect((await stack.rows())[0]).toMatchObject({ state: 'waiting', attempts: 2 });
    expect(await stack.deliveries.list(stack.realm, { limit: 1 })).toMatchObject([
      { state: { is: 'waiting', reason: 'The receiver ended the connection.' } },
    ]);
    expect(stack.posted.map(({ url }) => url.host)).toEqual(['hooks.example.org', 'hooks.example.org']);
  });

  test('nothing about an erased person is sent, or left in the log', async () => {
    await stack.addEndpoint();
    await stack.start();
    reply = async () => answer(500, {}, 'ada@example.com is not known here');
    const subject = await stack.person();
    await stack.enrolled(subject);
    await stack.settled();
    expect(JSON.stringify(await log())).toContain('ada@example.com');
    const before = stack.posted.length;
    await engine.sealer.destroyPerson(subject);
    expect(JSON.stringify(await log())).not.toContain('ada@example.com');
    await stack.pass(5_000);
    expect(stack.posted).toHaveLength(before);
    expect(await states()).toEqual(['dropped 1']);
    expect((await stack.rows())[0]!.state_reason).toBe('erased');
  });

  test('a removed endpoint gets no more deliveries, and a refused destination names its rule', async () => {
    const { id } = await stack.addEndpoint();
    await stack.start();
    reply = async () => answer(500);
    await stack.refuse(2);
    await stack.settled();
    await stack.webhooks.remove(stack.realm, id, operator);
    await stack.pass(5_000);
    expect(stack.posted).toHaveLength(2);
    expect(await states()).toEqual(['dropped 1', 'dropped 1']);
  });

  test('a body larger than 20 kB is not sent, and a damaged event stops no other', async () => {
    await stack.addEndpoint();
    const payload = {
      verification: 'ver_x',
      kind: '1:1',
      profile: 'p',
      actor: 'key:k',
      notPassed: [] as string[],
    } as const;
    await engine.inTransaction((tx) =>
      stack.events.add(tx, {
        type: 'verification.refused',
        ...stack.realm,
        payload: { ...payload, reason: 'x'.repeat(21_000) },
      }),
    );
    const damaged = await stack.refuse();
    await engine.db.updateTable('outbox').set({ payload: '{"ver' }).where('id', 'in', damaged).execute();
    const after = await stack.refuse(1, 7);
    await stack.start();
    await stack.settled();
    expect(stack.posted.map(({ id }) => id)).toEqual(after);
    expect((await stack.rows()).map(({ state, state_reason }) => [state, state_reason])).toEqual([
      ['dropped', 'larger than 20 kB'],
      ['delivered', null],
    ]);
    expect(stack.problems.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ event: damaged[0] }),
    );
  });
});
