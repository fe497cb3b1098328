import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { onBothDatabases } from '../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import type { KeyId, OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import type { OutgoingMail } from '../../outgoing/outgoing.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { EventPayloads, RecordedEvent } from '../events/index.ts';
import type { JobHandler, JobKind, NewJob, RunningJob } from '../jobs/index.ts';
import {
  type Alerts,
  type AlertsDeps,
  createAlerts,
  forgetAlerts,
  type GaugeReadings,
  type MailServer,
} from './index.ts';

const MINUTE = 60_000;
const ada = 'sub_00000000000000000000000ada' as SubjectId;
const bea = 'sub_00000000000000000000000bea' as SubjectId;
const server: MailServer = { host: 'mail.lan', port: 25, secure: false, from: 'box@example.com' };

let engine: Engine;
let alerts: Alerts;
let jobs: NewJob[];
let handlers: Map<JobKind, JobHandler<never>>;
let mails: OutgoingMail[];
let mailFails: Error | undefined;
let box: { diskFree: number; certificateDays: number; padMissing: boolean };

const readings = (): Required<GaugeReadings> => ({
  diskFree: async () => box.diskFree,
  certificateDays: () => box.certificateDays,
  padMissing: async () => box.padMissing,
});

/** As after a start: over the same database, with empty memory. */
async function open(over: Partial<AlertsDeps> = {}): Promise<Alerts> {
  handlers = new Map();
  const made = createAlerts({
    ...engine,
    jobs: {
      async add(_, added) {
        jobs.push(...added);
        return added.map(() => engine.ids.next('job'));
      },
      wake() {},
      handle: (kind, handler) => void handlers.set(kind, handler as JobHandler<never>),
      every() {},
    },
    destinations: {
      checkHost: async (_, { host, port, secure }) => ({ host, port, secure, addresses: ['10.0.0.9'] }),
    },
    outgoing: {
      async mail(message) {
        if (mailFails) throw mailFails;
        mails.push(message);
      },
    },
    mail: server,
    readings: readings(),
    log: silentLog,
    ...over,
  });
  await made.load();
  return made;
}

const realm = (world: World = 'live') => ({ organization: engine.organization, world });
const payload = (over: Partial<EventPayloads['verification.refused']> = {}) => ({
  verification: 'ver_1',
  kind: '1:1' as const,
  profile: 'prof_1',
  profileSlug: 'default',
  actor: 'key:key_1',
  notPassed: [],
  ...over,
});
const refuse = (over: Partial<EventPayloads['verification.refused']> = {}, world: World = 'live') =>
  engine.inTransaction((tx) =>
    engine.events.add(tx, { type: 'verification.refused', ...realm(world), payload: payload(over) }),
  );

/** What the relay does with what waits in the outbox; `after` may fail it. */
async function relay(after: (tx: Tx) => Promise<void> = async () => {}): Promise<void> {
  await engine.inTransaction(async (tx) => {
    const rows = await tx
      .selectFrom('outbox')
      .selectAll()
      .where('relayed_at', 'is', null)
      .orderBy('seq')
      .execute();
    const events = rows.map(
      ({ id, type, organization, world, created_at, payload }) =>
        ({ id, type, organization, world, at: created_at, payload: JSON.parse(payload) }) as RecordedEvent,
    );
    await alerts.watch(tx, events);
    await after(tx);
    await tx
      .updateTable('outbox')
      .set({ relayed_at: engine.clock.now() })
      .where('relayed_at', 'is', null)
      .execute();
  });
}
async function refusals(
  count: number,
  over: Partial<EventPayloads['verification.refused']> = {},
): Promise<void> {
  for (let i = 0; i < count; i++) await refuse(over);
  await relay();
}
const fired = async (world: World = 'live') =>
  (await alerts.list(realm(world), { limit: 100 })).map(({ metric, about, value }) => ({
    metric,
    about,
    value,
  }));
const actions = async () =>
  (
    await engine.db
      .selectFrom('audit')
      .select(['action', 'actor', 'details'])
      .where('action', 'like', 'alert%')
      .orderBy('seq')
      .execute()
  ).map(({ action, actor }) => `${action} ${actor}`);
const told = async () =>
  (
    await engine.db
      .selectFrom('outbox')
      .select(['payload'])
      .where('type', '=', 'alert.triggered')
      .orderBy('seq')
      .execute()
  ).map(({ payload }) => JSON.parse(payload));

onBothDatabases('alerts', (newPlace) => {
  beforeEach(async () => {
    engine = await startEngine({ place: await newPlace() });
    [jobs, mails, mailFails] = [[], [], undefined];
    box = { diskFree: 10_000, certificateDays: 90, padMissing: false };
    alerts = await open();
  });
  afterEach(() => engine.stop());

  test('five refusals of one person are one alert, one line, one event and a mail for each address', async () => {
    const rule = await alerts.addRule(
      realm(),
      {
        metric: 'failures-per-person',
        channels: { desktop: true, email: ['ops@example.com', 'it@example.com'] },
      },
      operator,
    );
    await refusals(4, { subject: ada });
    await refusals(4, { subject: bea });
    expect(await fired()).toEqual([]);
    await refusals(1, { subject: ada });
    const [alert] = await alerts.list(realm(), { limit: 9 });
    expect(alert).toEqual({
      id: alert!.id,
      ...realm(),
      rule: rule.id,
      name: 'One person refused again and again',
      metric: 'failures-per-person',
      about: ada,
      value: 5,
      threshold: 5,
      firedAt: engine.clock.now(),
      acknowledged: undefined,
      notified: {
        webhook: 'written as the event alert.triggered',
        desktop: 'offered',
        'email ops@example.com': 'waiting',
        'email it@example.com': 'waiting',
      },
    });
    expect(await told()).toEqual([
      {
        ...{ alert: alert!.id, rule: rule.id, name: rule.name, metric: rule.metric },
        ...{ value: 5, threshold: 5, windowMinutes: 15, about: ada },
      },
    ]);
    expect(jobs.map(({ kind, payload, key: once }) => ({ kind, payload, once }))).toEqual([
      { kind: 'mail', payload: { alert: alert!.id, to: 0 }, once: `${alert!.id}/0` },
      { kind: 'mail', payload: { alert: alert!.id, to: 1 }, once: `${alert!.id}/1` },
    ]);
    expect(await actions()).toEqual(['alert-rule.add operator:ada', 'alert.fire operator:gatehouse']);
    expect(JSON.stringify(jobs)).not.toContain('@');
  });

  test('the rule holds off about the same person alone, and tells again afterwards', async () => {
    await alerts.addRule(
      realm(),
      { metric: 'failures-per-person', threshold: 2, holdOffMinutes: 10 },
      operator,
    );
    await refusals(6, { subject: ada });
    await refusals(2, { subject: bea });
    expect((await fired()).map(({ about }) => about)).toEqual([bea, ada]);
    engine.advance(9 * MINUTE);
    await refusals(1, { subject: ada });
    expect(await fired()).toHaveLength(2);
    engine.advance(1 * MINUTE);
    await refusals(1, { subject: ada });
    expect(await fired()).toMatchObject([{ about: ada, value: 8 }, {}, {}]);
  });

  test('a clock set back by years does not silence a rule', async () => {
    await alerts.addRule(realm(), { metric: 'failures-per-person', threshold: 2 }, operator);
    await refusals(2, { subject: ada });
    engine.advance(-3 * 365 * 24 * 60 * MINUTE);
    await refusals(1, { subject: ada });
    expect(await fired()).toHaveLength(2);
    await refusals(1, { subject: ada });
    expect(await fired()).toHaveLength(2);
  });

  test('what is older than the window does not count', async () => {
    await alerts.addRule(
      realm(),
      { metric: 'failures-per-person', threshold: 2, windowMinutes: 15 },
      operator,
    );
    await refusals(1, { subject: ada });
    engine.advance(15 * MINUTE + 15_000);
    await refusals(1, { subject: ada });
    expect(await fired()).toEqual([]);
    engine.advance(14 * MINUTE);
    await refusals(1, { subject: ada });
    expect(await fired()).toHaveLength(1);
  });

  test('a transaction that did not commit counts nothing, however often it is run again', async () => {
    await alerts.addRule(realm(), { metric: 'failures-per-person', threshold: 3 }, operator);
    for (let i = 0; i < 2; i++) await refuse({ subject: ada });
    const broken = () => Promise.reject(new Error('cut short'));
    for (let i = 0; i < 3; i++) await expect(relay(broken)).rejects.toThrow('cut short');
    await relay();
    expect(await fired()).toEqual([]);
    await refuse({ subject: ada });
    await expect(relay(broken)).rejects.toThrow('cut short');
    expect(await fired()).toEqual([]);
    await relay();
    expect(await fired()).toMatchObject([{ value: 3 }]);
    expect(await told()).toHaveLength(1);
  });

  test('a start counts again what was relayed in the window, and not what waits to be', async () => {
    await alerts.addRule(
      realm(),
      { metric: 'failures-per-person', threshold: 3, windowMinutes: 60 },
      operator,
    );
    await refusals(1, { subject: ada });
    engine.advance(61 * MINUTE);
    await refusals(1, { subject: ada });
    await refuse({ subject: ada });
    alerts = await open();
    await relay();
    expect(await fired()).toEqual([]);
    alerts = await open();
    await refusals(1, { subject: ada });
    expect(await fired()).toMatchObject([{ value: 3 }]);
  });

  test('a new rule looks back over its window at once; what was relayed while it was read counts too', async () => {
    await refusals(3, { subject: ada });
    const reading = alerts.addRule(realm(), { metric: 'failures-per-person' }, operator);
    await refuse({ subject: ada });
    await reading;
    await relay();
    expect(await fired()).toEqual([]);
    await refusals(1, { subject: ada });
    expect(await fired()).toMatchObject([{ value: 5 }]);
  });

  test('each metric counts its own events, and filters narrow them', async () => {
    const made = await engine.organizations.get(engine.organization);
    const keyId = 'key_00000000000000000000000001' as KeyId;
    await engine.db
      .insertInto('api_key')
      .values({
        ...{ id: keyId, organization: made.id, name: 'till', prefix: 'gh', world: 'live', secret_hash: 'x' },
        ...{ hint: 'abcd', scopes: '[]', origins: '[]', browser: 0, lineage: keyId, created_at: 1 },
      })
      .execute();
    for (const metric of [
      'failures-per-key',
      'spoof-attempts',
      'impossible-travel',
      'unknown-device',
    ] as const) {
      await alerts.addRule(realm(), { metric, threshold: 2 }, operator);
    }
    await alerts.addRule(
      realm(),
      { metric: 'spoof-attempts', name: 'strict', threshold: 1, filter: { profile: 'strict', key: keyId } },
      operator,
    );
    await refusals(2, { actor: 'operator:ada' });
    await refusals(2, { actor: `key:${keyId}` });
    await refusals(2, { actor: 'operator:ada', notPassed: ['liveness'] });
    await refusals(2, { actor: 'operator:ada', notPassed: ['impossibleTravel'], subject: ada });
    await refusals(1, { actor: 'operator:ada', notPassed: ['deviceConsistency'], subject: ada });
    await refusals(1, { actor: 'operator:ada', notPassed: ['deviceConsistency'], subject: bea });
    expect(await fired()).toEqual([
      { metric: 'impossible-travel', about: ada, value: 2 },
      { metric: 'spoof-attempts', about: undefined, value: 2 },
      { metric: 'failures-per-key', about: keyId, value: 2 },
    ]);
    await refusals(1, { actor: `key:${keyId}`, notPassed: ['liveness'], profileSlug: 'strict' });
    expect(await fired()).toMatchObject([{ metric: 'spoof-attempts', value: 1 }, {}, {}, {}]);
  });

  test('a check that fails counts also where the whole verification passed', async () => {
    await alerts.addRule(realm(), { metric: 'unknown-device', threshold: 1 }, operator);
    await engine.inTransaction((tx) =>
      engine.events.add(tx, {
        type: 'verification.verified',
        ...realm(),
        payload: payload({ subject: ada, notPassed: ['deviceConsistency'] }),
      }),
    );
    await relay();
    expect(await fired()).toEqual([{ metric: 'unknown-device', about: ada, value: 1 }]);
  });

  test('bots fire by their share, once enough was judged', async () => {
    const rule = await alerts.addRule(realm(), { metric: 'bot-rate' }, operator);
    expect(rule.waitsFor).toContain('Nothing judges behavior yet');
    const judge = async (human: boolean, count: number) => {
      for (let i = 0; i < count; i++) {
        await engine.inTransaction((tx) =>
          engine.events.add(tx, {
            type: 'behavior.judged',
            ...realm(),
            payload: { human, confidence: 1, token: 'tok' },
          }),
        );
      }
      await relay();
    };
    await judge(false, 19);
    expect(await fired()).toEqual([]);
    await judge(true, 20);
    await judge(false, 1);
    expect(await fired()).toEqual([{ metric: 'bot-rate', about: undefined, value: 0.5 }]);
  });

  test('the worlds are apart, and so are organizations', async () => {
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id as OrganizationId;
    const rule = await alerts.addRule(
      realm('test'),
      { metric: 'failures-per-person', threshold: 1 },
      operator,
    );
    await refusals(3, { subject: ada });
    expect(await fired('test')).toEqual([]);
    await refuse({ subject: ada }, 'test');
    await relay();
    expect([await fired(), await fired('test')]).toMatchObject([[], [{ about: ada }]]);
    const [alert] = await alerts.list(realm('test'), { limit: 1 });
    for (const elsewhere of [realm('live'), { organization: other, world: 'test' as const }]) {
      await expect(alerts.acknowledge(elsewhere, alert!.id, key)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(alerts.removeRule(elsewhere, rule.id, key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(alerts.changeRule(elsewhere, rule.id, { enabled: false }, key)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      expect(await alerts.listRules(elsewhere)).toEqual([]);
    }
  });

  test('an alert counts for no rule, not even one about everything', async () => {
    for (const metric of ['failures-per-person', 'spoof-attempts', 'failures-per-key'] as const)
      await alerts.addRule(realm(), { metric, threshold: 1, holdOffMinutes: 1 }, operator);
    await refusals(1, { subject: ada, notPassed: ['liveness'] });
    expect(await fired()).toHaveLength(3);
    engine.advance(2 * MINUTE);
    await relay();
    await relay();
    expect(await fired()).toHaveLength(3);
  });

  test('acknowledging is told once, by whoever was first', async () => {
    await alerts.addRule(realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
    await refusals(1, { subject: ada });
    const [alert] = await alerts.list(realm(), { open: true, limit: 9 });
    const first = await alerts.acknowledge(realm(), alert!.id, key);
    engine.advance(MINUTE);
    expect(await alerts.acknowledge(realm(), alert!.id, operator)).toEqual(first);
    expect(first.acknowledged).toEqual({ at: engine.clock.now() - MINUTE, by: 'key:key_1' });
    expect(await alerts.list(realm(), { open: true, limit: 9 })).toEqual([]);
    expect(await alerts.list(realm(), { open: false, limit: 9 })).toEqual([first]);
    expect((await actions()).filter((line) => line.startsWith('alert.acknowledge'))).toEqual([
      'alert.acknowledge key:key_1',
    ]);
  });

  test('a rule that is changed, switched off or removed is so from the next event on', async () => {
    const rule = await alerts.addRule(realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
    await alerts.changeRule(realm(), rule.id, { enabled: false }, operator);
    await refusals(1, { subject: ada });
    expect(await fired()).toEqual([]);
    await alerts.changeRule(realm(), rule.id, { enabled: true, threshold: 3 }, operator);
    await refusals(1, { subject: ada });
    expect(await fired()).toEqual([]);
    await refusals(1, { subject: ada });
    expect(await fired()).toMatchObject([{ value: 3 }]);
    await alerts.removeRule(realm(), rule.id, operator);
    await refusals(3, { subject: bea });
    expect([await fired(), await alerts.listRules(realm())]).toMatchObject([[{ about: ada }], []]);
    await expect(alerts.removeRule(realm(), rule.id, operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await actions()).filter((line) => line.startsWith('alert-rule'))).toEqual([
      'alert-rule.add operator:ada',
      'alert-rule.change operator:ada',
      'alert-rule.change operator:ada',
      'alert-rule.remove operator:ada',
    ]);
  });

  test('a key or person the organization does not have in this world is refused', async () => {
    await expect(
      alerts.addRule(realm(), { metric: 'spoof-attempts', filter: { subject: ada } }, operator),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST', extra: { details: [{ path: 'filter.subject' }] } });
    expect(await alerts.listRules(realm())).toEqual([]);
  });

  describe('gauges', () => {
    test('fire when they have held for the window, hold off, and begin anew once they were well', async () => {
      const rule = await alerts.addRule(
        realm(),
        { metric: 'disk-free', threshold: 1024, windowMinutes: 3, holdOffMinutes: 5 },
        operator,
      );
      const looks = async (count: number) => {
        for (let i = 0; i < count; i++) {
          await alerts.look();
          engine.advance(MINUTE);
        }
      };
      box.diskFree = 1000.9;
      await looks(2);
      box.diskFree = 1025;
      await looks(1);
      box.diskFree = 900;
      await looks(2);
      expect(await fired()).toEqual([]);
      await looks(1);
      expect(await fired()).toEqual([{ metric: 'disk-free', about: undefined, value: 900 }]);
      await looks(4);
      expect(await fired()).toHaveLength(1);
      await looks(1);
      expect(await fired()).toHaveLength(2);
      expect((await told()).map((one) => one.rule)).toEqual([rule.id, rule.id]);
    });

    test('a certificate that is not there is waited for, and never fires', async () => {
      const { diskFree, padMissing } = readings();
      alerts = await open({ readings: { diskFree, padMissing } });
      const rule = await alerts.addRule(realm(), { metric: 'certificate-days' }, operator);
      expect(rule.waitsFor).toBe('This box has no TLS certificate (--tls-cert, --tls-key).');
      await alerts.look();
      expect(await fired()).toEqual([]);
      alerts = await open();
      box.certificateDays = 22;
      await alerts.look();
      expect(await fired()).toEqual([]);
      box.certificateDays = 21;
      await alerts.look();
      expect(await fired()).toMatchObject([{ value: 21 }]);
      expect((await alerts.listRules(realm()))[0]!.waitsFor).toBeUndefined();
    });

    test('missing presentation attack detection is a matter of the live world', async () => {
      await alerts.addRule(realm(), { metric: 'pad-missing' }, operator);
      await expect(alerts.addRule(realm('test'), { metric: 'pad-missing' }, operator)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
      await alerts.look();
      box.padMissing = true;
      await alerts.look();
      expect(await fired()).toMatchObject([{ value: 1 }]);
    });

    test('deliveries that wait are counted in their own world', async () => {
      for (const world of ['live', 'test'] as const)
        await alerts.addRule(
          realm(world),
          { metric: 'queue-depth', threshold: 2, windowMinutes: 1 },
          operator,
        );
      const endpoint = 'wh_1';
      await engine.db
        .insertInto('webhook_endpoint')
        .values({
          ...{ id: endpoint, ...realm(), kind: 'endpoint', family: 'identity', url: 'https://x.example' },
          ...{ description: '', events: '[]', signature: 'standard', secret_sealed: new Uint8Array([1]) },
          ...{ state: 'enabled', state_at: 1, created_at: 1, created_by: 'operator:ada' },
        })
        .execute();
      for (const [i, state] of ['waiting', 'delivered', 'waiting'].entries()) {
        await engine.db
          .insertInto('webhook_delivery')
          .values({
            ...{
              id: `dlv_${i}`,
              ...realm(),
              endpoint,
              event_name: 'identity.user.enrolled',
              origin: 'event',
            },
            ...{ state, attempts: 0, created_at: 1 },
          })
          .execute();
      }
      await alerts.look();
      expect([await fired(), await fired('test')]).toMatchObject([[{ value: 2 }], []]);
    });

    test('one that cannot be read neither fires nor stands in the way of the others', async () => {
      await alerts.addRule(realm(), { metric: 'disk-free', windowMinutes: 1 }, operator);
      await alerts.addRule(realm(), { metric: 'pad-missing' }, operator);
      alerts = await open({
        readings: {
          diskFree: () => Promise.reject(new Error('no disk')),
          padMissing: async () => true,
        },
      });
      await alerts.look();
      expect(await fired()).toMatchObject([{ metric: 'pad-missing' }]);
    });
  });

  describe('mail', () => {
    const job = (to = 0): RunningJob => ({
      ...{
        id: engine.ids.next('job'),
        kind: 'mail',
        payload: jobs[to]!.payload,
        lane: undefined,
        attempts: 0,
      },
      organization: engine.organization,
      signal: new AbortController().signal,
    });
    async function run(nextAt?: number) {
      const handler = handlers.get('mail')!;
      const { outcome, result } = await handler.run(job());
      await engine.inTransaction((tx) =>
        handler.record!(tx, [{ job: job(), outcome, result: result as never, nextAt }]),
      );
      return (await alerts.list(realm(), { limit: 1 }))[0]!.notified['email ops@example.com'];
    }
    beforeEach(async () => {
      await alerts.addRule(
        realm(),
        { metric: 'failures-per-person', threshold: 1, channels: { email: ['ops@example.com'] } },
        operator,
      );
      await refusals(1, { subject: ada });
    });

    test('names ids alone, and what became of it stands in the alert', async () => {
      expect(await run()).toBe('sent');
      const [alert] = await alerts.list(realm(), { limit: 1 });
      expect(mails).toMatchObject([
        {
          ...server,
          address: '10.0.0.9',
          to: ['ops@example.com'],
          subject: `Gatehouse alert: ${alert!.name}`,
        },
      ]);
      const { text } = mails[0]!;
      for (const id of [ada, alert!.id, engine.organization]) expect(text).toContain(id);
      expect(text).toContain(`gatehouse alert ack ${alert!.id} --org ${engine.organization}`);
    });

    test('what fails is tried again, and given up with its reason', async () => {
      mailFails = new Error('mail.lan answered 451 later');
      expect(await run(Date.UTC(2026, 10, 20, 13))).toBe(
        'failed, again at 2026-11-20T13:00:00.000Z: mail.lan answered 451 later',
      );
      expect(await run()).toBe('given up: mail.lan answered 451 later');
      expect(handlers.get('mail')!.pauses).toEqual([MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE]);
    });

    test('a second address of the server is dialled only where nobody was at the first', async () => {
      const dialled: string[] = [];
      let failure = 'refused';
      alerts = await open({
        destinations: {
          checkHost: async (_, place) => ({ ...place, addresses: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] }),
        },
        outgoing: {
          async mail({ address }) {
            dialled.push(address);
            throw Object.assign(new Error(failure), { failure });
          },
        },
      });
      await run();
      failure = 'timeout';
      await run();
      expect(dialled).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.1']);
    });

    test('without a mail server no rule mails, and the settings are named', async () => {
      alerts = await open({ mail: undefined });
      const refused = { code: 'INVALID_REQUEST', message: expect.stringContaining('smtpUrl and smtpFrom') };
      await expect(
        alerts.addRule(realm(), { metric: 'spoof-attempts', channels: { email: ['a@x.ch'] } }, operator),
      ).rejects.toMatchObject(refused);
      await expect(alerts.testMail(engine.organization, 'a@x.ch', operator)).rejects.toMatchObject(refused);
      expect(await run()).toContain('given up: No mail server is set');
    });

    test('a test mail is a line of the log, and its outcome is told', async () => {
      expect(await alerts.testMail(engine.organization, ' it@example.com', operator)).toEqual({ sent: true });
      mailFails = new Error('mail.lan does not take it');
      expect(await alerts.testMail(engine.organization, 'it@example.com', operator)).toEqual({
        sent: false,
        reason: 'mail.lan does not take it',
      });
      expect(mails.map(({ to }) => to)).toEqual([['it@example.com']]);
      expect((await actions()).filter((line) => line.startsWith('alert.test-mail'))).toHaveLength(2);
    });
  });

  test('the desktop is offered what is open, then what is newer, of all organizations', async () => {
    await alerts.addRule(
      realm('test'),
      { metric: 'failures-per-person', threshold: 1, channels: { webhook: false, desktop: true } },
      operator,
    );
    await alerts.addRule(realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
    await refuse({ subject: ada });
    await refuse({ subject: ada }, 'test');
    await refuse({ subject: bea }, 'test');
    await relay();
    const offered = await alerts.forDesktop(undefined, 9);
    expect(offered.map(({ about, world }) => [about, world])).toEqual([
      [ada, 'test'],
      [bea, 'test'],
    ]);
    expect(await alerts.forDesktop(offered[0]!.id, 9)).toEqual([offered[1]]);
    await alerts.acknowledge(realm('test'), offered[0]!.id, operator);
    expect(await alerts.forDesktop(undefined, 9)).toEqual([offered[1]]);
    expect((await told()).map(({ about }) => about)).toEqual([ada]);
  });

  test('erasing a person leaves their alerts about nobody, and ends rules about them alone', async () => {
    await alerts.addRule(realm(), { metric: 'failures-per-person', threshold: 1 }, operator);
    const mine = await alerts.addRule(realm(), { metric: 'spoof-attempts' }, operator);
    await engine.db
      .updateTable('alert_rule')
      .set(({ fn, val }) => ({
        definition: fn('replace', ['definition', val('"filter":{}'), val(`"filter":{"subject":"${ada}"}`)]),
      }))
      .where('id', '=', mine.id)
      .execute();
    await refuse({ subject: ada });
    await refuse({ subject: bea });
    await relay();
    await engine.inTransaction((tx) => forgetAlerts(tx, [ada], engine.clock.now()));
    expect((await fired()).map(({ about }) => about)).toEqual([bea, undefined]);
    expect((await alerts.listRules(realm())).map(({ metric }) => metric)).toEqual(['failures-per-person']);
    for (const table of ['alert', 'alert_rule'] as const)
      expect(JSON.stringify(await engine.db.selectFrom(table).selectAll().execute())).not.toContain(ada);
  });

  test('recommended rules are those that wait for nothing and are not there yet', async () => {
    const first = await alerts.recommended(realm());
    expect(first.map(({ metric }) => metric)).toEqual([
      ...['failures-per-person', 'failures-per-key', 'spoof-attempts', 'impossible-travel', 'unknown-device'],
      ...['queue-depth', 'disk-free', 'certificate-days', 'pad-missing'],
    ]);
    for (const rule of first) await alerts.addRule(realm(), rule, operator);
    expect(await alerts.recommended(realm())).toEqual([]);
    expect((await alerts.recommended(realm('test'))).map(({ metric }) => metric)).not.toContain(
      'pad-missing',
    );
  });
});
