import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, scorerR, startEngine } from '../../../../test/support/engine.ts';
import type { VerificationId, World } from '../../../lib/id.ts';
import { builtInProfiles, type CheckResult, type ProfileDefinition } from '../../matching/index.ts';
import { createVerificationStore, type VerificationRecord } from '../verification-store.ts';

let engine: Engine;
const { definition, version } = builtInProfiles[0]!;
const checks = Object.fromEntries(
  Object.entries(definition.checks).map(([name, rule]) => [
    name,
    { ...rule, enabled: name === 'faceQuality' },
  ]),
) as ProfileDefinition['checks'];
/** Quality alone decides beside the match. */
const settings: ProfileDefinition = { ...definition, checks, minimumComposite: 0.5 };

onSqlite('a preview of settings', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  const realm = (world: World = 'live') => ({ organization: engine.organization, world });

  async function store(
    id: string,
    profile: { id: string; version: number },
    more: Partial<VerificationRecord> = {},
  ) {
    const store = createVerificationStore(engine);
    const quality: CheckResult = { check: 'faceQuality', pass: true, score: 0.6, weight: 0.5 };
    engine.advance(1000);
    const sealed = await store.seal({
      id: `ver_${id}` as VerificationId,
      ...realm(),
      kind: '1:1',
      profile: profile.id,
      profileVersion: profile.version,
      verified: true,
      ended: { outcome: 'VERIFIED' },
      rules: definition.checks,
      matched: true,
      confidence: 0.9,
      composite: 0.6,
      assurance: 'passive',
      match: { scorer: 'r', holdsFor: 'average', pictures: 1, shift: 0 },
      checks: [quality],
      models: {},
      timing: {},
      actor: 'key:key_1',
      source: 'api',
      at: engine.clock.now(),
      ...more,
    });
    await engine.inTransaction((tx) => store.add(tx, sealed));
  }
  const preview = (next: Partial<ProfileDefinition>, limit = 1000) =>
    engine.checks.previewProfile(realm(), { slug: 'desk', definition: { ...settings, ...next }, limit });
  const set = () => engine.checks.setProfile(engine.organization, 'desk', settings, operator);

  test('judges the last verifications of every version of the profile, in its own world and organization', async () => {
    const first = await set();
    for (let i = 0; i < 130; i++) await store(`a${String(i).padStart(3, '0')}`, first);
    const second = await set();
    for (let i = 0; i < 130; i++) await store(`b${String(i).padStart(3, '0')}`, second);
    await store('c-builtin', { id: 'builtin:default', version });
    await store('c-world', second, { world: 'test' });
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    await store('c-other', second, { organization: other });
    const all = await preview({ minimumComposite: 0.7 });
    expect(all).toMatchObject({ considered: 260, unknown: 0, missing: [] });
    expect(all.changed).toHaveLength(260);
    expect(all.changed[0]).toEqual({
      verification: 'ver_b129',
      at: all.newest,
      kind: '1:1',
      profileVersion: 2,
      verified: true,
      wouldVerify: false,
      by: ['composite'],
    });
    const last = await preview({ minimumComposite: 0.7 }, 200);
    expect(last.changed.map(({ verification }) => verification)).toEqual([
      ...Array.from({ length: 130 }, (_, i) => `ver_b${String(129 - i).padStart(3, '0')}`),
      ...Array.from({ length: 70 }, (_, i) => `ver_a${String(129 - i).padStart(3, '0')}`),
    ]);
    expect(last.newest! - last.oldest!).toBe(199_000);
    expect((await preview({})).changed).toEqual([]);
  });

  test('refuses a match by a superseded scorer where the last day of it has passed', async () => {
    await engine.stop();
    const present = { ...scorerR, terms: [{ model: 'b-net', weight: 1, offset: 0 }] };
    engine = await startEngine({
      location: await newLocation(),
      scorers: [{ ...scorerR, id: 'a', supersededBy: 'r' }, present],
    });
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
    const profile = await set();
    const match = { holdsFor: 'average', pictures: 1, shift: 0 } as const;
    await store('former', profile, { match: { ...match, scorer: 'a' } });
    await store('present', profile, { match: { ...match, scorer: 'r' } });
    const until = (supersededUntil: string) => preview({ models: { ...settings.models, supersededUntil } });
    const day = (at: number) => new Date(at).toISOString().slice(0, 10);
    expect((await until(day(engine.clock.now()))).changed).toEqual([]);
    expect((await until(day(engine.clock.now() - 86_400_000))).changed).toMatchObject([
      { verification: 'ver_former', by: ['match'] },
    ]);
    await engine.models.disable('b-net', operator);
    expect((await until(day(engine.clock.now() - 86_400_000))).changed).toEqual([]);
  });

  test('says what cannot be decided again: older rows, a search without its size, a check that did not run', async () => {
    const profile = await set();
    const { matched: _, ...unmatched } = { matched: undefined };
    await store('1-1:1', profile);
    await store('2-1:N', profile, { kind: '1:N', gallerySize: 100 });
    await engine.db.updateTable('verification').set({ matched: null, gallery_size: null }).execute();
    await store('3-1:N', profile, { kind: '1:N', gallerySize: 100, ...unmatched });
    const stricter = { ...settings.match, falseMatchRate: 1e-6, falseIdentificationRate: 1e-4 };
    expect(await preview({ match: stricter })).toMatchObject({
      considered: 3,
      unknown: 1,
      changed: [
        { verification: 'ver_3-1:N', by: ['match'] },
        { verification: 'ver_1-1:1', by: ['match'] },
      ],
      missing: [{ what: 'match', why: 'not-kept', verifications: 1 }],
    });
    const withLiveness = { ...checks, liveness: { ...definition.checks.liveness, enabled: true } };
    expect(await preview({ checks: withLiveness })).toMatchObject({
      unknown: 3,
      changed: [],
      missing: [{ what: 'liveness', why: 'not-run', verifications: 3 }],
    });
    await expect(preview({ refuseQuality: ['beauty'] })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test('refuses what did not come from a kiosk where the settings take pictures of one only', async () => {
    const profile = await set();
    await store('1-older', profile);
    await engine.db.updateTable('verification').set({ capture_source: null }).execute();
    await store('2-api', profile);
    await store('3-kiosk', profile, { source: 'kiosk' });
    expect(await preview({ capture: 'kiosk' })).toMatchObject({
      considered: 3,
      unknown: 1,
      changed: [{ verification: 'ver_2-api', wouldVerify: false, by: ['capture'] }],
      missing: [{ what: 'capture', why: 'not-kept', verifications: 1 }],
    });
  });

  test('a version of a built-in profile that this release lacks is said to be missing', async () => {
    await store('1', { id: 'builtin:default', version: version - 1 });
    const order = { slug: 'default', definition, limit: 10 };
    expect(await engine.checks.previewProfile(realm(), order)).toMatchObject({
      considered: 1,
      unknown: 1,
      missing: expect.arrayContaining([{ what: 'match', why: 'other-version', verifications: 1 }]),
    });
  });

  test('stops reading once the caller is gone', async () => {
    await store('1', await set());
    const signal = AbortSignal.abort();
    const order = { slug: 'desk', definition: settings, limit: 10, signal };
    await expect(engine.checks.previewProfile(realm(), order)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});
