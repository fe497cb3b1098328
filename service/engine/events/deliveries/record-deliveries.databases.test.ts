import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import {
  answer,
  type EventStack,
  openEventStack,
  type Posted,
} from '../../../../test/support/event-stack.ts';
import { until } from '../../../../test/support/fake-time.ts';
import type { OutgoingReply } from '../../../outgoing/outgoing.ts';

const DAY = 86_400_000;

let engine: Engine;
let stack: EventStack;
let reply: (posted: Posted) => Promise<OutgoingReply>;

onSqlite('what answers make of endpoints', (newLocation) => {
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

  test('410 switches the endpoint off; what waits goes out, in order, when it is enabled again', async () => {
    const { id } = await stack.addEndpoint();
    await stack.start();
    reply = async () => answer(410);
    const ids = await stack.refuse(5);
    await until(async () => {
      await stack.settled();
      return (await stack.webhooks.get(stack.realm, id)).state.is === 'disabled';
    });
    expect((await stack.webhooks.get(stack.realm, id)).state).toMatchObject({
      is: 'disabled',
      reason: expect.stringContaining('410'),
    });
    const logged = await stack.eventLog.list(stack.realm, { type: 'webhook.disabled', limit: 9 });
    expect(logged.map(({ payload }) => payload)).toEqual([
      { endpoint: id, reason: 'The receiver answered 410 (gone): deliveries are stopped.' },
    ]);
    const refused = stack.posted.length;
    const [lost] = await states();
    expect(lost).toBe('failed 1');
    expect((await states()).filter((one) => one === 'waiting 0')).toHaveLength(5 - refused);

    await stack.pass(DAY);
    reply = async () => answer(200);
    await stack.webhooks.enable(stack.realm, id, operator);
    stack.posted.length = 0;
    // What happens from now on comes after what waited.
    const [later] = await stack.refuse(1, 5);
    await until(async () => {
      await stack.settled();
      return stack.posted.length === ids.length - refused + 1;
    });
    expect(stack.posted.map((one) => one.id)).toEqual([...ids.slice(refused), later]);
  });

  test('five days without one success switch an endpoint off, with an alert; one success begins anew', async () => {
    const { id } = await stack.addEndpoint();
    await stack.start();
    reply = async () => answer(500);
    const day = async () => {
      await stack.refuse();
      await stack.settled();
      await stack.pass(DAY);
    };
    for (let i = 0; i < 4; i++) await day();
    reply = async () => answer(200);
    await stack.refuse();
    await stack.settled();
    expect((await stack.webhooks.get(stack.realm, id)).failingSince).toBeUndefined();
    reply = async () => answer(500);
    for (let i = 0; i < 5; i++) {
      expect((await stack.webhooks.get(stack.realm, id)).state).toEqual({ is: 'enabled' });
      await day();
    }
    await stack.refuse();
    await stack.settled();
    expect((await stack.webhooks.get(stack.realm, id)).state).toMatchObject({ is: 'disabled' });
    const types = await stack.eventLog.list(stack.realm, { type: 'webhook.disabled', limit: 10 });
    expect(types.map(({ payload }) => payload)).toEqual([
      { endpoint: id, reason: 'It accepted nothing for five days.' },
    ]);
  });

  test('a clock that goes on by a year switches nothing off, nor one that comes back', async () => {
    const { id } = await stack.addEndpoint();
    await stack.start();
    reply = async () => answer(500);
    const state = async () => (await stack.webhooks.get(stack.realm, id)).state.is;
    await stack.refuse();
    await stack.settled();
    await stack.pass(365 * DAY);
    expect((await states())[0]).toBe('waiting 2');
    expect(await state()).toBe('enabled');
    stack.time.jump(-365 * DAY);
    for (let i = 0; i < 5; i++) {
      await stack.refuse();
      await stack.settled();
      expect(await state()).toBe('enabled');
      await stack.pass(DAY);
    }
    await stack.refuse();
    await stack.settled();
    expect(await state()).toBe('disabled');
  });

  test('a failed delivery that is tried again is sent again, and one that is removed is not sent any more', async () => {
    await stack.addEndpoint({ events: ['verification.failure'] });
    await stack.start();
    reply = async () => answer(410);
    await stack.refuse();
    await stack.settled();
    expect(await states()).toEqual(['failed 1']);
    reply = async () => answer(200);
    const [first] = await stack.rows();
    await stack.webhooks.enable(stack.realm, first!.endpoint!, operator);
    // The job comes back as it is by then, which may be on its way.
    expect(await stack.jobs.retry(first!.id, operator)).toMatchObject({ id: first!.id });
    await until(async () => {
      await stack.settled();
      return (await states())[0] === 'delivered 2';
    });
    expect((await log()).map(({ outcome }) => outcome)).toEqual(['status', 'delivered']);

    reply = async () => answer(500);
    await stack.refuse(1, 1);
    await stack.settled();
    const sent = stack.posted.length;
    const { id } = (await stack.rows())[1]!;
    await stack.jobs.remove(id, operator);
    await stack.pass(3 * 3_600_000);
    expect(stack.posted).toHaveLength(sent);
    expect((await stack.rows())[1]).toMatchObject({
      state: 'dropped',
      state_reason: 'An operator removed it.',
    });
    const lines = await engine.db
      .selectFrom('audit')
      .select(['action', 'target', 'details'])
      .where('action', 'like', 'job.%')
      .orderBy('seq')
      .execute();
    expect(lines).toEqual([
      { action: 'job.retry', target: first!.id, details: '{"kind":"webhook","state":"failed","attempts":1}' },
      { action: 'job.remove', target: id, details: '{"kind":"webhook","state":"waiting","attempts":1}' },
    ]);
    for (const over of [first!.id, id])
      await expect(stack.jobs.retry(over, operator)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(stack.jobs.remove('dlv_none', operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('the answers of one callback never switch off the others', async () => {
    await stack.start();
    reply = async () => answer(410);
    const decided = {
      flow: 'api',
      session: 'ses_1',
      decision: 'rejected',
      expiresAt: 1_800_000_000_000,
      riskLevel: 'low',
      riskScore: 0.1,
      riskFlags: [] as 'spoof-suspected'[],
      profile: 'standard',
      challengesCompleted: 3,
      processingTimeMs: 900,
    } as const;
    const called = () =>
      engine.inTransaction(async (tx) => {
        const event = await stack.events.add(tx, {
          type: 'session.decided',
          ...stack.realm,
          payload: decided,
          personal: { values: { passToken: null, metadata: {} } },
        });
        const url = 'https://app.example.org/done';
        await stack.callbacks.addCallback(tx, stack.realm, { family: 'sessions', url, event });
      });
    for (let day = 0; day < 7; day++) {
      await called();
      await stack.settled();
      await stack.pass(DAY);
      reply = async () => answer(500);
    }
    expect(await stack.webhooks.list(stack.realm)).toMatchObject([
      { kind: 'callback', state: { is: 'enabled' }, failingSince: undefined },
    ]);
  });
});
