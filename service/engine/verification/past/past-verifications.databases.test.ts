import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction, emptyAnalysis } from '../../../../test/support/faces.ts';
import type { World } from '../../../lib/id.ts';
import { endsIn } from '../../../storage/id-end.ts';
import type { VerifyCommand } from '../verdict.ts';

const HOUR = 3_600_000;
const email = 'ada@example.com';

onSqlite('past verifications', (newLocation, kind) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  const realm = (world: World = 'test') => ({ organization: engine.organization, world });
  const enroll = () =>
    engine.subjects.enroll(
      realm(),
      { email, name: 'Ada', embeddings: { 'a-net': direction('ada') }, quality: 1 },
      operator,
    );
  let shown = 0;
  const verify = (more: Partial<VerifyCommand> & { face?: string } = {}) => {
    const { face = 'ada', ...command } = more;
    const name = `picture-${shown++}`;
    const picture = engine.analyzer.show(
      name,
      analysisOf(name, { embeddings: { 'a-net': direction(face) } }),
    );
    engine.advance(1000);
    return engine.checks.verify({ ...realm(), email, picture, actor: key, ...command }).then(
      ({ verification }) => verification,
      () => undefined,
    );
  };
  const list = async (order: Partial<Parameters<Engine['pastVerifications']['page']>[1]> = {}) =>
    (await engine.pastVerifications.page(realm(), { limit: 50, ...order }, operator)).items;

  test('are listed the newest first, narrowed by each part of a filter, in pages', async () => {
    const { subject } = await enroll();
    const start = engine.clock.now();
    const recognized = await verify();
    const stranger = await verify({ face: 'bob' });
    const byOperator = await verify({ actor: operator });
    const unknown = await verify({ email: 'unknown@example.com' });
    const other = await verify({ profile: 'specter' });
    await verify({ world: 'live' });
    const ids = async (...order: Parameters<typeof list>) => (await list(...order)).map(({ id }) => id);
    expect(await ids()).toEqual([other, unknown, byOperator, stranger, recognized]);
    expect(await ids({ outcomes: ['NOT_RECOGNIZED'] })).toEqual([unknown, stranger]);
    expect(await ids({ outcomes: ['VERIFIED'], actor: 'operator:ada' })).toEqual([byOperator]);
    expect(await ids({ actor: 'key:key_1', outcomes: ['VERIFIED'] })).toEqual([other, recognized]);
    expect(await ids({ profile: 'specter' })).toEqual([other]);
    expect(await ids({ person: email })).toEqual([other, byOperator, stranger, recognized]);
    expect(await ids({ person: subject.id, outcomes: ['NOT_RECOGNIZED'] })).toEqual([stranger]);
    expect(await ids({ from: start + 2000, until: start + 4000 })).toEqual([byOperator, stranger]);
    const first = await engine.pastVerifications.page(realm(), { limit: 2 }, operator);
    expect(first.items.map(({ id }) => id)).toEqual([other, unknown]);
    const second = await engine.pastVerifications.page(realm(), { limit: 3, before: first.next! }, operator);
    expect(second.items.map(({ id }) => id)).toEqual([byOperator, stranger, recognized]);
    expect(second.next).toBeUndefined();
    await expect(list({ person: 'sub_none' })).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
    await expect(list({ profile: 'none' })).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
  });

  test('show which check decided and which failed', async () => {
    await enroll();
    const strict = await engine.checks.getProfile(engine.organization, 'default');
    const checks = {
      ...strict.definition.checks,
      geoFence: { enabled: true, weight: 1, threshold: 0.5, hardFail: true, whenMissing: 'fail' as const },
    };
    const definition = { ...strict.definition, checks, geoFence: { countries: ['CH'] } };
    await engine.checks.setProfile(engine.organization, 'strict', definition, operator);
    await verify({ profile: 'strict' });
    const [one] = await list({ decidedBy: 'geoFence' });
    expect(one).toMatchObject({ outcome: 'CHECK_FAILED', decidedBy: 'geoFence', failed: ['geoFence'] });
    expect(one!.profile).toMatchObject({ slug: 'strict', version: 1 });
    expect(await list({ check: 'geoFence' })).toHaveLength(1);
    expect(await list({ check: 'liveness' })).toEqual([]);
    const whole = await engine.pastVerifications.get(realm(), one!.id, operator);
    expect(whole.checks.find(({ check }) => check === 'geoFence')).toMatchObject({
      pass: false,
      threshold: 0.5,
      hardFail: true,
      weight: 1,
    });
  });

  test('a picture without a face is kept with its code', async () => {
    const picture = engine.analyzer.show('nothing', emptyAnalysis('nothing'));
    await verify({ picture });
    expect(await list()).toMatchObject([{ outcome: 'FACE_NOT_FOUND', decidedBy: 'faceQuality' }]);
  });

  test('one is opened with its person, place and device, and the audit log says who looked', async () => {
    const { subject } = await enroll();
    const id = await verify({
      place: { latitude: 64.1, longitude: -21.9 },
      device: { userAgent: 'Tester/1' },
    });
    const whole = await engine.pastVerifications.get(realm(), id!, operator, 'req_1');
    expect(whole).toMatchObject({
      person: { id: subject.id, email, name: 'Ada' },
      place: { latitude: 64.1, longitude: -21.9 },
      device: { userAgent: 'Tester/1' },
      match: { scorer: 'r', pictures: 1 },
    });
    expect(whole).not.toHaveProperty('probe');
    const [line] = await engine.db
      .selectFrom('audit')
      .select(['actor', 'action', 'target', 'request', 'details'])
      .where('action', '=', 'verification.read')
      .execute();
    expect(line).toMatchObject({ actor: 'operator:ada', target: id, request: 'req_1' });
    expect(JSON.parse(line!.details)).toEqual({ world: 'test', subject: subject.id });
    await expect(engine.pastVerifications.get(realm('live'), id!, operator)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('a filter that fits few is answered from any depth', async () => {
    const at = engine.clock.now();
    const row = {
      organization: engine.organization,
      world: 'test',
      kind: '1:1',
      profile: 'builtin:default',
      profile_version: 2,
      verified: 1,
      confidence: 1,
      composite: 1,
      assurance: 'match-only',
      checks: '[]',
      models: '{}',
      timing: '{}',
      actor: 'key:key_1',
      outcome: 'VERIFIED',
    };
    const many = Array.from({ length: 21_000 }, (_, i) => ({
      id: `ver_${String(i).padStart(26, '0')}`,
      ...row,
      created_at: at - 30_000 + i,
      ...(i % 10_500 === 0 && { outcome: 'NOT_RECOGNIZED', verified: 0 }),
    }));
    for (let from = 0; from < many.length; from += 1000)
      await engine.db
        .insertInto('verification')
        .values(many.slice(from, from + 1000))
        .execute();
    const reference = many[7]!.id.slice(-6);
    expect((await list({ reference })).map(({ id }) => id)).toEqual([many[7]!.id]);
    expect(await list({ reference, outcomes: ['NOT_RECOGNIZED'] })).toEqual([]);
    // Of PostgreSQL the plan of every statement is judged.
    if (kind === 'sqlite') {
      const plan = await sql<{ detail: string }>`explain query plan select id from verification
        where organization = ${engine.organization} and world = 'test' and ${endsIn(reference)}
        order by created_at desc, id desc limit 50`.execute(engine.db);
      expect(plan.rows.map(({ detail }) => detail).join()).toContain(
        'verification_reference (organization=? AND world=? AND <expr>=?)',
      );
    }
    const found = await list({ outcomes: ['NOT_RECOGNIZED'] });
    expect(found.map(({ id }) => id)).toEqual([many[10_500]!.id, many[0]!.id]);
    expect(await list({ outcomes: ['SEVERAL_FACES'] })).toEqual([]);
  });

  test('are counted by the hour and by how they ended, and again when time has passed', async () => {
    await enroll();
    await verify();
    await verify({ face: 'bob' });
    engine.advance(HOUR);
    await verify();
    const hours = await engine.pastVerifications.hourly(realm(), 24);
    expect(hours).toHaveLength(24);
    expect(hours.slice(22)).toEqual([
      {
        from: Date.UTC(2026, 10, 20, 12),
        counts: [
          { outcome: 'NOT_RECOGNIZED', count: 1 },
          { outcome: 'VERIFIED', count: 1 },
        ],
      },
      { from: Date.UTC(2026, 10, 20, 13), counts: [{ outcome: 'VERIFIED', count: 1 }] },
    ]);
    await verify();
    expect((await engine.pastVerifications.hourly(realm(), 1))[0]!.counts).toEqual([
      { outcome: 'VERIFIED', count: 2 },
    ]);
    await engine.db
      .updateTable('verification')
      .set({ outcome: 'WERIFIED' })
      .where('outcome', '=', 'VERIFIED')
      .execute();
    engine.advance(11 * 60_000);
    const known = await engine.pastVerifications.hourly(realm(), 24);
    expect(known.flatMap(({ counts }) => counts)).toEqual([{ outcome: 'NOT_RECOGNIZED', count: 1 }]);
    await engine.db.deleteFrom('verification').execute();
    engine.advance(11 * 60_000);
    const later = await engine.pastVerifications.hourly(realm(), 24);
    expect(later.flatMap(({ counts }) => counts)).toEqual([]);
  });

  test('of an erased person stay, without the person', async () => {
    await enroll();
    const id = await verify();
    await engine.inTransaction((tx) =>
      tx
        .updateTable('verification')
        .set({ subject: null, place_sealed: null, device_sealed: null })
        .execute(),
    );
    const whole = await engine.pastVerifications.get(realm(), id!, operator);
    expect(whole).not.toHaveProperty('person');
  });
});
