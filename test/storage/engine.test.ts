import { afterEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../support/engine.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { onBothDatabases } from './databases.ts';

onBothDatabases('the engine', (newLocation) => {
  let engine: Engine;
  afterEach(() => engine.stop());

  const realm = () => ({ organization: engine.organization, world: 'test' as const });
  const show = (name: string, cosine: number) =>
    engine.analyzer.show(
      name,
      analysisOf(name, { embeddings: { 'a-net': near(direction('alice'), cosine, name) } }),
    );
  const enroll = (email: string, name: string, cosine = 0.97) =>
    engine.checks.enroll({ ...realm(), email, picture: show(name, cosine), actor: operator });

  test('people are enrolled, listed, counted, loaded and verified', async () => {
    engine = await startEngine({ location: await newLocation() });
    const { subject } = await enroll('alice@example.com', 'p0');
    expect(await enroll('alice@example.com', 'p1')).toMatchObject({
      subject,
      created: false,
      enrollments: 2,
    });
    await enroll('bob@example.com', 'b0', 0.1);
    const first = await engine.subjects.list(realm(), { limit: 1 });
    expect(first).toMatchObject({
      subjects: [{ email: 'alice@example.com', enrollments: 2 }],
      next: subject,
    });
    expect(await engine.subjects.list(realm(), { limit: 1, after: subject })).toMatchObject({
      subjects: [{ email: 'bob@example.com', enrollments: 1 }],
    });
    expect(await engine.subjects.count(realm())).toBe(2);
    const restarted = engine.openSubjects();
    await restarted.loadGalleries();
    expect(restarted.people(realm())).toBe(2);

    const place = { latitude: 47.37, longitude: 8.54, country: 'CH' };
    const command = { ...realm(), email: 'alice@example.com', actor: key, place };
    await engine.checks.verify({ ...command, picture: show('v0', 0.95) });
    engine.advance(1000);
    const verdict = await engine.checks.verify({ ...command, picture: show('v1', 0.95) });
    expect(verdict.verified).toBe(true);
    expect(verdict.checkResults.find(({ check }) => check === 'impossibleTravel')).toMatchObject({
      score: 1,
      details: { limitKmh: 900 },
    });
    await expect(
      engine.checks.verify({ ...command, picture: show('v2', 0.95), profile: 'none' }),
    ).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
  });

  test('many first enrollments of one e-mail at once make one person with one key', async () => {
    engine = await startEngine({ location: await newLocation(), most: 3 });
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        engine.subjects.enroll(
          realm(),
          {
            email: 'alice@example.com',
            embeddings: { 'a-net': near(direction('alice'), 0.97, `p${i}`) },
            quality: i / 10,
          },
          operator,
        ),
      ),
    );
    expect(new Set(results.map(({ subject }) => subject.id)).size).toBe(1);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(await engine.keys.countPersons()).toBe(1);
    const kept = await engine.subjects.enrollments(realm(), results[0]!.subject.id);
    expect(kept.map(({ anchor }) => anchor)).toEqual([true, false, false]);
    expect(engine.galleries.size(`${engine.organization}/test/a-net`)).toBe(1);
  });

  test('two processes that enroll one new e-mail at once make one person with one key', async () => {
    engine = await startEngine({ location: await newLocation() });
    const processes = Array.from({ length: 6 }, () => engine.openSubjects());
    const results = await Promise.all(
      processes.map((subjects, i) =>
        subjects.enroll(
          realm(),
          { email: 'alice@example.com', embeddings: { 'a-net': direction(`p${i}`) }, quality: 1 },
          operator,
        ),
      ),
    );
    expect(new Set(results.map(({ subject }) => subject.id)).size).toBe(1);
    expect(results.filter(({ created }) => created)).toHaveLength(1);
    expect(await engine.keys.countPersons()).toBe(1);
    expect(await engine.subjects.enrollments(realm(), results[0]!.subject.id)).toHaveLength(6);
  });

  test('profiles and model settings keep their newest value', async () => {
    engine = await startEngine({ location: await newLocation() });
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    const set = () => engine.checks.setProfile(engine.organization, 'desk', definition, operator);
    const versions = (await Promise.all([set(), set(), set()])).map(({ version }) => version);
    expect(versions.toSorted()).toEqual([1, 2, 3]);
    const listed = await engine.checks.pageProfiles(engine.organization, { limit: 100 });
    expect(listed.filter(({ builtIn }) => !builtIn)).toMatchObject([
      { slug: 'desk', version: 3, definition: { ...definition, maturity: 'custom' } },
    ]);
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
    await engine.models.disable('b-net', operator);
    expect(await engine.db.selectFrom('model_setting').selectAll().execute()).toMatchObject([
      { model: 'b-net', enabled: 0, accepted_licence_doubt: 1, set_by: 'operator:ada' },
    ]);
  });
});
