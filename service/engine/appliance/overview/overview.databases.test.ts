import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../../test/support/faces.ts';
import { createWaitingApprovals } from '../../accounts/index.ts';
import { createOverviews, type OverviewsDeps } from './overview.ts';

const HOUR = 3_600_000;

onSqlite('overview', (newLocation) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  const overviews = (more: Partial<OverviewsDeps> = {}) =>
    createOverviews({
      ...engine,
      verifications: engine.pastVerifications,
      alerts: { list: async () => [] },
      reviews: { countOpen: async () => 0 },
      sessions: { countWaiting: async () => 0 },
      approvals: { count: async () => 0 },
      pictures: async () => 2,
      ...more,
    });
  const realm = (world: 'live' | 'test' = 'test') => ({ organization: engine.organization, world });
  const verify = (face: string) => {
    const script = { embeddings: { 'a-net': direction(face) } };
    const picture = engine.analyzer.show(face, analysisOf(face, script));
    return engine.checks.verify({ ...realm(), email: 'ada@example.com', picture, actor: key });
  };
  const enroll = () =>
    engine.subjects.enroll(
      realm(),
      { email: 'ada@example.com', embeddings: { 'a-net': direction('ada') }, quality: 1 },
      operator,
    );

  test('counts verifications by hour and decision, and why people were not verified', async () => {
    await enroll();
    await verify('bob');
    engine.advance(2 * HOUR);
    await verify('ada');
    await verify('bob');
    await verify('carol');
    const { hours, decided, reasons, unverified, people, gallery } = await overviews().read(realm(), 168);
    expect(hours).toHaveLength(168);
    expect(hours.slice(165)).toEqual([
      { from: Date.UTC(2026, 10, 20, 12), verified: 0, 'not-verified': 1, refused: 0 },
      { from: Date.UTC(2026, 10, 20, 13), verified: 0, 'not-verified': 0, refused: 0 },
      { from: Date.UTC(2026, 10, 20, 14), verified: 1, 'not-verified': 2, refused: 0 },
    ]);
    expect(decided).toEqual({ verified: 1, 'not-verified': 3, refused: 0 });
    expect(reasons).toEqual([{ outcome: 'NOT_RECOGNIZED', count: 3 }]);
    expect(unverified).toEqual({ from: Date.UTC(2026, 10, 19, 15), count: 3 });
    expect(people).toBe(1);
    expect(gallery).toEqual({
      profile: 'default',
      rate: 0.01,
      holdsFor: 'average',
      safePeople: expect.any(Number),
    });
  });

  test('lists what needs attention in the live world, and nothing in the test world', async () => {
    const codes = async (world: 'live' | 'test') =>
      (await overviews().attention(realm(world))).map(({ code }) => code);
    expect(await codes('test')).toEqual([]);
    expect(await codes('live')).toEqual(['LIVENESS_NOT_INSTALLED']);
    await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
    expect(await codes('live')).toEqual(['MATCH_ONLY_ORGANIZATIONS']);
    await engine.organizations.set(
      engine.organization,
      { setupSteps: { name: 'done', consent: 'later', keys: 'open' } },
      operator,
    );
    expect(await codes('test')).toEqual([]);
    expect((await overviews().attention(realm('live')))[0]).toMatchObject({
      code: 'SETUPS_UNFINISHED',
      screen: 'setup',
      values: { count: 1, steps: 'consent keys' },
    });
    await engine.organizations.set(
      engine.organization,
      { setupSteps: { consent: 'done', keys: 'done' } },
      operator,
    );
    expect(await codes('live')).toEqual(['MATCH_ONLY_ORGANIZATIONS']);
    const other = await engine.organizations.create({ name: 'New' }, operator);
    const attention = await overviews().attention({ organization: other.id, world: 'live' });
    expect(attention.map(({ code }) => code)).toContain('CONSENT_MISSING');
  });

  test('a gallery above the safe size and open alerts are listed', async () => {
    const safeGallery = () => ({ rate: 0.01, holdsFor: 'average' as const, people: 1 });
    const checks = { ...engine.checks, safeGallery };
    await enroll();
    await engine.subjects.enroll(
      realm(),
      { email: 'bob@example.com', embeddings: { 'a-net': direction('bob') }, quality: 1 },
      operator,
    );
    const alert = { name: 'Spoofs', value: 9, threshold: 5 };
    const alerts = { list: async () => Array.from({ length: 6 }, () => alert) } as never;
    const attention = await overviews({ checks, alerts }).attention(realm());
    expect(attention.map(({ code }) => code)).toEqual([
      ...Array.from({ length: 5 }, () => 'ALERT_OPEN'),
      'MORE_ALERTS',
      'GALLERY_TOO_LARGE',
    ]);
  });

  test('requests of this world that wait for a second administrator, and reviews, need attention', async () => {
    const at = engine.clock.now();
    const ask = (id: string, world: 'live' | 'test', more: object = {}) =>
      engine.db
        .insertInto('approval')
        .values({
          id,
          organization: engine.organization,
          world,
          action: 'subject.erase',
          subject: null,
          requested_by: 'adm_1',
          requested_at: at,
          expires_at: at + HOUR,
          decision: null,
          decided_by: null,
          decided_at: null,
          ...more,
        })
        .execute();
    await ask('apr_1', 'test');
    await ask('apr_2', 'live');
    await ask('apr_3', 'test', { expires_at: at });
    await ask('apr_4', 'test', { decision: 'declined', decided_by: 'adm_2', decided_at: at });
    const attention = await overviews({
      approvals: createWaitingApprovals(engine),
      reviews: { countOpen: async () => 3 },
      sessions: { countWaiting: async () => 2 },
    }).attention(realm());
    expect(attention.filter(({ code }) => code.endsWith('_WAIT'))).toMatchObject([
      { code: 'APPROVALS_WAIT', values: { count: 1 }, screen: 'approvals' },
      { code: 'REVIEWS_WAIT', values: { count: 3 }, screen: 'review' },
      { code: 'SESSIONS_WAIT', values: { count: 2 }, screen: 'sessions' },
    ]);
  });
});
