import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { personWindow } from '../../../../test/support/behavior-windows.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { asWrittenByService } from '../../../../test/support/integrity.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { researchModel } from '../model/behavior-model.ts';
import { createBehaviorLayers } from './behavior-layers.ts';

const bea = { is: 'administrator', administrator: 'adm_bea' } as const;
const accepting = { layer: 'research', acceptLicenceDoubt: true } as const;

onSqlite('the learned layer', (newLocation) => {
  let engine: Engine;
  let organization: OrganizationId;

  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    ({ organization } = engine);
  });
  afterEach(() => engine.stop());

  test('is off until the doubt about its licence is accepted', async () => {
    const layers = createBehaviorLayers(engine);
    await layers.load();
    expect(layers.learned(organization)).toEqual({});
    expect(layers.describe(organization)).toEqual({
      layer: 'rules',
      offered: {
        id: researchModel.id,
        z0: researchModel.z0,
        trained: researchModel.trained,
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
    const accepted = { accepted_model: 'research-0', accepted_by: 'administrator:adm_bea', accepted_at: 1 };
    await engine.db
      .insertInto('behavior_layer')
      .values({ organization, layer: 'research', own_weights: null, ...accepted })
      .execute();
    await asWrittenByService(engine, 'behavior_layer');
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
      layer: 'own',
      model: { id: 'shop-2027' },
      own: { id: 'shop-2027' },
    });
    await layers.choose(organization, { layer: 'rules', acceptLicenceDoubt: false }, bea);
    expect(layers.learned(organization)).toEqual({});
    await layers.load();
    await layers.choose(organization, own, bea);
    expect(layers.learned(organization)).toEqual({ model: weights });
  });

  test('of own weights in another form is off, and a start goes on', async () => {
    const none = { accepted_model: null, accepted_by: null, accepted_at: null };
    const own_weights = JSON.stringify({ ...researchModel, format: 2 });
    await engine.db
      .insertInto('behavior_layer')
      .values({ ...none, organization, layer: 'own', own_weights })
      .execute();
    await asWrittenByService(engine, 'behavior_layer');
    const layers = createBehaviorLayers(engine);
    await layers.load();
    expect(layers.learned(organization)).toEqual({});
    expect(layers.describe(organization)).toMatchObject({ layer: 'rules' });
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
      from: 'rules',
      to: 'research',
      model: researchModel.id,
      sha256: layers.describe(organization).offered.sha256,
    });
    await layers.forget(organization);
    await layers.forget(organization);
    expect(layers.learned(organization)).toEqual({});
    expect(await engine.db.selectFrom('behavior_layer').selectAll().execute()).toEqual([]);
  });
});
