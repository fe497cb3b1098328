import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRetention, createSubjectRecords, type Erasure } from '../../service/engine/people/index.ts';
import type { EndpointId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { onSqlite } from '../storage/databases.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { openErasure } from '../support/erasure.ts';
import { answer, type EventStack, openEventStack } from '../support/event-stack.ts';
import { direction } from '../support/faces.ts';

const DAY = 86_400_000;
const order = { withTemplates: false, withInternal: false, actor: operator };

let engine: Engine;
let stack: EventStack;
let erasure: Erasure;
/** Whether the receiver accepts events about Bea. */
let accepts: boolean;

onSqlite('what receivers were sent about a person', (newLocation, dialect) => {
  beforeEach(async () => {
    accepts = false;
    engine = await startEngine({ location: await newLocation() });
    erasure = await openErasure(engine, { dialect });
    stack = await openEventStack(engine, {
      reply: async ({ json }) => {
        const body = JSON.stringify(json);
        return body.includes('bea@') && !accepts ? answer(500, {}, body) : answer(200, {}, body);
      },
    });
    await stack.addEndpoint();
    for (const name of ['ada', 'bea']) await enroll(name);
    await stack.start();
    await stack.settled();
  });
  afterEach(async () => {
    await stack.stop();
    await engine.stop();
  });
  const enroll = async (name: string) =>
    engine.subjects.enroll(
      stack.realm,
      { email: `${name}@example.com`, embeddings: { 'a-net': direction(name) }, quality: 0.9 },
      operator,
    );
  const personOf = async (name: string) =>
    (await engine.subjects.find(stack.realm, `${name}@example.com`))!.id;
  const attempts = () => engine.db.selectFrom('delivery_attempt').selectAll().orderBy('delivery').execute();

  test('stands in the person’s record, with what was sent and answered, and not in another’s', async () => {
    const record = await createSubjectRecords(engine).read(stack.realm, {
      ...order,
      person: 'bea@example.com',
    });
    expect(record.deliveries).toEqual([
      expect.objectContaining({
        name: 'identity.user.enrolled',
        origin: 'event',
        state: 'waiting',
        attempts: [
          expect.objectContaining({
            number: 1,
            outcome: 'status',
            status: 500,
            exchange: expect.objectContaining({
              response: expect.objectContaining({ body: expect.stringContaining('bea@example.com') }),
            }),
          }),
        ],
      }),
    ]);
    expect([record.alerts, record.unreadable]).toEqual([[], []]);
    expect(JSON.stringify(record)).not.toContain('ada@example.com');
  });

  test('goes with the person: what waits is dropped, what was sent stays in the log without a subject', async () => {
    for (const name of ['ada', 'bea'])
      await erasure.erase(stack.realm, await personOf(name), { reason: 'request', actor: operator });
    expect(
      (await stack.rows()).map(({ state, subject, event_name }) => [state, subject, event_name]),
    ).toEqual([
      ['delivered', null, 'identity.user.enrolled'],
      ['dropped', null, 'identity.user.enrolled'],
    ]);
    expect((await attempts()).map(({ status, exchange_sealed }) => [status, exchange_sealed])).toEqual([
      [200, null],
      [500, null],
    ]);
    const before = stack.posted.length;
    await stack.pass(4 * DAY);
    expect(stack.posted).toHaveLength(before);
    for (const { id } of await stack.rows()) {
      const { log } = await stack.deliveries.get(stack.realm, id, operator);
      expect(log.map(({ exchange }) => exchange)).toEqual([undefined]);
    }
  });

  test('is not sent again by a replay or a resend, nor is an alert about the person', async () => {
    const ada = await personOf('ada');
    const alert = { alert: 'alr_1', rule: 'rule_1', name: 'Failures', metric: 'failures-per-person' };
    await engine.inTransaction((tx) =>
      engine.events.add(tx, {
        type: 'alert.triggered',
        ...stack.realm,
        payload: { ...alert, value: 5, threshold: 5, windowMinutes: 15, about: ada },
        personal: { subject: ada, values: {} },
      }),
    );
    await stack.settled();
    expect(JSON.stringify(stack.posted.at(-1)!.json)).toContain(ada);
    await erasure.erase(stack.realm, ada, { reason: 'request', actor: operator });
    const before = stack.posted.length;
    const rows = await stack.rows();
    for (const { id, event_name } of rows) {
      if (event_name === 'identity.user.enrolled' && rows[0]!.id !== id) continue;
      await expect(stack.deliveries.resend(stack.realm, id, operator)).rejects.toMatchObject({
        code: 'CONFLICT',
      });
    }
    accepts = true;
    await stack.deliveries.replay(
      stack.realm,
      { endpoint: rows[0]!.endpoint as EndpointId, since: stack.clock.now() - 86_400_000 },
      operator,
    );
    await stack.settled();
    const again = stack.posted.slice(before);
    expect(again.length).toBeGreaterThan(0);
    expect(JSON.stringify(again.map(({ json }) => json))).not.toContain(ada);
    expect(again.map(({ json }) => json.event)).toEqual(again.map(() => 'user.enrolled'));
  });

  function openRetention() {
    const notes = new Map<string, string>();
    return createRetention({
      ...engine,
      clock: stack.clock,
      notes: {
        note: async (name) => notes.get(name),
        setNote: async (name, value) => void notes.set(name, value),
      },
      erase: (realm, subject, how) => erasure.erase(realm, subject, how),
      pruneAudit: async () => ({ lines: 0 }),
      log: silentLog,
    });
  }

  test('stays for as long as it is still to be delivered, with its event, however short the term', async () => {
    const retention = openRetention();
    await engine.organizations.setRetention(engine.organization, { deliveryDays: 1 }, operator);
    await stack.pass(DAY + 60_000);
    const sweep = async () =>
      (await retention.sweep(engine.organization, { actor: operator, confirm: 0 })).report.rows;
    expect(await sweep()).toMatchObject({ deliveries: 1 });
    expect((await stack.rows()).map(({ state, subject }) => [state, subject])).toEqual([
      ['waiting', await personOf('bea')],
    ]);
    accepts = true;
    await stack.pass(DAY);
    expect((await stack.rows()).map(({ state }) => state)).toEqual(['delivered']);
    expect(await sweep()).toMatchObject({ deliveries: 1, events: 1 });
    expect(await stack.rows()).toEqual([]);
  });

  test('is deleted when its term is over, and stays for a person under a hold', async () => {
    await engine.db
      .insertInto('legal_hold')
      .values({
        id: 'hold_1',
        organization: engine.organization,
        subject: await personOf('bea'),
        reason_sealed: new Uint8Array([1]),
        placed_by: 'operator:ada',
        placed_at: 1,
        released_by: null,
        released_at: null,
      })
      .execute();
    const retention = openRetention();
    expect(await retention.preview(engine.organization)).toMatchObject({ rows: { deliveries: 0 } });
    await stack.pass(90 * DAY + 1_000);
    expect(await retention.preview(engine.organization)).toMatchObject({ rows: { deliveries: 1 } });
    expect(
      (await retention.sweep(engine.organization, { actor: operator, confirm: 0 })).report,
    ).toMatchObject({
      rows: { deliveries: 1 },
    });
    const left = await stack.rows();
    expect(left.map(({ subject }) => subject)).toEqual([await personOf('bea')]);
    expect(new Set((await attempts()).map(({ delivery }) => delivery))).toEqual(new Set([left[0]!.id]));
  });
});
