import { afterEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, scorerR, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { direction, near } from '../../../../test/support/faces.ts';
import { crossScores } from '../../../inference/gallery/cross-scores.ts';
import type { OrganizationId, SubjectId } from '../../../lib/id.ts';
import { silentLog } from '../../../lib/log.ts';
import { createAccess } from '../../accounts/index.ts';
import { createOrganizationErasure } from '../../people/index.ts';
import { createGalleryCalibrations } from './gallery-calibration.ts';
import { createGalleryCalibrationStore } from './gallery-calibration-store.ts';

onSqlite('figures of own galleries', (newLocation, kind) => {
  let engine: Engine;
  afterEach(() => engine.stop());

  test('are read back as they were stored, replaced by the next, and removed for one organization alone', async () => {
    engine = await startEngine({ location: await newLocation() });
    const store = createGalleryCalibrationStore(engine);
    const row = {
      organization: engine.organization as string,
      world: 'live',
      scorer: 'r',
      basis: 'table/files',
      shift: 0.012345678901234567,
      people: 2_500,
      compared: 2_000,
      pairs: 1_999_000,
      rate: 1e-3,
      above: 4_321,
      measured_at: engine.clock.now(),
      holds_for: 'every-group',
      worst_tenth: 0.0123,
      doubtful: 7,
    };
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const rest = [
      { ...row, world: 'test' },
      { ...row, scorer: 'rm', shift: 0 },
      { ...row, holds_for: 'average', shift: 2 },
      { ...row, organization: other },
    ];
    for (const one of [row, ...rest]) await engine.inTransaction((tx) => store.save(tx, one));
    const key = (one: typeof row) => [one.organization, one.world, one.scorer, one.holds_for].join();
    const sorted = (rows: (typeof row)[]) => rows.toSorted((a, b) => key(a).localeCompare(key(b)));
    expect(sorted(await store.all())).toEqual(sorted([row, ...rest]));
    const next = {
      ...row,
      basis: 'table/other',
      shift: 1 / 3,
      people: 31,
      compared: 30,
      pairs: 435,
      rate: 10 / 435,
      above: 77,
      measured_at: row.measured_at + 1,
      worst_tenth: 1 / 7,
      doubtful: 0,
    };
    await engine.inTransaction((tx) => store.save(tx, next));
    expect(sorted(await store.all())).toEqual(sorted([next, ...rest]));
    await engine.inTransaction((tx) => store.remove(tx, engine.organization));
    expect(await store.all()).toEqual([rest[3]]);
  });

  test('and their shift end with the organization, also after a start', async () => {
    engine = await startEngine({ location: await newLocation() });
    const open = () =>
      createGalleryCalibrations({ ...engine, crossScores: async (request) => crossScores(request) });
    const calibrations = open();
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const realm = (organization: OrganizationId) => ({ organization, world: 'test' as const });
    for (const organization of [engine.organization, other])
      for (let i = 0; i < 30; i++)
        await engine.subjects.enroll(
          realm(organization),
          {
            email: `p${i}@example.com`,
            embeddings: { 'a-net': near(direction('alike'), 0.8, `p${i}`) },
            quality: 0.9,
          },
          operator,
        );
    await calibrations.maintain();
    const shift = calibrations.of(realm(other))(scorerR);
    expect(shift).toBeGreaterThan(0);
    expect(calibrations.of(realm(engine.organization))(scorerR)).toBeCloseTo(shift, 5);
    const erasure = createOrganizationErasure({
      ...engine,
      erasure: await openErasure(engine, { dialect: kind }),
      access: createAccess({ ...engine, log: silentLog }),
      endings: [(organization) => calibrations.forget(organization)],
    });
    const order = { confirm: 'Acme', limit: 30, actor: operator };
    expect(await erasure.erase(engine.organization, order)).toMatchObject({ done: true });
    const restarted = open();
    await restarted.load();
    for (const one of [calibrations, restarted]) {
      expect(one.of(realm(engine.organization))(scorerR)).toBe(0);
      expect(one.list(engine.organization)).toEqual([]);
      expect(one.of(realm(other))(scorerR)).toBe(shift);
    }
    expect(await createGalleryCalibrationStore(engine).all()).toHaveLength(1);
    await calibrations.maintain();
    expect(calibrations.list(engine.organization)).toEqual([]);
  });

  test('count two alike people as strangers once it is decided that they are two', async () => {
    engine = await startEngine({ location: await newLocation() });
    const realm = { organization: engine.organization, world: 'test' } as const;
    const people: SubjectId[] = [];
    for (let i = 0; i < 31; i++) {
      const vector = i === 1 ? near(direction('p0'), 0.95, 'twin') : direction(`p${i}`);
      const duplicate = i === 1 ? { audit: { duplicateOf: people[0] } } : {};
      const input = {
        email: `p${i}@example.com`,
        embeddings: { 'a-net': vector },
        quality: 0.9,
        ...duplicate,
      };
      people.push((await engine.subjects.enroll(realm, input, operator)).subject.id);
    }
    const calibrations = createGalleryCalibrations({
      ...engine,
      crossScores: async (request) => crossScores(request),
    });
    const pairs = async () =>
      (await calibrations.measure(engine.organization, operator)).find(({ scorer }) => scorer === 'r')!.pairs;
    expect(await pairs()).toBe((31 * 30) / 2 - 1);
    const [person, other] = [people[0]!, people[1]!];
    await engine.subjects.markDistinct(realm, { person, other, same: false }, operator);
    expect(await pairs()).toBe((31 * 30) / 2);
  });
});
