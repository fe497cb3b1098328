import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { limitRoutes } from './limits.ts';

let engine: Engine;
let control: ControlAdmin;

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [limitRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const month = expect.stringMatching(/^\d{4}-\d\d$/);

test('limits are set and taken away; what has no limit is absent', async () => {
  const unused = { organization: { used: 0 }, visits: { used: 0 } };
  const unlimited = { burst: 600, perUser: 10, perAddress: 120, month, ...unused };
  expect(await control.call('GET', '/limits')).toEqual({ status: 200, body: unlimited });
  const change = { burst: 120, perAddress: 40, monthly: 50_000, trialUntil: '2027-01-31T01:00:00+01:00' };
  const changed = {
    burst: 120,
    perUser: 10,
    perAddress: 40,
    month,
    trialUntil: '2027-01-31T00:00:00.000Z',
    organization: { used: 0, limit: 50_000 },
    visits: { used: 0, limit: 50_000 },
  };
  expect(await control.call('PATCH', '/limits', change)).toEqual({ status: 200, body: changed });
  expect(await control.call('GET', '/limits')).toEqual({ status: 200, body: changed });
  expect(await control.call('PATCH', '/limits', { monthly: null, trialUntil: null })).toEqual({
    status: 200,
    body: { ...unlimited, burst: 120, perAddress: 40 },
  });
  expect(await control.call('PATCH', '/limits', { burst: null, perAddress: null, perUser: null })).toEqual({
    status: 200,
    body: unlimited,
  });
});

test('a change that names nothing, and a key that there is not, are refused', async () => {
  expect(await control.call('PATCH', '/limits', {})).toMatchObject({ status: 400 });
  const long = { trialUntil: '1969-12-31T00:00:00Z' };
  expect(await control.call('PATCH', '/limits', long)).toMatchObject({ status: 400 });
  expect(await control.call('GET', `/limits?key=key_${'0'.repeat(26)}`)).toMatchObject({
    status: 404,
    body: { code: 'NOT_FOUND' },
  });
});
