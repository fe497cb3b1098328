import { afterEach, beforeEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { researchModel } from '../behavior/index.ts';
import { createBehaviorLayers } from './index.ts';
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
      offered: { id: researchModel.id, trained: researchModel.trained },
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
      createLayerStore(engine).put(tx, { ...row, accepted_by: 'administrator:adm_bea', accepted_at: 1 }),
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

  test('leaves a line in the audit log, and nothing with its organization', async () => {
    const layers = createBehaviorLayers(engine);
    await layers.choose(organization, accepting, bea);
    const { lines } = { lines: await engine.db.selectFrom('audit').selectAll().execute() };
    const line = lines.find(({ action }) => action === 'behavior.layer');
    expect(line).toMatchObject({ organization, target: organization });
    expect(JSON.parse(line!.details!)).toEqual({ from: 'rules', to: 'research', model: researchModel.id });
    await layers.forget(organization);
    await layers.forget(organization);
    expect(layers.learned(organization)).toEqual({});
    expect(await createLayerStore(engine).all()).toEqual([]);
  });
});
