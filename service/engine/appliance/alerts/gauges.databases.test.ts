import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Alerting, MINUTE, startAlerting } from '../../../../test/support/alerting.ts';
import { operator } from '../../../../test/support/engine.ts';

let at: Alerting;

onSqlite('gauges of alert rules', (newLocation) => {
  beforeEach(async () => {
    at = await startAlerting(await newLocation());
  });
  afterEach(() => at.engine.stop());

  test('fire when they have held for the window, hold off, and begin anew once they were well', async () => {
    const rule = await at.alerts.addRule(
      at.realm(),
      { metric: 'disk-free', threshold: 1024, windowMinutes: 3, holdOffMinutes: 5 },
      operator,
    );
    const polls = async (count: number) => {
      for (let i = 0; i < count; i++) {
        await at.alerts.checkGauges();
        at.engine.advance(MINUTE);
      }
    };
    at.box.diskFree = 1000.9;
    await polls(2);
    at.box.diskFree = 1025;
    await polls(1);
    at.box.diskFree = 900;
    await polls(2);
    expect(await at.fired()).toEqual([]);
    await polls(1);
    expect(await at.fired()).toEqual([{ metric: 'disk-free', about: undefined, value: 900 }]);
    await polls(4);
    expect(await at.fired()).toHaveLength(1);
    await polls(1);
    expect(await at.fired()).toHaveLength(2);
    expect((await at.alertEvents()).map((one) => one.rule)).toEqual([rule.id, rule.id]);
  });

  test('a certificate that is not there is waited for, and never fires', async () => {
    const { certificateDays: _, ...others } = at.readings();
    await at.open({ readings: others });
    const rule = await at.alerts.addRule(at.realm(), { metric: 'certificate-days' }, operator);
    expect(rule.waitsFor).toBe('This box has no TLS certificate (--tls-cert, --tls-key).');
    await at.alerts.checkGauges();
    expect(await at.fired()).toEqual([]);
    await at.open();
    at.box.certificateDays = 22;
    await at.alerts.checkGauges();
    expect(await at.fired()).toEqual([]);
    at.box.certificateDays = 21;
    await at.alerts.checkGauges();
    expect(await at.fired()).toMatchObject([{ value: 21 }]);
    expect((await at.rules(at.realm()))[0]!.waitsFor).toBeUndefined();
  });

  test('of several nodes the worst machine counts, and is named', async () => {
    at.box.diskFree = 900;
    const others = [
      { node: 'node_b', diskFree: 80.5, certificateDays: 90 },
      { node: 'node_c', diskFree: 700 },
    ];
    const { certificateDays: _, ...readings } = at.readings();
    await at.open({ readings: { ...readings, otherNodes: async () => others } });
    await at.alerts.addRule(at.realm(), { metric: 'disk-free', threshold: 1024, windowMinutes: 1 }, operator);
    await at.alerts.checkGauges();
    expect(await at.fired()).toMatchObject([{ metric: 'disk-free', value: 80 }]);
    expect((await at.alertEvents()).map(({ reason }) => reason)).toEqual(['It is that of node_b.']);
  });

  test('missing presentation attack detection is a matter of the live world', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'pad-missing' }, operator);
    await expect(
      at.alerts.addRule(at.realm('test'), { metric: 'pad-missing' }, operator),
    ).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    await at.alerts.checkGauges();
    at.box.padMissing = true;
    await at.alerts.checkGauges();
    expect(await at.fired()).toMatchObject([{ value: 1 }]);
  });

  test('an unrestorable backup and a waiting sweep fire once without a rule, and a removed rule stays removed', async () => {
    await at.alerts.checkGauges();
    expect(await at.rules(at.realm())).toEqual([]);
    at.box.backupTroubles = ['The backup /b/1 was written, but would not restore.'];
    at.box.sweepWaiting = 'It would erase 9 people at once.';
    await at.alerts.checkGauges();
    await at.alerts.checkGauges();
    expect((await at.fired()).map(({ metric, value }) => [metric, value]).toSorted()).toEqual([
      ['backup-trouble', 1],
      ['sweep-waiting', 1],
    ]);
    const reasons = (await at.alertEvents()).map(({ reason }) => reason).toSorted();
    expect(reasons).toEqual([expect.stringContaining('backup list'), 'It would erase 9 people at once.']);
    const rules = await at.rules(at.realm());
    expect(rules.map(({ metric, channels }) => [metric, channels.desktop]).toSorted()).toEqual([
      ['backup-trouble', true],
      ['sweep-waiting', true],
    ]);
    expect(await at.fired('test')).toEqual([]);
    for (const { id } of rules) await at.alerts.removeRule(at.realm(), id, operator);
    await at.alerts.checkGauges();
    expect(await at.rules(at.realm())).toEqual([]);
  });

  test('deliveries that wait are counted in their own world', async () => {
    for (const world of ['live', 'test'] as const)
      await at.alerts.addRule(
        at.realm(world),
        { metric: 'queue-depth', threshold: 2, windowMinutes: 1 },
        operator,
      );
    const endpoint = 'wh_1';
    await at.engine.db
      .insertInto('webhook_endpoint')
      .values({
        id: endpoint,
        ...at.realm(),
        kind: 'endpoint',
        family: 'identity',
        url: 'https://x.example',
        description: '',
        events: '[]',
        signature: 'standard',
        secret_sealed: new Uint8Array([1]),
        state: 'enabled',
        state_at: 1,
        created_at: 1,
        created_by: 'operator:ada',
      })
      .execute();
    for (const [i, state] of ['waiting', 'delivered', 'waiting'].entries()) {
      await at.engine.db
        .insertInto('delivery')
        .values({
          id: `dlv_${i}`,
          seq: i + 1,
          kind: 'webhook',
          tries: 0,
          ...at.realm(),
          endpoint,
          event_name: 'identity.user.enrolled',
          origin: 'event',
          state,
          attempts: 0,
          created_at: 1,
        })
        .execute();
    }
    await at.alerts.checkGauges();
    expect([await at.fired(), await at.fired('test')]).toMatchObject([[{ value: 2 }], []]);
  });

  test('a gauge that cannot be read does not fire, and does not block the others', async () => {
    await at.alerts.addRule(at.realm(), { metric: 'disk-free', windowMinutes: 1 }, operator);
    await at.alerts.addRule(at.realm(), { metric: 'pad-missing' }, operator);
    await at.open({
      readings: {
        ...at.readings(),
        diskFree: () => Promise.reject(new Error('no disk')),
        padMissing: async () => true,
      },
    });
    await at.alerts.checkGauges();
    expect(await at.fired()).toMatchObject([{ metric: 'pad-missing' }]);
  });
});
