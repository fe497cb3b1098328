import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { siteRoutes } from './organizations.ts';

let engine: Engine;
let control: ControlAdmin;

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [siteRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const bern = {
  name: 'Bern',
  cidr: '10.20.0.0/16',
  country: 'CH',
  latitude: 46.95,
  longitude: 7.45,
  timeZone: 'Europe/Zurich',
};

test('a site is added, listed without its organization, and removed', async () => {
  const { status, body: site } = await control.call('POST', '/sites', bern);
  expect([status, site]).toEqual([201, { ...bern, id: expect.stringMatching(/^site_/) }]);
  expect(await control.call('GET', '/sites')).toEqual({ status: 200, body: { items: [site] } });
  expect(await control.call('DELETE', `/sites/${site.id}`)).toEqual({ status: 204, body: undefined });
  expect(await control.call('DELETE', `/sites/${site.id}`)).toMatchObject({
    status: 404,
    body: { code: 'NOT_FOUND' },
  });
  expect(await control.call('GET', '/sites')).toEqual({ status: 200, body: { items: [] } });
});

test('sites come the newest first, page by page', async () => {
  const made: string[] = [];
  for (let i = 0; i < 5; i++)
    made.unshift((await control.call('POST', '/sites', { ...bern, cidr: `10.${i}.0.0/16` })).body.id);
  const first = await control.call('GET', '/sites?limit=3');
  const second = await control.call('GET', `/sites?limit=3&cursor=${first.body.next}`);
  const listed = [...first.body.items, ...second.body.items].map(({ id }: { id: string }) => id);
  expect([first.body.items.length, listed]).toEqual([3, made]);
  expect(second.body).not.toHaveProperty('next');
});

test('an organization has 1,000 sites at most', async () => {
  for (let i = 0; i < 1000; i++)
    await engine.organizations.addSite(
      engine.organization,
      { ...bern, cidr: `10.${i >> 8}.${i & 255}.0/24` },
      operator,
    );
  expect(await control.call('POST', '/sites', bern)).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT' },
  });
  expect((await engine.organizations.siteOf(engine.organization, '10.3.231.9'))?.cidr).toBe('10.3.231.0/24');
});

test('a network that is none is named', async () => {
  expect(await control.call('POST', '/sites', { ...bern, cidr: '10.20' })).toMatchObject({
    status: 400,
    body: { details: [{ path: 'cidr' }] },
  });
});
