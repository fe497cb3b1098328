import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { behaviorLayerRoutes } from './behavior-layer.ts';

let engine: Engine;
let control: ControlAdmin;

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [behaviorLayerRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

test('the learned layer is offered with its doubt, refused without an acceptance, and chosen with one', async () => {
  const { body: before } = await control.call('GET', '/behavior/layer');
  expect(before).toMatchObject({
    layer: 'rules',
    offered: { id: 'research-5', trained: { doubt: expect.stringContaining('doubtful') } },
  });
  expect(await control.call('PUT', '/behavior/layer', { layer: 'research' })).toMatchObject({
    status: 409,
    body: { code: 'LICENCE_NOT_ACCEPTED', error: expect.stringContaining('acceptLicenceDoubt') },
  });
  expect((await control.call('GET', '/behavior/layer')).body).toEqual(before);
  const chosen = await control.call('PUT', '/behavior/layer', {
    layer: 'research',
    acceptLicenceDoubt: true,
  });
  expect(chosen).toMatchObject({
    status: 200,
    body: { layer: 'research', accepted: { by: 'operator:ada', model: 'research-5' } },
  });
  expect((await control.call('GET', '/behavior/layer')).body).toEqual(chosen.body);
});

test('a layer that is none is refused', async () => {
  expect(await control.call('PUT', '/behavior/layer', { layer: 'deep' })).toMatchObject({
    status: 400,
    body: { details: [{ path: 'layer' }] },
  });
});
