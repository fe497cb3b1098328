import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { builtInProfiles } from './built-in-profiles.ts';

let engine: Engine;
const { definition } = builtInProfiles[0]!;
const other = { is: 'operator', name: 'bea' } as const;

onSqlite('versions of a profile', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  const set = (minimumComposite: number, actor = operator) =>
    engine.checks.setProfile(engine.organization, 'desk', { ...definition, minimumComposite }, actor);
  const page = (more: { before?: number; limit?: number } = {}) =>
    engine.checks.pageProfileVersions(engine.organization, 'desk', { limit: 10, ...more });

  test('each change is kept with who and when; an old one is put back as the next, and none is lost', async () => {
    const first = await set(0.3);
    engine.advance(1000);
    const second = await set(0.4, other);
    engine.advance(1000);
    const now = engine.clock.now();
    const restored = await engine.checks.restoreProfile(engine.organization, 'desk', 1, operator);
    expect(restored).toMatchObject({ version: 3, definition: { minimumComposite: 0.3 } });
    expect(await engine.checks.getProfile(engine.organization, 'desk')).toEqual(restored);
    expect(await page()).toEqual([
      { ...restored, createdAt: now, createdBy: 'operator:ada', restoredFrom: 1 },
      { ...second, createdAt: now - 1000, createdBy: 'operator:bea' },
      { ...first, createdAt: now - 2000, createdBy: 'operator:ada' },
    ]);
    expect((await page({ before: 3, limit: 1 })).map(({ version }) => version)).toEqual([2]);
    const line = await engine.db
      .selectFrom('audit')
      .select(['actor', 'action', 'details'])
      .where('target', '=', restored.id)
      .executeTakeFirstOrThrow();
    expect({ ...line, details: JSON.parse(line.details) }).toEqual({
      actor: 'operator:ada',
      action: 'profile.set',
      details: { slug: 'desk', version: 3, restoredFrom: 1 },
    });
  });

  test('which organizations are lenient is known at once after a change, a reset and a version put back', async () => {
    const lenient = async () => (await engine.checks.lenientOrganizations()).has(engine.organization);
    const { liveness } = definition.checks;
    const off = {
      ...definition,
      checks: { ...definition.checks, liveness: { ...liveness, enabled: false } },
    };
    expect(await lenient()).toBe(false);
    await engine.checks.setProfile(engine.organization, 'desk', off, operator);
    expect(await lenient()).toBe(true);
    await engine.checks.resetProfile(engine.organization, 'desk', operator);
    expect(await lenient()).toBe(false);
    await engine.checks.restoreProfile(engine.organization, 'desk', 1, operator);
    expect(await lenient()).toBe(true);
  });

  test('what was put away is still there, with who put it away, and can be put back', async () => {
    await set(0.3);
    await engine.checks.resetProfile(engine.organization, 'desk', other);
    const at = engine.clock.now();
    expect(await page()).toMatchObject([{ version: 1, removed: { at, by: 'operator:bea' } }]);
    await engine.checks.restoreProfile(engine.organization, 'desk', 1, operator);
    expect(await page()).toMatchObject([
      { version: 2, restoredFrom: 1 },
      { version: 1, removed: { at } },
    ]);
    expect((await page())[0]).not.toHaveProperty('removed');
    expect((await engine.checks.getProfile(engine.organization, 'desk')).version).toBe(2);
  });

  test('the version in use, one that is not there and one of another organization are refused', async () => {
    await set(0.3);
    const { restoreProfile, getProfileVersion, pageProfileVersions } = engine.checks;
    await expect(restoreProfile(engine.organization, 'desk', 1, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(restoreProfile(engine.organization, 'desk', 2, operator)).rejects.toMatchObject({
      code: 'PROFILE_NOT_FOUND',
    });
    const foreign = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    await expect(getProfileVersion(foreign, 'desk', 1)).rejects.toMatchObject({
      code: 'PROFILE_NOT_FOUND',
    });
    expect(await pageProfileVersions(foreign, 'desk', { limit: 10 })).toEqual([]);
  });
});
