import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { direction } from '../../../../test/support/faces.ts';
import { flipBit } from '../../../../test/support/flip-bit.ts';
import { firstIdAt, type SubjectId, type World } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { silentLog } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import { createHolds, type Holds, purposes } from '../../consent/index.ts';
import { createRetention, type Retention, type RetentionDeps } from './retention.ts';

const DAY = 86_400_000;
let engine: Engine;
let retention: Retention;
let holds: Holds;
let warned: string[];
let pruned: number[];

const realm = (world: World = 'live') => ({ organization: engine.organization, world });
const order = { actor: operator, request: 'req_1' };
const enroll = async (email: string, consent?: { expiresAt?: number }, world: World = 'live') =>
  (
    await engine.subjects.enroll(
      realm(world),
      {
        email,
        embeddings: { 'a-net': direction(email) },
        quality: 0.9,
        ...(consent && {
          consent: {
            textVersion: 'v1',
            purposes: ['verification'],
            method: 'form',
            legalBasis: 'consent',
            ...consent,
          },
        }),
      },
      operator,
    )
  ).subject.id;
const people = async () =>
  (await engine.db.selectFrom('subject').select('id').orderBy('id').execute()).map(({ id }) => id);
const verification = (id: string, subject: SubjectId | null, createdAt: number) => ({
  id,
  ...realm(),
  subject,
  kind: '1:1',
  profile: 'p',
  profile_version: 1,
  verified: 1,
  reason: null,
  confidence: 0.9,
  composite: 0.9,
  assurance: 'match-only',
  checks: '[]',
  models: '{}',
  timing: '{}',
  actor: 'key:key_1',
  created_at: createdAt,
  place_sealed: null,
  device_sealed: null,
  probe_sealed: null,
});

async function open(dialect: 'sqlite' | 'postgres', over: Partial<RetentionDeps> = {}): Promise<Retention> {
  const erasure = await openErasure(engine, { dialect });
  const warn: Log['warn'] = (...words: unknown[]) => void warned.push(String(words.at(-1)));
  return createRetention({
    ...engine,
    notes: engine.keys,
    erase: (where, subject, how) => erasure.erase(where, subject, how),
    async pruneAudit({ before }) {
      pruned.push(before);
      return { lines: 3 };
    },
    log: { ...silentLog, warn },
    ...over,
  });
}

mostlyOnSqlite('retention', (newLocation, dialect, { test }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    warned = [];
    pruned = [];
    holds = createHolds(engine);
    retention = await open(dialect);
  });
  afterEach(() => engine.stop());

  test('what an administrator withdraws stops use at once and erases after seven days, what the operator withdraws at the next sweep', async () => {
    const staff: Actor = { is: 'administrator', administrator: 'adm_1' };
    const [one, two] = [await enroll('one@example.com', {}), await enroll('two@example.com', {})];
    await enroll('three@example.com', {});
    const of = (subject: SubjectId) => ({ ...realm(), subject });
    const state = await engine.consents.withdraw(of(one), [...purposes], staff);
    expect(state).toMatchObject({ withheld: purposes, erasedFrom: engine.clock.now() + 1 + 7 * DAY });
    expect(await engine.consents.withdraw(of(two), [...purposes], operator)).not.toHaveProperty('erasedFrom');
    const due = async () => (await retention.preview(engine.organization)).due['consent-withdrawn'];
    expect(await due()).toBe(1);
    engine.advance(7 * DAY);
    expect(await due()).toBe(1);
    engine.advance(1);
    expect(await due()).toBe(2);
  });

  test('a person whose address is damaged is erased as others are', async () => {
    const [one, two] = [await enroll('one@example.com', {}), await enroll('two@example.com', {})];
    for (const subject of [one, two])
      await engine.consents.withdraw({ ...realm(), subject }, [...purposes], operator);
    await flipBit(engine.db, 'subject', 'email_sealed', one);
    const { report } = await retention.sweep(engine.organization, { ...order, confirm: 2 });
    expect(report).toMatchObject({ erased: 2 });
    expect(report).not.toHaveProperty('failed');
    expect(await people()).toEqual([]);
  });

  test('one who cannot be erased holds up neither the others nor old rows', async () => {
    const [one, two] = [await enroll('one@example.com', {}), await enroll('two@example.com', {})];
    for (const subject of [one, two])
      await engine.consents.withdraw({ ...realm(), subject }, [...purposes], operator);
    const erasure = await openErasure(engine, { dialect });
    retention = await open(dialect, {
      async erase(where, subject, how) {
        if (subject === one) throw new Error('a row is damaged');
        return erasure.erase(where, subject, how);
      },
    });
    const { report, finishedAt } = await retention.sweep(engine.organization, { ...order, confirm: 2 });
    expect(report).toMatchObject({ erased: 1, auditLines: 3, failed: expect.stringContaining('1 of 2') });
    expect(finishedAt).toBeDefined();
    expect(await people()).toEqual([one]);
  });

  test('a sweep erases the people whose term is over, and no others', async () => {
    const start = engine.clock.now();
    await enroll('unused@example.com');
    const used = await enroll('used@example.com');
    const held = await enroll('held@example.com');
    await enroll('trial@example.com', undefined, 'test');
    await holds.place({ ...realm(), subject: held }, 'lawsuit 7', operator);
    engine.advance(500 * DAY);
    await engine.inTransaction((tx) => engine.subjects.used(tx, used, engine.clock.now()));
    const consented = await enroll('consented@example.com', {});
    await enroll('ended@example.com', { expiresAt: engine.clock.now() + DAY });
    const withdrew = await enroll('withdrew@example.com', {});
    await engine.consents.withdraw({ ...realm(), subject: withdrew }, ['verification'], operator);
    const trial = await enroll('trial2@example.com', undefined, 'test');
    engine.advance(595 * DAY - 1);
    expect(await retention.preview(engine.organization)).toMatchObject({
      due: { unused: 0, 'consent-over': 1, 'consent-withdrawn': 1 },
      held: 0,
      people: 8,
      asks: expect.stringContaining('went on by 500 days at once'),
    });
    engine.advance(1);
    const preview = await retention.preview(engine.organization);
    expect(preview).toMatchObject({
      due: { unused: 2, 'consent-over': 1, 'consent-withdrawn': 1 },
      held: 1,
      people: 8,
    });
    expect(await people()).toHaveLength(8);
    const sweep = await retention.sweep(engine.organization, { ...order, confirm: 4 });
    expect(sweep.report).toEqual({
      due: { unused: 2, 'consent-over': 1, 'consent-withdrawn': 1 },
      held: 1,
      erased: 4,
      pending: 0,
      rows: {
        reviews: 0,
        presenceSessions: 0,
        hostedLinks: 0,
        registrations: 0,
        liveSessions: 0,
        verifications: 0,
        events: 7 + 1,
        deliveries: 0,
        alerts: 0,
        claims: 0,
      },
      auditLines: 3,
    });
    expect(await people()).toEqual([used, held, consented, trial].toSorted());
    expect(pruned).toEqual([Math.min(start, engine.clock.now() - 3650 * DAY)]);
    expect(await retention.sweeps(engine.organization, { limit: 10 })).toEqual([sweep]);
    const reasons = await engine.db.selectFrom('erasure').select('reason').orderBy('reason').execute();
    expect(reasons.map(({ reason }) => reason)).toEqual([
      'consent-withdrawn',
      'retention',
      'retention',
      'retention',
    ]);
  });

  it('verifications, events, alerts and failures go when their own terms are over, page by page; of the held they stay', async () => {
    const held = await enroll('held@example.com');
    await holds.place({ ...realm(), subject: held }, 'lawsuit 7', operator);
    const now = engine.clock.now();
    await engine.organizations.setRetention(engine.organization, { verificationDays: 10 }, operator);
    const rows = [
      ...Array.from({ length: 1203 }, (_, i) => verification(`ver_old${i}`, null, now - 10 * DAY - 1)),
      verification('ver_held', held, now - 50 * DAY),
      verification('ver_new', null, now - 10 * DAY),
    ];
    for (const row of rows) await engine.db.insertInto('verification').values(row).execute();
    const claim = { ...realm(), failures: 3, last_failed_at: now - 11 * DAY, disabled_at: null };
    await engine.db
      .insertInto('claim')
      .values([
        { ...claim, claim_hash: 'old' },
        { ...claim, claim_hash: 'disabled', disabled_at: now - 11 * DAY },
        { ...claim, claim_hash: 'recent', last_failed_at: now - 9 * DAY },
        { ...claim, claim_hash: engine.sealer.emailHash(engine.organization, 'held@example.com') },
      ])
      .execute();
    const rule = { ...realm(), id: 'rule_1', name: 'r', metric: 'spoof-attempts', definition: '{}' };
    await engine.db
      .insertInto('alert_rule')
      .values({ ...rule, enabled: 1, created_at: now, created_by: 'operator:ada' })
      .execute();
    const alert = {
      ...realm(),
      rule: 'rule_1',
      metric: rule.metric,
      value: 1,
      threshold: 1,
      hold_until: now,
    };
    for (const [days, subject] of [[11, null] as const, [50, held] as const, [10, null] as const]) {
      const fired_at = now - days * DAY;
      await engine.db
        .insertInto('alert')
        .values({ ...alert, id: firstIdAt('alert', fired_at), fired_at, subject, notified: '{}' })
        .execute();
    }
    expect(await retention.preview(engine.organization)).toMatchObject({
      rows: { verifications: 1203, claims: 1, events: 0, alerts: 1 },
    });
    // The first sweep of a box asks before it deletes anything.
    await expect(retention.sweep(engine.organization, order)).rejects.toMatchObject({
      code: 'CONFIRMATION_REQUIRED',
      message: expect.stringContaining('the first sweep of this box'),
    });
    const { report } = await retention.sweep(engine.organization, { ...order, confirm: 0 });
    expect(report).toMatchObject({
      rows: { verifications: 1203, claims: 1, events: 0, alerts: 1 },
      erased: 0,
    });
    const alerts = await engine.db.selectFrom('alert').select('fired_at').orderBy('fired_at').execute();
    expect(alerts.map(({ fired_at }) => (now - fired_at) / DAY)).toEqual([50, 10]);
    const left = await engine.db.selectFrom('verification').select('id').orderBy('id').execute();
    expect(left.map(({ id }) => id)).toEqual(['ver_held', 'ver_new']);
    const claims = await engine.db.selectFrom('claim').select('claim_hash').orderBy('claim_hash').execute();
    expect(claims.map(({ claim_hash }) => claim_hash.length).toSorted()).toEqual([6, 64, 8]);
  });

  test('a sweep that would erase too many asks for their number and changes nothing before', async () => {
    for (let i = 0; i < 3; i++) await enroll(`person${i}@example.com`);
    engine.advance(1095 * DAY);
    for (const confirm of [undefined, 2]) {
      await expect(
        retention.sweep(engine.organization, { ...order, ...(confirm === undefined ? {} : { confirm }) }),
      ).rejects.toMatchObject({
        code: 'CONFIRMATION_REQUIRED',
        message: expect.stringContaining('--confirm 3'),
      });
    }
    expect([(await people()).length, pruned, warned.length]).toEqual([3, [], 2]);
    expect(await retention.sweeps(engine.organization, { limit: 10 })).toEqual([]);
    const refused = await engine.db
      .selectFrom('audit')
      .select('action')
      .where('outcome', '=', 'refused')
      .execute();
    expect(refused).toEqual([{ action: 'retention.sweep' }, { action: 'retention.sweep' }]);
    expect((await retention.sweep(engine.organization, { ...order, confirm: 3 })).report.erased).toBe(3);
    expect(await people()).toEqual([]);
  });

  test('a clock that jumped far ahead erases no one by itself, not even the next day', async () => {
    await enroll('ada@example.com');
    await retention.maintain();
    engine.advance(DAY - 1);
    await retention.maintain();
    expect((await retention.sweeps(engine.organization, { limit: 10 })).length).toBe(1);
    engine.advance(1);
    await retention.maintain();
    expect((await retention.sweeps(engine.organization, { limit: 10 })).length).toBe(2);
    engine.advance(4000 * DAY);
    for (let hour = 0; hour < 30; hour++) {
      await retention.maintain();
      engine.advance(DAY / 24);
    }
    expect([
      (await people()).length,
      (await retention.sweeps(engine.organization, { limit: 10 })).length,
    ]).toEqual([1, 2]);
    expect(warned).toHaveLength(2);
    await expect(retention.sweep(engine.organization, order)).rejects.toMatchObject({
      code: 'CONFIRMATION_REQUIRED',
      message: expect.stringContaining('4001 days after the last retention sweep'),
    });
    await retention.sweep(engine.organization, { ...order, confirm: 1 });
    expect(await people()).toEqual([]);
    engine.advance(DAY);
    await retention.maintain();
    expect((await retention.sweeps(engine.organization, { limit: 10 })).length).toBe(4);
  });

  test('a sweep that breaks off says so, and the next one does the rest', async () => {
    for (let i = 0; i < 12; i++) await enroll(`old${i}@example.com`);
    engine.advance(600 * DAY);
    for (let i = 0; i < 3; i++) await enroll(`new${i}@example.com`);
    engine.advance(500 * DAY);
    const erasure = await openErasure(engine, { dialect });
    let left = 5;
    const breaking = await open(dialect, {
      async erase(where, subject, how) {
        if (left-- === 0) throw new Problem('STORAGE_FULL', 'the disk is full');
        return erasure.erase(where, subject, how);
      },
    });
    await expect(breaking.sweep(engine.organization, { ...order, confirm: 12 })).rejects.toThrow(
      'the disk is full',
    );
    const [broken] = await breaking.sweeps(engine.organization, { limit: 1 });
    expect(broken).toMatchObject({
      report: { erased: 5, failed: 'the disk is full' },
    });
    expect(broken).not.toHaveProperty('finishedAt');
    expect((await people()).length).toBe(10);
    const { report } = await breaking.sweep(engine.organization, { ...order, confirm: 7 });
    expect([report.erased, (await people()).length]).toEqual([7, 3]);
    const lines = engine.db.selectFrom('audit').select('action').where('action', 'like', 'retention.sweep%');
    expect((await lines.orderBy('id').execute()).map(({ action }) => action)).toEqual([
      'retention.sweep.begin',
      'retention.sweep.begin',
      'retention.sweep',
    ]);
  });

  it('two sweeps do not run at once', async () => {
    const first = retention.sweep(engine.organization, order);
    await expect(retention.sweep(engine.organization, order)).rejects.toMatchObject({ code: 'CONFLICT' });
    await first;
  });

  test('who was verified or put under a hold after the sweep had looked stays', async () => {
    const ids: SubjectId[] = [];
    for (let i = 0; i < 3; i++) ids.push(await enroll(`old${i}@example.com`));
    await enroll('trial@example.com', undefined, 'test');
    engine.advance(1095 * DAY);
    await enroll('new@example.com');
    const erasure = await openErasure(engine, { dialect });
    const racing = await open(dialect, {
      async erase(where, subject, how) {
        if (subject === ids[0]) {
          await engine.inTransaction((tx) => engine.subjects.used(tx, ids[1]!, engine.clock.now()));
          await holds.place({ ...realm(), subject: ids[2]! }, 'lawsuit 8', operator);
        }
        return erasure.erase(where, subject, how);
      },
    });
    const { report } = await racing.sweep(engine.organization, { ...order, confirm: 4 });
    expect(report.erased).toBe(2);
    expect(await people()).toEqual(expect.arrayContaining([ids[1], ids[2]]));
  });
});
