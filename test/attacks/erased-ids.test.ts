import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEventLog } from '../../service/engine/events/deliveries/event-delivery.ts';
import { openEvents } from '../../service/engine/events/index.ts';
import { isClean } from '../../service/engine/people/index.ts';
import type { EventId, SubjectId } from '../../service/lib/id.ts';
import { onSqlite } from '../storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../support/engine.ts';
import { openErasure } from '../support/erasure.ts';
import { analysisOf, direction, near } from '../support/faces.ts';

// A later reader of the database searches for the id of the person, which receivers know.

onSqlite('the id of an erased person', (newLocation, dialect) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  const realm = () => ({ organization: engine.organization, world: 'test' as const });
  const alice = direction('alice');

  async function live(email: string, face: Float32Array): Promise<SubjectId> {
    const show = (name: string, cosine: number) =>
      engine.analyzer.show(
        `${email} ${name}`,
        analysisOf(`${email} ${name}`, { embeddings: { 'a-net': near(face, cosine, name) } }),
      );
    const { subject } = await engine.checks.enroll({
      ...realm(),
      picture: show('enrolled', 0.999),
      email,
      actor: operator,
    });
    for (const [name, cosine] of [
      ['verified', 0.95],
      ['refused', 0.1],
    ] as const)
      await engine.checks.verify({ ...realm(), picture: show(name, cosine), email, actor: key });
    return subject;
  }

  /** One delivery of every event, with what was sent, waiting and done. */
  async function deliverAll(): Promise<void> {
    const base = { ...realm(), created_at: 1 };
    await engine.db
      .insertInto('webhook_endpoint')
      .values({
        ...base,
        id: 'whk_1',
        kind: 'endpoint',
        family: 'identity',
        url: 'https://example.com',
        description: '',
        events: '[]',
        signature: 'standard',
        signature_header: null,
        headers_sealed: null,
        secret_sealed: new Uint8Array([1]),
        next_secret_sealed: null,
        cut_over_at: null,
        ca: null,
        pin: null,
        lineage: null,
        state: 'enabled',
        state_reason: null,
        state_at: 1,
        failing_since: null,
        created_by: 'operator:ada',
      })
      .execute();
    let made = 0;
    for (const event of await engine.db.selectFrom('outbox').selectAll().execute()) {
      await engine.db
        .insertInto('delivery')
        .values({
          ...base,
          id: `whd_${event.id}`,
          seq: ++made,
          kind: 'webhook',
          tries: 1,
          claimed_by: null,
          claimed_until: null,
          endpoint: 'whk_1',
          event: event.id,
          event_name: 'identity.verification.failed',
          subject: event.subject,
          origin: 'event',
          url_sealed: null,
          lane: null,
          state: 'waiting',
          state_reason: null,
          attempts: 1,
          next_at: 2,
          finished_at: null,
        })
        .execute();
      await engine.db
        .insertInto('delivery_attempt')
        .values({
          id: `wha_${event.id}`,
          delivery: `whd_${event.id}`,
          number: 1,
          at: 1,
          outcome: 'status',
          status: 500,
          milliseconds: 1,
          exchange_sealed: new Uint8Array([1]),
        })
        .execute();
    }
  }

  test('is in no table but the audit log and the receipt; events and deliveries have no subject', async () => {
    const subject = await live('alice@example.com', alice);
    const other = await live('bob@example.com', direction('bob'));
    await engine.limits.flush();
    await deliverAll();
    const named = await engine.db
      .selectFrom('outbox')
      .selectAll()
      .where('payload', 'like', `%${subject}%`)
      .execute();
    expect(named.length).toBeGreaterThan(2);
    const counters = async () => (await engine.db.selectFrom('usage_counter').selectAll().execute()).length;
    expect(await counters()).toBe(2);

    const erasure = await openErasure(engine, { dialect, forgetUse: engine.limits.forgetPerson });
    const receipt = await erasure.erase(realm(), 'alice@example.com', {
      reason: 'request',
      actor: operator,
      prove: true,
    });
    expect(receipt.proof?.tables).toEqual({ searched: expect.any(Number), found: [] });
    expect(receipt.proof!.tables!.searched).toBeGreaterThan(15);
    expect(isClean(receipt.proof!)).toBe(true);
    expect(await tablesWith(subject)).toEqual(['audit', 'erasure']);

    await engine.limits.flush();
    expect(await counters()).toBe(1);
    const rows = await engine.db
      .selectFrom('outbox')
      .selectAll()
      .where(
        'id',
        'in',
        named.map(({ id }) => id),
      )
      .execute();
    expect((await openEvents(engine.sealer, rows)).map(({ is }) => is)).toEqual(named.map(() => 'erased'));
    const shown = await createEventLog({ db: engine.db }).list(realm(), { limit: 50 });
    for (const { id } of named)
      expect(shown.find((one) => one.id === (id as EventId))?.payload).toEqual({ erased: true });
    const deliveries = await engine.db
      .selectFrom('delivery as d')
      .innerJoin('delivery_attempt as a', 'a.delivery', 'd.id')
      .select(['d.state', 'd.subject', 'a.exchange_sealed'])
      .where(
        'd.event',
        'in',
        named.map(({ id }) => id),
      )
      .execute();
    expect(deliveries).toEqual(named.map(() => ({ state: 'dropped', subject: null, exchange_sealed: null })));
    // Of the others nothing is lost.
    expect(await tablesWith(other)).toContain('outbox');
    const left = await engine.db
      .selectFrom('delivery')
      .select('state')
      .where('state', '=', 'waiting')
      .execute();
    expect(left.length).toBeGreaterThan(2);
  });

  test('what a receiver or a mail server said of them is gone from deliveries and alerts that were over', async () => {
    const email = 'alice@example.com';
    const subject = await live(email, alice);
    const other = await live('bob@example.com', direction('bob'));
    await deliverAll();
    const said = (id: string, address: string) => `refused: <${address}> is unknown (${id})`;
    const deliveries = await engine.db
      .selectFrom('delivery as d')
      .innerJoin('outbox as o', 'o.id', 'd.event')
      .select(['d.id', 'o.payload'])
      .execute();
    let number = 0;
    for (const { id, payload } of deliveries) {
      number += 1;
      const error = payload.includes(other) ? said(other, 'bob@example.com') : said(subject, email);
      const state = number % 2 === 0 ? 'failed' : 'dropped';
      await engine.db
        .updateTable('delivery')
        .set({ state, state_reason: error, next_at: null, finished_at: 3 })
        .where('id', '=', id)
        .execute();
    }
    await addAlert(subject, 'alt_1', `given up: 550 no ${email}`);

    const erasure = await openErasure(engine, { dialect });
    const { proof } = await erasure.erase(realm(), email, {
      reason: 'request',
      actor: operator,
      prove: true,
    });
    expect(proof?.tables?.found).toEqual([]);
    expect(isClean(proof!)).toBe(true);
    expect([await tablesWith(email), await tablesWith(subject)]).toEqual([[], ['audit', 'erasure']]);
    const after = await engine.db.selectFrom('delivery').selectAll().execute();
    expect(new Set(after.map(({ state }) => state))).toEqual(new Set(['failed', 'dropped']));
    expect(new Set(after.map(({ state_reason }) => state_reason))).toEqual(
      new Set(['erased', said(other, 'bob@example.com')]),
    );
    const { notified } = await engine.db.selectFrom('alert').select('notified').executeTakeFirstOrThrow();
    expect(JSON.parse(notified)).toEqual({ 'mail:ops@example.org': 'given up: erased', desktop: 'waiting' });
    // Of the others nothing is lost.
    expect(await tablesWith('bob@example.com')).toEqual(['delivery']);
  });

  async function addAlert(subject: SubjectId, id: string, mailed: string): Promise<void> {
    const base = { ...realm(), metric: 'failures' };
    await engine.db
      .insertInto('alert_rule')
      .values({
        ...base,
        id: 'alr_1',
        name: 'many failures',
        definition: '{}',
        enabled: 1,
        created_at: 1,
        created_by: 'operator:ada',
        removed_at: null,
      })
      .execute();
    await engine.db
      .insertInto('alert')
      .values({
        ...base,
        id,
        rule: 'alr_1',
        subject,
        about: subject,
        value: 3,
        threshold: 2,
        fired_at: 1,
        hold_until: 2,
        notified: JSON.stringify({ 'mail:ops@example.org': mailed, desktop: 'waiting' }),
        acknowledged_at: null,
        acknowledged_by: null,
      })
      .execute();
  }

  test('that something left behind fails the proof', async () => {
    const subject = await live('alice@example.com', alice);
    await engine.db
      .insertInto('recurring_work')
      .values({ kind: `about ${subject}`, fence: 1 })
      .execute();
    const erasure = await openErasure(engine, { dialect });
    const { proof } = await erasure.erase(realm(), subject, {
      reason: 'request',
      actor: operator,
      prove: true,
    });
    expect(proof?.tables?.found).toEqual([{ table: 'recurring_work', column: 'kind', rows: 1 }]);
    expect(isClean(proof!)).toBe(false);
  });

  async function tablesWith(text: string): Promise<string[]> {
    const found = new Set<string>();
    for (const { name } of await engine.db.introspection.getTables()) {
      for (const row of await engine.db
        .selectFrom(name as 'subject')
        .selectAll()
        .execute()) {
        const bytes = Object.values(row).map((value) =>
          value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
        );
        if (bytes.some((one) => one.includes(text))) found.add(name);
      }
    }
    return [...found].sort();
  }
});
