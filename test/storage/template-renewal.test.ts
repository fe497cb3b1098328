import { afterEach, expect, test } from 'vitest';
import { createTemplateRenewals } from '../../service/engine/appliance/index.ts';
import { createTemplatePages } from '../../service/engine/people/index.ts';
import { createProbePages } from '../../service/engine/verification/index.ts';
import { createVerificationStore } from '../../service/engine/verification/verification-store.ts';
import { silentLog } from '../../service/lib/log.ts';
import { worksAlone } from '../../service/storage/position/node-works.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { onSqlite } from './databases.ts';

onSqlite('renewing templates', (newLocation) => {
  let engine: Engine;
  afterEach(() => engine.stop());

  const realm = () => ({ organization: engine.organization, world: 'test' as const });
  const show = (who: string, cosine: number) =>
    engine.analyzer.show(
      `${who} ${cosine}`,
      analysisOf(`${who} ${cosine}`, {
        embeddings: { 'a-net': near(direction(who), cosine, `${who} ${cosine}`) },
      }),
    );

  function renewals(limit: number) {
    const { db, inTransaction, sealer, audit } = engine;
    const rows = { db, inTransaction, sealer };
    return createTemplateRenewals({
      transforms: sealer.transforms,
      pages: [createTemplatePages(rows), createProbePages(rows)],
      inTransaction,
      audit,
      log: silentLog,
      works: worksAlone,
      limit,
    });
  }

  async function people(...names: string[]) {
    for (const who of names) {
      await engine.checks.enroll({
        ...realm(),
        email: `${who}@example.com`,
        picture: show(who, 0.97),
        actor: operator,
      });
      await engine.checks.verify({
        ...realm(),
        email: `${who}@example.com`,
        picture: show(who, 0.96),
        actor: operator,
      });
    }
  }

  const generations = async () =>
    (await engine.db.selectFrom('template').select('transform').orderBy('id').execute()).map(
      ({ transform }) => transform,
    );
  const found = async (subjects = engine.subjects) =>
    (await subjects.nearest(realm(), 'a-net', direction('bob'), 1)).length === 1 &&
    (await subjects.enrollments(realm(), (await subjects.get(realm(), 'bob@example.com')).id)).length;

  test('all templates use the new secret, the old one is gone, and all people are still found', async () => {
    engine = await startEngine({ location: await newLocation() });
    await people('alice', 'bob', 'cy');
    const before = await engine.db.selectFrom('template').select(['id', 'vector_sealed']).execute();
    const renewal = renewals(2);
    const begun = await renewal.start(engine.organization, operator);
    expect(begun).toEqual({ generation: 2, total: 6 });
    await expect(renewal.start(engine.organization, operator)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect.poll(() => renewal.state(engine.organization)).toEqual({ is: 'none' });
    expect(await generations()).toEqual([2, 2, 2]);
    expect(engine.sealer.transforms.generations(engine.organization)).toEqual([2]);
    expect(
      (await engine.keys.secrets()).map(({ name }) => name).filter((name) => name.startsWith('transform')),
    ).toEqual([`transform/${engine.organization}/2`]);
    // The process goes on with the galleries it has; the next one reads them under the new secret.
    expect(await found()).toBe(1);
    const restarted = engine.openSubjects();
    await restarted.loadGalleries();
    expect([await found(restarted), restarted.unreachable()]).toEqual([1, 0]);
    await people('dee');
    expect(await generations()).toEqual([2, 2, 2, 2]);
    const lines = await engine.db
      .selectFrom('audit')
      .select('details')
      .where('action', '=', 'organization.renew-templates')
      .orderBy('seq')
      .execute();
    expect(lines.map(({ details }) => JSON.parse(details))).toEqual([
      { step: 'begun', generation: 2 },
      { step: 'completed', generation: 2, looked: 6, unreadable: 0 },
    ]);

    // An old row, as restored from a backup: unreadable, and counted.
    const [old] = before;
    await engine.db
      .updateTable('template')
      .set({ vector_sealed: old!.vector_sealed, transform: 1 })
      .where('id', '=', old!.id)
      .execute();
    const restored = engine.openSubjects();
    await restored.loadGalleries();
    expect(restored.unreachable()).toBe(1);
  });

  test('kept probes are renewed too: the history of a person goes on', async () => {
    engine = await startEngine({ location: await newLocation() });
    await people('bob');
    const renewal = renewals(10);
    await renewal.start(engine.organization, operator);
    await expect.poll(() => renewal.state(engine.organization)).toEqual({ is: 'none' });
    const bob = await engine.subjects.get(realm(), 'bob@example.com');
    const store = createVerificationStore(engine);
    const [earlier] = await store.earlier(engine.organization, bob.id, {
      most: 5,
      until: engine.clock.now(),
    });
    const given = near(direction('bob'), 0.96, 'bob 0.96');
    const cosine = earlier!.probe!.vector.reduce((sum, value, i) => sum + value * given[i]!, 0);
    expect(cosine).toBeCloseTo(1, 5);
    expect(earlier!.probe).toMatchObject({ embedder: 'a-net' });
    // Nothing of the old secret is left to read it by.
    expect(engine.sealer.transforms.generations(engine.organization)).toEqual([2]);
  });

  test('one that was cut short goes on where it was, also after a restart', async () => {
    engine = await startEngine({ location: await newLocation() });
    await people('alice', 'bob', 'cy');
    const first = renewals(1);
    await first.start(engine.organization, operator);
    await first.stop();
    expect(engine.sealer.transforms.generations(engine.organization)).toEqual([1, 2]);
    expect(await found()).toBe(1);
    const restarted = engine.openSubjects();
    await restarted.loadGalleries();
    expect([await found(restarted), restarted.unreachable()]).toEqual([1, 0]);

    const second = renewals(1);
    await second.resume([engine.organization]);
    await expect.poll(() => second.state(engine.organization)).toEqual({ is: 'none' });
    expect(await generations()).toEqual([2, 2, 2]);
    expect(engine.sealer.transforms.generations(engine.organization)).toEqual([2]);
  });
});
