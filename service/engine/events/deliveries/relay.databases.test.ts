import { afterEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { answer, type EventStack, openEventStack } from '../../../../test/support/event-stack.ts';
import { until } from '../../../../test/support/fake-time.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { RecordedEvent } from '../domain-event.ts';
import type { PayloadDialect } from '../webhooks/endpoint.ts';
import { SCHEDULE } from './deliver.ts';

const HOUR = 3_600_000;
let engine: Engine;
let stack: EventStack;

onSqlite('the relay', (newLocation) => {
  const open = async (more: Parameters<typeof openEventStack>[1] = {}) => {
    engine = await startEngine({ location: await newLocation() });
    stack = await openEventStack(engine, more);
  };
  afterEach(async () => {
    await stack.stop();
    await engine.stop();
  });

  test('passes on more events than a page, to several, in the order in which they happened', async () => {
    await open();
    const endpoints = await Promise.all(
      ['a', 'b', 'c'].map((name) => stack.addEndpoint({ url: `https://${name}.example.org/` })),
    );
    const ids = await stack.refuse(170);
    expect(await stack.relay.relay()).toBe(170);
    expect(await stack.relay.relay()).toBe(0);
    for (const { id } of endpoints) {
      const rows = (await stack.rows()).filter(({ endpoint }) => endpoint === id);
      expect(rows.map(({ event }) => event)).toEqual(ids);
      const inOrder = rows.toSorted((a, b) => a.seq - b.seq);
      expect(inOrder.map(({ event }) => event)).toEqual(ids);
    }
  });

  test('asks a family for the name alone; the body is made once for each attempt', async () => {
    let bodies = 0;
    const inDialect = (dialect: PayloadDialect) => ({
      ...dialect,
      translate(event: RecordedEvent) {
        const translated = dialect.translate(event);
        return (
          translated && {
            ...translated,
            body() {
              bodies++;
              return translated.body();
            },
          }
        );
      },
    });
    let status = 500;
    await open({ inDialect, reply: async () => answer(status) });
    await stack.addEndpoint();
    await stack.refuse(3);
    await stack.relay.relay();
    expect([bodies, (await stack.rows()).length]).toEqual([0, 3]);
    await stack.start();
    await stack.settled();
    expect([bodies, stack.posted.length]).toEqual([3, 3]);
    status = 200;
    await stack.pass(5_000);
    expect([bodies, stack.posted.length]).toEqual([6, 6]);
    expect(stack.posted.slice(3).map(({ json }) => json)).toEqual(
      stack.posted.slice(0, 3).map(({ json }) => json),
    );
  });

  test('an event whose body cannot be made is dropped with its reason, and the others go on', async () => {
    const inDialect = (dialect: PayloadDialect) => ({
      ...dialect,
      translate(event: RecordedEvent) {
        const translated = dialect.translate(event);
        const breaks = 'verification' in event.payload && event.payload.verification === 'ver_1';
        return translated && { ...translated, body: () => (breaks ? JSON.parse('{') : translated.body()) };
      },
    });
    await open({ inDialect });
    await stack.addEndpoint();
    await stack.start();
    const [first, broken, last] = await stack.refuse(3);
    await stack.settled();
    expect(stack.posted.map(({ id }) => id)).toEqual([first, last]);
    const dropped = (await stack.rows()).find(({ event }) => event === broken);
    expect(dropped).toMatchObject({
      state: 'dropped',
      state_reason: 'the family cannot translate it',
    });
    expect(stack.problems.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ event: broken, family: 'identity' }),
    );
    await expect(stack.deliveries.resend(stack.realm, dropped!.id, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('events written before the first webhook are not delivered', async () => {
    const watched: string[] = [];
    await open({ alerts: { watch: async (_, events) => void watched.push(...events.map(({ id }) => id)) } });
    await stack.addEndpoint();
    const old = await stack.refuse(3);
    await engine.db.updateTable('outbox').set({ seq: null }).execute();
    const [now] = await stack.refuse(1, 9);
    expect(await stack.relay.relay()).toBe(1);
    expect((await stack.rows()).map(({ event }) => event)).toEqual([now]);
    expect(watched).toEqual([now]);
    const left = await engine.db.selectFrom('outbox').select('id').where('relayed_at', 'is', null).execute();
    expect([old.length, left]).toEqual([3, []]);
  });

  test('alerts get each event once, in order, in the transaction that relays it', async () => {
    const watched: string[] = [];
    const watch = async (tx: Tx, events: readonly RecordedEvent[]) => {
      for (const { id } of events) {
        const row = await tx
          .selectFrom('outbox')
          .select('relayed_at')
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
        expect(row.relayed_at).toBeNull();
        watched.push(id);
      }
    };
    await open({ alerts: { watch } });
    const ids = await stack.refuse(130);
    await stack.relay.relay();
    expect(watched).toEqual(ids);
  });

  test('an event that alerts break on is delivered, and so are the others', async () => {
    let broken = '';
    await open({
      alerts: {
        async watch(_, events) {
          if (events.some(({ id }) => id === broken)) throw new Error('a rule that cannot be read');
        },
      },
    });
    await stack.addEndpoint();
    const ids = await stack.refuse(5);
    broken = ids[2]!;
    await stack.relay.relay();
    expect((await stack.rows()).map(({ event }) => event)).toEqual(ids);
    expect(stack.problems.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ event: broken }),
    );
  });

  test('an event whose transaction is rolled back is not delivered, and wakes the relay only briefly', async () => {
    await open();
    await stack.addEndpoint();
    await stack.start();
    await expect(
      engine.inTransaction(async (tx) => {
        await stack.events.add(tx, {
          type: 'verification.disabled',
          ...stack.realm,
          payload: { target: 'ver_1', failures: 5 },
        });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const ids = await stack.refuse();
    await until(() => stack.posted.length === 1);
    expect(stack.posted.map(({ id }) => id)).toEqual(ids);
  });

  test('a delivery waits for its endpoint for as long as attempts are made, and not longer', async () => {
    await open({ reply: async () => answer(500) });
    const { id } = await stack.addEndpoint();
    await stack.start();
    await stack.refuse();
    await stack.settled();
    await stack.webhooks.disable(stack.realm, id, 'moved', operator);
    await stack.pass(5_000);
    expect(await stack.rows()).toMatchObject([{ state: 'waiting', attempts: 1, next_at: null }]);
    await stack.pass(SCHEDULE - HOUR);
    expect(await stack.rows()).toMatchObject([{ state: 'waiting' }]);
    await stack.pass(2 * HOUR);
    await until(async () => {
      await stack.settled();
      return (await stack.rows())[0]!.state === 'failed';
    });
    expect(await stack.rows()).toMatchObject([
      { attempts: 1, state_reason: expect.stringContaining('disabled') },
    ]);
    expect(stack.posted).toHaveLength(1);
  });
});
