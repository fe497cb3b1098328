import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { onBothDatabases } from '../../../test/storage/databases.ts';
import { emptyWindow, personWindow } from '../../../test/support/behavior-windows.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { researchModel, scoreOfPerson } from '../behavior/index.ts';
import { type ConfirmedPerson, createBehaviorLayers } from './index.ts';
import { createLayerStore } from './layer-store.ts';

const bea = { is: 'administrator', administrator: 'adm_bea' } as const;
const accepting = { layer: 'research', acceptLicenceDoubt: true } as const;

onBothDatabases('the learned layer', (newPlace) => {
  let engine: Engine;
  let organization: OrganizationId;

  beforeEach(async () => {
    engine = await startEngine({ place: await newPlace() });
    ({ organization } = engine);
  });
  afterEach(() => engine.stop());

  test('is off until the doubt about its licence is accepted', async () => {
    const layers = createBehaviorLayers(engine);
    await layers.load();
    expect(layers.learned(organization)).toEqual({});
    expect(layers.describe(organization)).toEqual({
      layer: 'rules',
      adapts: false,
      offered: {
        ...{ id: researchModel.id, z0: researchModel.z0, trained: researchModel.trained },
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    const without = layers.choose(organization, { ...accepting, acceptLicenceDoubt: false }, bea);
    await expect(without).rejects.toMatchObject({ code: 'LICENCE_NOT_ACCEPTED' });
    expect(layers.learned(organization)).toEqual({});

    const at = engine.clock.now();
    expect(await layers.choose(organization, accepting, bea)).toMatchObject({
      layer: 'research',
      model: { id: researchModel.id },
      accepted: { by: 'administrator:adm_bea', at, model: researchModel.id },
    });
    expect(layers.learned(organization)).toEqual({ model: researchModel });
  });

  test('stays chosen over a start, for its organization alone', async () => {
    await createBehaviorLayers(engine).choose(organization, accepting, bea);
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const layers = createBehaviorLayers(engine);
    await layers.load();
    expect(layers.learned(organization)).toEqual({ model: researchModel });
    expect(layers.learned(other)).toEqual({});
  });

  test('is switched off and on with the acceptance of the first time', async () => {
    const layers = createBehaviorLayers(engine);
    const first = await layers.choose(organization, accepting, bea);
    engine.advance(5_000);
    const off = await layers.choose(organization, { layer: 'rules', acceptLicenceDoubt: false }, operator);
    expect(off).toMatchObject({ layer: 'rules', accepted: first.accepted });
    expect(layers.learned(organization)).toEqual({});
    const on = await layers.choose(organization, { layer: 'research', acceptLicenceDoubt: false }, operator);
    expect(on).toEqual(first);
  });

  test('of other weights than those accepted is off, and asks again', async () => {
    const row = { organization, layer: 'research', accepted_model: 'research-0' };
    await engine.inTransaction((tx) =>
      createLayerStore(engine).put(tx, {
        ...{
          ...row,
          accepted_by: 'administrator:adm_bea',
          accepted_at: 1,
          own_weights: null,
          zero: null,
          adapts: 0,
        },
      }),
    );
    const layers = createBehaviorLayers(engine);
    await layers.load();
    expect(layers.learned(organization)).toEqual({});
    expect(layers.describe(organization)).toMatchObject({
      layer: 'rules',
      accepted: { model: 'research-0' },
    });
    const again = layers.choose(organization, { layer: 'research', acceptLicenceDoubt: false }, bea);
    await expect(again).rejects.toMatchObject({ code: 'LICENCE_NOT_ACCEPTED' });
  });

  test('of own weights needs some, and keeps them for the next time', async () => {
    const layers = createBehaviorLayers(engine);
    const own = { layer: 'own', acceptLicenceDoubt: false } as const;
    await expect(layers.choose(organization, own, bea)).rejects.toMatchObject({ code: 'CONFLICT' });
    const weights = { ...researchModel, id: 'shop-2027' };
    expect(await layers.choose(organization, { ...own, weights }, bea)).toMatchObject({
      ...{ layer: 'own', model: { id: 'shop-2027' }, own: { id: 'shop-2027' } },
    });
    await layers.choose(organization, { layer: 'rules', acceptLicenceDoubt: false }, bea);
    expect(layers.learned(organization)).toEqual({});
    await layers.load();
    await layers.choose(organization, own, bea);
    expect(layers.learned(organization)).toEqual({ model: weights });
  });

  test('of own weights in another form is off, and a start goes on', async () => {
    const none = { accepted_model: null, accepted_by: null, accepted_at: null, zero: null, adapts: 0 };
    const own_weights = JSON.stringify({ ...researchModel, format: 2 });
    await engine.inTransaction((tx) =>
      createLayerStore(engine).put(tx, { ...none, organization, layer: 'own', own_weights }),
    );
    const layers = createBehaviorLayers(engine);
    await layers.load();
    expect(layers.learned(organization)).toEqual({});
    expect(layers.describe(organization)).toMatchObject({ layer: 'rules' });
  });

  test('takes the zero of its own people, for the weights that it was measured for', async () => {
    const layers = createBehaviorLayers(engine);
    const zero = { z0: researchModel.z0 + 0.25, windows: 812, people: 44 };
    await expect(layers.setZero(organization, zero, bea)).rejects.toMatchObject({ code: 'CONFLICT' });
    await layers.choose(organization, accepting, bea);
    expect((await layers.setZero(organization, zero, bea)).zero).toEqual({
      ...{ ...zero, at: engine.clock.now(), drift: 0.25 },
    });
    expect(layers.learned(organization)).toEqual({ model: researchModel, z0: zero.z0 });
    await layers.load();
    expect(layers.learned(organization)).toEqual({ model: researchModel, z0: zero.z0 });
    const weights = { ...researchModel, id: 'shop-2027' };
    const other = await layers.choose(organization, { ...accepting, layer: 'own', weights }, bea);
    expect(other).not.toHaveProperty('zero');
    expect(layers.learned(organization)).toEqual({ model: weights });
    await layers.choose(organization, accepting, bea);
    expect(await layers.setZero(organization, undefined, bea)).not.toHaveProperty('zero');
  });

  test.each([
    ['few windows', { z0: researchModel.z0, windows: 499, people: 44 }],
    ['few people', { z0: researchModel.z0, windows: 812, people: 29 }],
    ['too far', { z0: researchModel.z0 - 1.51, windows: 812, people: 44 }],
  ])('refuses a zero of %s', async (_, zero) => {
    const layers = createBehaviorLayers(engine);
    await layers.choose(organization, accepting, bea);
    await expect(layers.setZero(organization, zero, bea)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(layers.learned(organization)).toEqual({ model: researchModel });
  });

  describe('adapts to a site', () => {
    let users = 0;
    /** Windows of people whose sessions were approved, `each` of everyone. */
    const confirm = async (layers: ReturnType<typeof createBehaviorLayers>, people: number, each = 17) => {
      for (let person = 0; person < people; person++) {
        const windows = Array.from({ length: each }, (_, i) =>
          personWindow({ mouse: { n: 12, str: 0.85 + ((person * 7 + i * 3) % 13) / 100 } }),
        );
        const who = { reference: `user_${++users}` };
        await engine.inTransaction((tx) => layers.confirmed(tx, organization, who, windows));
      }
    };
    const lines = async (action: string) =>
      (await engine.db.selectFrom('audit').selectAll().where('action', '=', action).execute()).map(
        ({ actor, details }) => ({ actor, ...JSON.parse(details!) }),
      );

    test('shows the drift first, and moves the zero only where an administrator lets it', async () => {
      const layers = createBehaviorLayers(engine);
      expect(await layers.measure(organization)).toBeUndefined();
      await confirm(layers, 1);
      const z0 = scoreOfPerson(researchModel, personWindow({ mouse: { n: 12, str: 0.9 } }))!;
      const near = { ...researchModel, id: 'near', z0: z0 + 1 };
      await layers.choose(organization, { ...accepting, layer: 'own', weights: near }, bea);
      expect(await layers.measure(organization)).toMatchObject({ windows: 0, people: 0 });
      await confirm(layers, 29, 18);
      expect(await layers.measure(organization)).toEqual({
        ...{ windows: 522, people: 29, refused: expect.stringContaining('of 30 people') },
      });
      await confirm(layers, 1);
      const site = (await layers.measure(organization))!;
      expect(site).toEqual({ windows: 539, people: 30, z0: expect.any(Number), drift: expect.any(Number) });
      expect(site.drift).toBeCloseTo(site.z0! - near.z0);
      await layers.tend();
      expect(layers.learned(organization)).toEqual({ model: near });
      expect(await layers.adapt(organization, true, bea)).toMatchObject({ adapts: true });
      await layers.tend();
      await layers.tend();
      expect(layers.learned(organization)).toEqual({ model: near, z0: site.z0 });
      expect(await lines('behavior.adapt')).toMatchObject([
        { actor: 'administrator:adm_bea', adapts: 'true' },
      ]);
      expect(await lines('behavior.zero')).toMatchObject([
        { actor: 'appliance:behavior-zero', to: site.z0, people: 30 },
      ]);
      await layers.load();
      expect(layers.describe(organization)).toMatchObject({
        adapts: true,
        zero: { z0: site.z0, people: 30 },
      });
    });

    test('never from too far away, never from windows that say little, and at most forty of one person', async () => {
      const layers = createBehaviorLayers(engine);
      const far = { ...researchModel, id: 'far', z0: researchModel.z0 + 90 };
      await layers.choose(organization, { ...accepting, layer: 'own', weights: far }, bea);
      await layers.adapt(organization, true, bea);
      await confirm(layers, 31);
      expect((await layers.measure(organization))!.refused).toContain('at most 1.5');
      await layers.tend();
      expect(layers.learned(organization)).toEqual({ model: far });
      await layers.choose(organization, accepting, bea);
      const add = (windows: Parameters<typeof layers.confirmed>[3]) =>
        engine.inTransaction((tx) => layers.confirmed(tx, organization, { reference: 'one user' }, windows));
      await add([personWindow({ mouse: { n: 7 } }), personWindow({ winMs: 19_000 }), emptyWindow()]);
      expect(await layers.measure(organization)).toMatchObject({ windows: 0 });
      for (let i = 0; i < 9; i++) await add(Array(5).fill(personWindow({ mouse: { n: 12 } })));
      expect(await layers.measure(organization)).toMatchObject({ windows: 40, people: 1 });
    });

    test('an erasure reaches the figures of the person, under every session of that name and of that address', async () => {
      const layers = createBehaviorLayers(engine);
      await layers.choose(organization, accepting, bea);
      const add = (person: ConfirmedPerson) =>
        engine.inTransaction((tx) =>
          layers.confirmed(tx, organization, person, [personWindow({ mouse: { n: 12 } })]),
        );
      await add({ reference: 'ada', subject: 'sub_ada' });
      await add({ reference: 'ada' });
      await add({ reference: 'bea', emailHash: 'hash of bea' });
      await add({ reference: 'bea' });
      await add({ reference: 'cleo', subject: 'sub_cleo', emailHash: 'hash of cleo' });
      const data = engine.personalData.find(({ tables }) => 'behavior_confirmed' in tables)!;
      const left = async () =>
        (await engine.db.selectFrom('behavior_confirmed').select('subject').execute()).map(
          ({ subject }) => subject,
        );
      expect(await left()).toHaveLength(5);
      const forget = (...of: string[]) =>
        engine.inTransaction((tx) => data.forget!(tx, of as never, engine.clock.now()));
      const forgetAddress = (world: 'live' | 'test', hash: string) =>
        engine.inTransaction((tx) => data.forgetAddress!(tx, { organization, world }, hash));
      await forget('sub_ada', 'sub_unknown');
      await forget('sub_ada');
      expect(await left()).toEqual([null, null, 'sub_cleo']);
      await forgetAddress('test', 'hash of bea');
      expect(await left()).toHaveLength(3);
      await forgetAddress('live', 'hash of bea');
      expect(await left()).toEqual(['sub_cleo']);
    });

    test('keeps keyed hashes, and forgets after thirty days and with the organization', async () => {
      const layers = createBehaviorLayers(engine);
      await layers.choose(organization, accepting, bea);
      const kept = () => engine.db.selectFrom('behavior_confirmed').selectAll().execute();
      await confirm(layers, 2, 3);
      expect(JSON.stringify(await kept())).not.toContain('user_');
      engine.advance(31 * 86_400_000);
      await confirm(layers, 1, 2);
      await layers.tend();
      expect(await kept()).toHaveLength(2);
      await layers.forget(organization);
      expect(await kept()).toEqual([]);
    });
  });

  test('judges what is verified from then on', async () => {
    const caller = { organization, world: 'live', lineage: 'key_1', key: 'key_1' } as never;
    const verify = (seq: number) =>
      engine.verdicts.verify(caller, {
        userId: `user-${seq}`,
        data: personWindow({ sid: `sid-of-a-window-${seq}`, seq, mouse: { str: 0.9 + seq / 1_000 } }),
      });
    expect((await verify(1)).notes).toContain('rules_only');
    await engine.behaviorLayers.choose(organization, accepting, bea);
    expect((await verify(2)).notes).not.toContain('rules_only');
  });

  test('leaves a line in the audit log, and nothing with its organization', async () => {
    const layers = createBehaviorLayers(engine);
    await layers.choose(organization, accepting, bea);
    const { lines } = { lines: await engine.db.selectFrom('audit').selectAll().execute() };
    const line = lines.find(({ action }) => action === 'behavior.layer');
    expect(line).toMatchObject({ organization, target: organization });
    expect(JSON.parse(line!.details!)).toEqual({
      ...{ from: 'rules', to: 'research', model: researchModel.id },
      sha256: layers.describe(organization).offered.sha256,
    });
    await layers.forget(organization);
    await layers.forget(organization);
    expect(layers.learned(organization)).toEqual({});
    expect(await createLayerStore(engine).all()).toEqual([]);
  });
});
