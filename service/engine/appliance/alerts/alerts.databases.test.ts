import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import {
  type Alerting,
  ada,
  bea,
  keyless,
  MINUTE,
  startAlerting,
} from '../../../../test/support/alerting.ts';
import { key, operator } from '../../../../test/support/engine.ts';
import type { KeyId, OrganizationId } from '../../../lib/id.ts';
import type { EventRealm } from '../../events/index.ts';
import { forgetAlerts } from './alert-store.ts';

const unknown = 'sub_000000000000000000000nobdy';

let at: Alerting;

onSqlite('alerts', (newLocation) => {
  beforeEach(async () => {
    at = await startAlerting(await newLocation());
  });
  afterEach(() => at.engine.stop());

  test('five refusals of one person are one alert, one line, one event and a mail for each address', async () => {
    const rule = await at.alerts.addRule(
      at.realm(),
      {
        metric: 'failures-per-person',
        channels: { desktop: true, email: ['ops@example.com', 'it@example.com'] },
      },
      operator,
    );
    await at.refusals(4, { subject: ada });
    await at.refusals(4, { subject: bea });
    expect(await at.fired()).toEqual([]);
    await at.refusals(1, { subject: ada });
    const [alert] = await at.alerts.list(at.realm(), { limit: 9 });
    expect(alert).toEqual({
      id: alert!.id,
      ...at.realm(),
      rule: rule.id,
      name: 'One person refused again and again',
      metric: 'failures-per-person',
      about: ada,
      value: 5,
      threshold: 5,
      firedAt: at.engine.clock.now(),
      acknowledged: undefined,
      notified: {
        webhook: 'written as the event alert.triggered',
        desktop: 'offered',
        'email ops@example.com': 'waiting',
        'email it@example.com': 'waiting',
      },
    });
    expect(await at.alertEvents()).toEqual([
      {
        alert: alert!.id,
        rule: rule.id,
        name: rule.name,
        metric: rule.metric,
        value: 5,
        threshold: 5,
        windowMinutes: 15,
        about: ada,
      },
    ]);
    expect(at.queued.map(({ origin, event, name, lane }) => ({ origin, event, name, lane }))).toEqual([
      { origin: 'alert', event: alert!.id, name: 'mail.0', lane: 'mail' },
      { origin: 'alert', event: alert!.id, name: 'mail.1', lane: 'mail' },
    ]);
    expect(await at.actions()).toEqual(['alert-rule.add operator:ada', 'alert.fire appliance:alerts']);
    expect(JSON.stringify(at.queued)).not.toContain('@');
  });

  test('the rule holds off for the same person only, and fires again afterwards', async () => {
    await at.alerts.addRule(
      at.realm(),
      { metric: 'failures-per-person', threshold: 2, holdOffMinutes: 10 },
      operator,
    );
    await at.refusals(6, { subject: ada });
    await at.refusals(2, { subject: bea });
    expect((await at.fired()).map(({ about }) => about)).toEqual([bea, ada]);
    at.engine.advance(9 * MINUTE);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toHaveLength(2);
    at.engine.advance(1 * MINUTE);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toMatchObject([{ about: ada, value: 8 }, {}, {}]);
  });

  test('a run on many keys is listed whole, and mailed 20 times in an hour', async () => {
    await at.alerts.addRule(
      at.realm(),
      {
        metric: 'failures-per-key',
        threshold: 1,
        holdOffMinutes: 10,
        channels: { email: ['ops@example.com', 'it@example.com'] },
      },
      operator,
    );
    const run = async (from: number, count: number) => {
      for (let i = 0; i < count; i++) await at.refuse({ actor: `key:key_${from + i}` });
      await at.relay();
    };
    await run(0, 15);
    at.engine.advance(5 * MINUTE);
    await run(15, 15);
    expect(await at.fired()).toHaveLength(30);
    expect(await at.alertEvents()).toHaveLength(30);
    expect(at.queued).toHaveLength(20);
    const [newest] = await at.alerts.list(at.realm(), { limit: 1 });
    expect(newest!.notified).toMatchObject({ 'email ops@example.com': expect.stringContaining('not sent') });
    at.engine.advance(61 * MINUTE);
    await run(30, 1);
    expect(at.queued).toHaveLength(22);
  });

  test('a clock set back by years does not silence a rule', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold: 2 }, operator);
    await at.refusals(2, { subject: ada });
    at.engine.advance(-3 * 365 * 24 * 60 * MINUTE);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toHaveLength(2);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toHaveLength(2);
  });

  test('events older than the window do not count', async () => {
    await at.alerts.addRule(
      at.realm(),
      { metric: 'failures-per-person', threshold: 2, windowMinutes: 15 },
      operator,
    );
    await at.refusals(1, { subject: ada });
    at.engine.advance(15 * MINUTE + 15_000);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toEqual([]);
    at.engine.advance(14 * MINUTE);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toHaveLength(1);
  });

  test('a transaction that did not commit counts nothing, however often it is run again', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold: 3 }, operator);
    for (let i = 0; i < 2; i++) await at.refuse({ subject: ada });
    const broken = () => Promise.reject(new Error('cut short'));
    for (let i = 0; i < 3; i++) await expect(at.relay(broken)).rejects.toThrow('cut short');
    await at.relay();
    expect(await at.fired()).toEqual([]);
    await at.refuse({ subject: ada });
    await expect(at.relay(broken)).rejects.toThrow('cut short');
    expect(await at.fired()).toEqual([]);
    await at.relay();
    expect(await at.fired()).toMatchObject([{ value: 3 }]);
    expect(await at.alertEvents()).toHaveLength(1);
  });

  test('a start counts again what was relayed in the window, and not what waits to be', async () => {
    await at.alerts.addRule(
      at.realm(),
      { metric: 'failures-per-person', threshold: 3, windowMinutes: 60 },
      operator,
    );
    await at.refusals(1, { subject: ada });
    at.engine.advance(61 * MINUTE);
    await at.refusals(1, { subject: ada });
    await at.refuse({ subject: ada });
    await at.open();
    await at.relay();
    expect(await at.fired()).toEqual([]);
    await at.open();
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toMatchObject([{ value: 3 }]);
  });

  test('a new rule looks back over its window at once; what was relayed while it was read counts too', async () => {
    await at.refusals(3, { subject: ada });
    const reading = at.alerts.addRule(at.realm(), { metric: 'failures-per-person' }, operator);
    await at.refuse({ subject: ada });
    await reading;
    await at.relay();
    expect(await at.fired()).toEqual([]);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toMatchObject([{ value: 5 }]);
  });

  test('a filter by a profile that is not there is refused, in a new rule and in a change', async () => {
    const filter = { profile: 'hihg-security' };
    const refused = { code: 'INVALID_REQUEST', extra: { details: [{ path: 'filter.profile' }] } };
    const rule = { metric: 'spoof-attempts', threshold: 1 } as const;
    await expect(at.alerts.addRule(at.realm(), { ...rule, filter }, operator)).rejects.toMatchObject(refused);
    const { id } = await at.alerts.addRule(at.realm(), rule, operator);
    await expect(at.alerts.changeRule(at.realm(), id, { filter }, operator)).rejects.toMatchObject(refused);
    const known = { filter: { profile: 'default' } };
    expect(await at.alerts.changeRule(at.realm(), id, known, operator)).toMatchObject(known);
  });

  test('each metric counts its own events, and filters narrow them', async () => {
    const made = await at.engine.organizations.get(at.engine.organization);
    const keyId = 'key_00000000000000000000000001' as KeyId;
    await at.engine.db
      .insertInto('api_key')
      .values({
        id: keyId,
        organization: made.id,
        name: 'till',
        prefix: 'gh',
        world: 'live',
        secret_hash: 'x',
        hint: 'abcd',
        scopes: '[]',
        origins: '[]',
        browser: 0,
        lineage: keyId,
        created_at: 1,
      })
      .execute();
    for (const metric of [
      'failures-per-key',
      'spoof-attempts',
      'impossible-travel',
      'unknown-device',
    ] as const) {
      await at.alerts.addRule(at.realm(), { metric, threshold: 2 }, operator);
    }
    await at.alerts.addRule(
      at.realm(),
      {
        metric: 'spoof-attempts',
        name: 'strict',
        threshold: 1,
        filter: { profile: 'high-security', key: keyId },
      },
      operator,
    );
    await at.refusals(2, { actor: 'operator:ada' });
    await at.refusals(2, { actor: `key:${keyId}` });
    await at.refusals(2, { actor: 'operator:ada', notPassed: ['liveness'] });
    await at.refusals(2, { actor: 'operator:ada', notPassed: ['impossibleTravel'], subject: ada });
    await at.refusals(1, { actor: 'operator:ada', notPassed: ['deviceConsistency'], subject: ada });
    await at.refusals(1, { actor: 'operator:ada', notPassed: ['deviceConsistency'], subject: bea });
    expect(await at.fired()).toEqual([
      { metric: 'impossible-travel', about: ada, value: 2 },
      { metric: 'spoof-attempts', about: undefined, value: 2 },
      { metric: 'failures-per-key', about: keyId, value: 2 },
    ]);
    await at.refusals(1, { actor: `key:${keyId}`, notPassed: ['liveness'], profileSlug: 'high-security' });
    expect(await at.fired()).toMatchObject([{ metric: 'spoof-attempts', value: 1 }, {}, {}, {}]);
  });

  test('a check that fails counts also where the whole verification passed', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'unknown-device', threshold: 1 }, operator);
    await at.engine.inTransaction((tx) =>
      at.engine.events.add(tx, {
        type: 'verification.verified',
        ...at.realm(),
        payload: at.payload({ subject: ada, notPassed: ['deviceConsistency'] }),
      }),
    );
    await at.relay();
    expect(await at.fired()).toEqual([{ metric: 'unknown-device', about: ada, value: 1 }]);
  });

  test('bots fire by their share, once enough was judged', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'bot-rate' }, operator);
    const judge = async (human: boolean, count: number) => {
      for (let i = 0; i < count; i++) {
        await at.engine.inTransaction((tx) =>
          at.engine.events.add(tx, {
            type: 'behavior.judged',
            ...at.realm(),
            payload: { human, confidence: 1 },
            personal: { values: { token: 'tok' } },
          }),
        );
      }
      await at.relay();
    };
    await judge(false, 19);
    expect(await at.fired()).toEqual([]);
    await judge(true, 20);
    await judge(false, 1);
    expect(await at.fired()).toEqual([{ metric: 'bot-rate', about: undefined, value: 0.5 }]);
  });

  test('the worlds are apart, and so are organizations', async () => {
    const other = (await at.engine.organizations.create({ name: 'Other' }, operator)).id as OrganizationId;
    const rule = await at.alerts.addRule(
      at.realm('test'),
      { metric: 'failures-per-person', threshold: 1 },
      operator,
    );
    await at.refusals(3, { subject: ada });
    expect(await at.fired('test')).toEqual([]);
    await at.refuse({ subject: ada }, 'test');
    await at.relay();
    expect([await at.fired(), await at.fired('test')]).toMatchObject([[], [{ about: ada }]]);
    const [alert] = await at.alerts.list(at.realm('test'), { limit: 1 });
    for (const elsewhere of [at.realm('live'), { organization: other, world: 'test' as const }]) {
      await expect(at.alerts.acknowledge(elsewhere, alert!.id, key)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(at.alerts.removeRule(elsewhere, rule.id, key)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(at.alerts.changeRule(elsewhere, rule.id, { enabled: false }, key)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await at.rules(elsewhere)).toEqual([]);
    }
  });

  test('changes of organizations take turns, and of too many at once those of the one with the most are refused', async () => {
    const other = (await at.engine.organizations.create({ name: 'Other' }, operator)).id as OrganizationId;
    const elsewhere = { organization: other, world: 'test' as const };
    const theirs = await at.alerts.addRule(elsewhere, { metric: 'spoof-attempts' }, operator);
    const gate = Promise.withResolvers<void>();
    await at.open({
      inTransaction: async (work) => {
        await gate.promise;
        return at.engine.inTransaction(work);
      },
    });
    const ended: string[] = [];
    const remove = async (name: string, of: EventRealm, id: string) => {
      const how = await at.alerts.removeRule(of, id, key).then(
        () => 'done',
        ({ code }) => code,
      );
      ended.push(`${name}: ${how}`);
    };
    const all = Array.from({ length: 100 }, () => remove('many', at.realm(), 'rule_none'));
    all.push(remove('one', elsewhere, theirs.id));
    gate.resolve();
    await Promise.all(all);
    expect(ended.filter((one) => one !== 'many: OVERLOADED').slice(0, 2)).toEqual([
      'many: NOT_FOUND',
      'one: done',
    ]);
    expect(ended.filter((one) => one === 'many: OVERLOADED')).toHaveLength(36);
  });

  test('an alert counts for no rule, not even one about everything', async () => {
    for (const metric of ['failures-per-person', 'spoof-attempts', 'failures-per-key'] as const)
      await at.alerts.addRule(at.realm(), { metric, threshold: 1, holdOffMinutes: 1 }, operator);
    await at.refusals(1, { subject: ada, notPassed: ['liveness'] });
    expect(await at.fired()).toHaveLength(3);
    at.engine.advance(2 * MINUTE);
    await at.relay();
    await at.relay();
    expect(await at.fired()).toHaveLength(3);
  });

  test('only the first acknowledgement is recorded', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
    await at.refusals(1, { subject: ada });
    const [alert] = await at.alerts.list(at.realm(), { open: true, limit: 9 });
    const first = await at.alerts.acknowledge(at.realm(), alert!.id, key);
    at.engine.advance(MINUTE);
    expect(await at.alerts.acknowledge(at.realm(), alert!.id, operator)).toEqual(first);
    expect(first.acknowledged).toEqual({ at: at.engine.clock.now() - MINUTE, by: 'key:key_1' });
    expect(await at.alerts.list(at.realm(), { open: true, limit: 9 })).toEqual([]);
    expect(await at.alerts.list(at.realm(), { open: false, limit: 9 })).toEqual([first]);
    expect((await at.actions()).filter((line) => line.startsWith('alert.acknowledge'))).toEqual([
      'alert.acknowledge key:key_1',
    ]);
  });

  test('an endpoint that was switched off fires a built-in rule', async () => {
    const off = async (endpoint: string) => {
      await at.engine.inTransaction((tx) =>
        at.engine.events.add(tx, {
          type: 'webhook.disabled',
          ...at.realm(),
          payload: { endpoint, reason: 'It accepted nothing for five days.' },
        }),
      );
      await at.relay();
    };
    await off('wh_1');
    const [rule] = await at.rules(at.realm());
    expect(rule).toMatchObject({
      metric: 'webhook-disabled',
      createdBy: 'appliance:alerts',
      channels: { webhook: true, desktop: true, email: [] },
    });
    const [alert] = await at.alerts.list(at.realm(), { open: true, limit: 9 });
    expect(alert).toMatchObject({ rule: rule!.id, metric: 'webhook-disabled', about: 'wh_1', value: 1 });
    expect(await at.alertEvents()).toEqual([
      {
        alert: alert!.id,
        rule: rule!.id,
        name: rule!.name,
        metric: 'webhook-disabled',
        value: 1,
        threshold: 1,
        windowMinutes: 60,
        about: 'wh_1',
        reason: 'It accepted nothing for five days.',
      },
    ]);
    expect(await at.actions()).toEqual(['alert-rule.add appliance:alerts', 'alert.fire appliance:alerts']);

    // Of another endpoint, to the rule's current recipients; once within its hold-off.
    await at.alerts.changeRule(at.realm(), rule!.id, { channels: { email: ['ops@example.com'] } }, operator);
    await off('wh_2');
    await off('wh_2');
    expect((await at.fired()).map(({ about }) => about)).toEqual(['wh_2', 'wh_1']);
    expect(at.queued.map(({ name }) => name)).toEqual(['mail.0']);

    // After the rule is removed there are no more alerts, and no new rule is made.
    await at.alerts.removeRule(at.realm(), rule!.id, operator);
    await off('wh_3');
    expect(await at.rules(at.realm())).toEqual([]);
    expect(await at.fired()).toHaveLength(2);
  });

  test('a rule that is changed, switched off or removed is so from the next event on', async () => {
    const rule = await at.alerts.addRule(
      at.realm(),
      { metric: 'failures-per-person', threshold: 1 },
      operator,
    );
    await at.alerts.changeRule(at.realm(), rule.id, { enabled: false }, operator);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toEqual([]);
    await at.alerts.changeRule(at.realm(), rule.id, { enabled: true, threshold: 3 }, operator);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toEqual([]);
    await at.refusals(1, { subject: ada });
    expect(await at.fired()).toMatchObject([{ value: 3 }]);
    await at.alerts.removeRule(at.realm(), rule.id, operator);
    await at.refusals(3, { subject: bea });
    expect([await at.fired(), await at.rules(at.realm())]).toMatchObject([[{ about: ada }], []]);
    await expect(at.alerts.removeRule(at.realm(), rule.id, operator)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await at.actions()).filter((line) => line.startsWith('alert-rule'))).toEqual([
      'alert-rule.add operator:ada',
      'alert-rule.change operator:ada',
      'alert-rule.change operator:ada',
      'alert-rule.remove operator:ada',
    ]);
  });

  test('a key or person the organization does not have in this world is refused', async () => {
    await expect(
      at.alerts.addRule(at.realm(), { metric: 'spoof-attempts', filter: { subject: unknown } }, operator),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST', extra: { details: [{ path: 'filter.subject' }] } });
    expect(await at.rules(at.realm())).toEqual([]);
  });

  test('the desktop is offered what is open, the oldest of the newest first, of all organizations', async () => {
    await at.alerts.addRule(
      at.realm('test'),
      { metric: 'failures-per-person', threshold: 1, channels: { webhook: false, desktop: true } },
      operator,
    );
    await at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
    await at.refuse({ subject: ada });
    await at.refuse({ subject: ada }, 'test');
    await at.refuse({ subject: bea }, 'test');
    await at.relay();
    const offered = await at.alerts.forDesktop(9);
    expect(offered.map(({ about, world }) => [about, world])).toEqual([
      [ada, 'test'],
      [bea, 'test'],
    ]);
    expect(await at.alerts.forDesktop(1)).toEqual([offered[1]]);
    await at.alerts.acknowledge(at.realm('test'), offered[0]!.id, operator);
    expect(await at.alerts.forDesktop(9)).toEqual([offered[1]]);
    expect((await at.alertEvents()).map(({ about }) => about)).toEqual([ada]);
  });

  test('events of a person whose erasure has begun fire no alert; those of other people do', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
    await at.refuse({ subject: ada });
    await at.refuse({ subject: bea });
    await at.engine.db
      .insertInto('erasure')
      .values({
        id: 'ers_1',
        ...at.realm(),
        subject: ada,
        state: 'intended',
        reason: 'request',
        actor: 'operator:ada',
        request: null,
        intended_at: 1,
        completed_at: null,
        receipt: null,
      })
      .execute();
    await at.relay();
    expect((await at.fired()).map(({ about }) => about)).toEqual([bea]);
    const events = await at.engine.db
      .selectFrom('outbox')
      .select('subject')
      .where('type', '=', 'alert.triggered')
      .execute();
    expect(events).toEqual([{ subject: bea }]);
  });

  test('an alert about a person whose key is lost names no person', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
    await at.refusals(1, { subject: keyless });
    expect(await at.fired()).toMatchObject([{ about: keyless }]);
    const [event] = await at.alertEvents();
    expect(event).toMatchObject({ metric: 'failures-per-person', value: 1 });
    expect(event).not.toHaveProperty('about');
  });

  test('an organization that is erased keeps no rule and no address', async () => {
    for (const world of ['live', 'test'] as const) {
      await at.alerts.addRule(
        at.realm(world),
        { metric: 'failures-per-person', threshold: 1, channels: { email: ['ops@example.com'] } },
        operator,
      );
    }
    await at.refusals(1, { subject: ada });
    for (let i = 0; i < 2; i++) await at.alerts.end(at.engine.organization, operator);
    expect([await at.rules(at.realm()), await at.rules(at.realm('test'))]).toEqual([[], []]);
    for (const table of ['alert', 'alert_rule', 'audit'] as const)
      expect(JSON.stringify(await at.engine.db.selectFrom(table).selectAll().execute())).not.toContain(
        'ops@',
      );
    expect((await at.fired()).length).toBe(1);
  });

  test('erasing a person removes them from their alerts, and ends rules about them alone', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
    await at.alerts.addRule(at.realm(), { metric: 'spoof-attempts', filter: { subject: ada } }, operator);
    await at.refuse({ subject: ada });
    await at.refuse({ subject: bea });
    await at.relay();
    await at.engine.inTransaction((tx) => forgetAlerts(tx, [ada], at.engine.clock.now()));
    expect((await at.fired()).map(({ about }) => about)).toEqual([bea, undefined]);
    expect((await at.rules(at.realm())).map(({ metric }) => metric)).toEqual(['failures-per-person']);
    for (const table of ['alert', 'alert_rule'] as const)
      expect(JSON.stringify(await at.engine.db.selectFrom(table).selectAll().execute())).not.toContain(ada);
  });

  describe('damaged JSON', () => {
    const damage = (table: 'alert' | 'alert_rule' | 'outbox', column: string, id: string) =>
      sql`update ${sql.table(table)} set ${sql.ref(column)} = ${'y'} || substr(${sql.ref(column)}, 2) where id = ${id}`.execute(
        at.engine.db,
      );
    const firedBy = async () => (await at.alerts.list(at.realm(), { limit: 9 })).map(({ rule }) => rule);
    const unreadable = async () =>
      (await at.engine.recordIntegrity.check()).filter(({ check }) => check === 'json').map(({ id }) => id);

    test('of a rule stops that rule alone; it is shown, and counts once it was changed', async () => {
      const rule = (threshold: number) =>
        at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold }, operator);
      const [one, two] = [await rule(1), await rule(2)];
      await damage('alert_rule', 'definition', one.id);
      await at.open();
      await at.refusals(2, { subject: ada });
      expect(await firedBy()).toEqual([two.id]);
      expect((await at.rules(at.realm())).find(({ id }) => id === one.id)).toMatchObject({
        threshold: 5,
        waitsFor: expect.stringContaining('alert rule change'),
      });
      expect(await unreadable()).toEqual([one.id]);
      await at.engine.recordIntegrity.maintain();
      expect(at.engine.recordIntegrity.found(at.engine.organization)).toMatchObject([
        { says: expect.stringContaining(`alert rule change ${one.id}`) },
      ]);
      const changed = await at.alerts.changeRule(at.realm(), one.id, { threshold: 3 }, operator);
      expect(changed.waitsFor).toBeUndefined();
      await at.refusals(1, { subject: bea });
      await at.refusals(2, { subject: bea });
      expect(await firedBy()).toContain(one.id);
      expect(await unreadable()).toEqual([]);
    });

    test('of an event that was relayed leaves the others counted', async () => {
      await at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold: 3 }, operator);
      await at.refusals(3, { subject: bea });
      await at.refusals(2, { subject: ada });
      const first = await at.engine.db
        .selectFrom('outbox')
        .select('id')
        .orderBy('seq')
        .executeTakeFirstOrThrow();
      await damage('outbox', 'payload', first.id);
      await at.open();
      await at.refusals(1, { subject: ada });
      expect((await at.fired())[0]).toMatchObject({ about: ada, value: 3 });
      expect(await unreadable()).toEqual([first.id]);
    });

    test('of a metric stops its rule alone; the alerts are listed and acknowledged', async () => {
      const rule = await at.alerts.addRule(
        at.realm(),
        { metric: 'failures-per-person', threshold: 1 },
        operator,
      );
      await at.refusals(1, { subject: ada });
      const [alert] = await at.alerts.list(at.realm(), { limit: 1 });
      await damage('alert', 'metric', alert!.id);
      await damage('alert_rule', 'metric', rule.id);
      await at.open();
      await at.refusals(1, { subject: bea });
      expect(await at.alerts.list(at.realm(), { limit: 9 })).toMatchObject([
        { id: alert!.id, metric: 'yailures-per-person' },
      ]);
      expect(await at.alerts.acknowledge(at.realm(), alert!.id, operator)).toMatchObject({ id: alert!.id });
      const words = (await at.engine.recordIntegrity.check()).filter(({ check }) => check === 'words');
      expect(words.map(({ table, id, says }) => [table, id, says])).toEqual([
        ['alert', alert!.id, expect.stringContaining('its metric is "yailures-per-person"')],
        ['alert_rule', rule.id, expect.stringContaining(`alert rule remove ${rule.id} --org`)],
      ]);
      await at.alerts.removeRule(at.realm(), rule.id, operator);
      expect(await at.rules(at.realm())).toEqual([]);
    });

    test('of an alert and of a rule about a person stops neither the list nor an erasure', async () => {
      await at.alerts.addRule(at.realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
      const rule = await at.alerts.addRule(
        at.realm(),
        { metric: 'spoof-attempts', filter: { subject: ada } },
        operator,
      );
      await at.refusals(1, { subject: ada });
      const [alert] = await at.alerts.list(at.realm(), { limit: 1 });
      await damage('alert', 'notified', alert!.id);
      await damage('alert_rule', 'definition', rule.id);
      expect(await at.alerts.list(at.realm(), { limit: 1 })).toEqual([{ ...alert, notified: {} }]);
      await at.engine.inTransaction((tx) => forgetAlerts(tx, [ada], at.engine.clock.now()));
      for (const table of ['alert', 'alert_rule'] as const)
        expect(JSON.stringify(await at.engine.db.selectFrom(table).selectAll().execute())).not.toContain(ada);
      expect((await at.rules(at.realm())).map(({ metric }) => metric)).toEqual(['failures-per-person']);
    });
  });

  test('pages of rules go on after the last rule of the page before, the newest first', async () => {
    const made: string[] = [];
    for (const metric of ['disk-free', 'spoof-attempts', 'queue-depth'] as const) {
      at.engine.advance(1);
      made.unshift((await at.alerts.addRule(at.realm(), { metric }, operator)).id);
    }
    const [newest = '', middle = '', oldest = ''] = made;
    const page = async (of: { before?: string; limit: number }) =>
      (await at.alerts.pageRules(at.realm(), of)).map(({ id }) => id);
    expect(await page({ limit: 2 })).toEqual([newest, middle]);
    expect(await page({ limit: 2, before: middle })).toEqual([oldest]);
    await at.alerts.removeRule(at.realm(), middle, operator);
    expect(await page({ limit: 2 })).toEqual([newest, oldest]);
    expect(await at.alerts.pageRules(at.realm('test'), { limit: 2 })).toEqual([]);
  });

  test('recommended rules are those that wait for nothing and are not there yet', async () => {
    const first = await at.alerts.recommended(at.realm());
    expect(first.map(({ metric }) => metric)).toEqual([
      ...['failures-per-person', 'failures-per-key', 'spoof-attempts', 'impossible-travel', 'unknown-device'],
      ...[
        'webhook-disabled',
        'protected-change',
        'queue-depth',
        'disk-free',
        'certificate-days',
        'pad-missing',
        'backup-trouble',
      ],
      'sweep-waiting',
      'rows-altered',
    ]);
    for (const rule of first) await at.alerts.addRule(at.realm(), rule, operator);
    expect(await at.alerts.recommended(at.realm())).toEqual([]);
    expect((await at.alerts.recommended(at.realm('test'))).map(({ metric }) => metric)).not.toContain(
      'pad-missing',
    );
  });
});
