import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, measuredByGroups, scorerR, startEngine } from '../../../test/support/engine.ts';
import { builtInProfiles } from '../../engine/matching/index.ts';
import { profileRoutes } from './profiles.ts';

let engine: Engine;
let control: ControlAdmin;

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [profileRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const { definition } = builtInProfiles[0]!;

test('a profile is made, shown by slug and by id, and put away', async () => {
  const rates = { holdsFor: 'average', notByGroups: ['r'] };
  const builtIn = { ...builtInProfiles[0], rates };
  const own = { id: expect.stringMatching(/^prof_/), slug: 'default', version: 1 };
  const made = await control.call('PUT', '/profiles/default', definition);
  expect(made).toEqual({
    status: 200,
    body: {
      ...own,
      builtIn: false,
      replacesBuiltIn: true,
      definition: { ...definition, maturity: 'custom' },
      rates,
    },
  });
  expect(await control.call('GET', '/profiles/default')).toEqual(made);
  expect(await control.call('GET', '/profiles/builtin:default')).toEqual({
    status: 200,
    body: builtIn,
  });
  expect(await control.call('DELETE', '/profiles/default')).toEqual({
    status: 200,
    body: { builtIn },
  });
  expect(await control.call('DELETE', '/profiles/default')).toMatchObject({
    status: 404,
    body: { code: 'PROFILE_NOT_FOUND' },
  });
  await control.call('PUT', '/profiles/front-door', definition);
  expect(await control.call('DELETE', '/profiles/front-door')).toEqual({ status: 200, body: {} });
});

test('pages hold each profile once, built-in ones first', async () => {
  for (const slug of ['zoo', 'desk', 'default']) await control.call('PUT', `/profiles/${slug}`, definition);
  const slugs: string[] = [];
  let next: string | undefined;
  do {
    const { body } = await control.call('GET', `/profiles?limit=2${next ? `&cursor=${next}` : ''}`);
    slugs.push(...body.items.map(({ slug }: { slug: string }) => slug));
    next = body.next;
  } while (next);
  const builtIn = builtInProfiles.map(({ slug }) => slug).filter((slug) => slug !== 'default');
  expect(slugs).toEqual([...builtIn, 'default', 'desk', 'zoo']);
});

test('a change made from another version than the one in use is refused', async () => {
  const put = (replaces: number) => control.call('PUT', `/profiles/desk?replaces=${replaces}`, definition);
  expect(await put(0)).toMatchObject({ status: 200, body: { version: 1 } });
  expect(await put(0)).toMatchObject({
    status: 409,
    body: {
      code: 'CONFLICT',
      error: 'The organization has version 1 of a profile “desk” already: nothing was changed.',
    },
  });
  expect(await put(1)).toMatchObject({ status: 200, body: { version: 2 } });
  await control.call('DELETE', '/profiles/desk');
  expect(await put(2)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  expect(await put(0)).toMatchObject({ status: 200, body: { version: 3 } });
});

test('every check says how far it is proven; liveness leaves that to its models', async () => {
  const { status, body } = await control.call('GET', '/checks');
  expect([status, body.checks.map(({ name, maturity }: Record<string, string>) => [name, maturity])]).toEqual(
    [
      200,
      [
        ['liveness', undefined],
        ['frameConsistency', 'experimental'],
        ['impossibleTravel', 'proven'],
        ['embeddingHistory', 'experimental'],
        ['deviceConsistency', 'experimental'],
        ['geoFence', 'proven'],
        ['timeRestriction', 'proven'],
        ['faceQuality', 'experimental'],
      ],
    ],
  );
  expect(body.checks[5]).toMatchObject({ takesInput: true, defaultRule: { hardFail: true } });
});

test('a slug that is none, and a check that there is not, are named', async () => {
  const odd = await control.call('PUT', '/profiles/Front%20Door', definition);
  expect([odd.status, odd.body.error]).toEqual([
    400,
    'The field "slug" must be lower-case letters, digits and hyphens.',
  ]);
  const checks = { ...definition.checks, smell: definition.checks.liveness };
  expect(await control.call('PUT', '/profiles/desk', { ...definition, checks })).toMatchObject({
    status: 400,
    body: { details: [{ path: 'checks.smell', message: 'Unknown field.' }] },
  });
});

test('versions are listed, shown and put back', async () => {
  for (const minimumComposite of [0.3, 0.4])
    await control.call('PUT', '/profiles/desk', { ...definition, minimumComposite });
  const back = await control.call('POST', '/profiles/desk/versions/1/restore');
  expect(back).toMatchObject({ status: 200, body: { version: 3, definition: { minimumComposite: 0.3 } } });
  const first = await control.call('GET', '/profiles/desk/versions?limit=2');
  expect(first.body.items).toMatchObject([
    { version: 3, restoredFrom: 1, createdBy: 'operator:ada', createdAt: '2026-11-20T12:00:00.000Z' },
    { version: 2 },
  ]);
  const rest = await control.call('GET', `/profiles/desk/versions?limit=2&cursor=${first.body.next}`);
  expect(rest.body).toMatchObject({ items: [{ version: 1 }] });
  expect(rest.body.next).toBeUndefined();
  expect(await control.call('GET', '/profiles/desk/versions/2')).toEqual({
    status: 200,
    body: first.body.items[1],
  });
  expect(await control.call('GET', '/profiles/desk/versions/4')).toMatchObject({
    status: 404,
    body: { code: 'PROFILE_NOT_FOUND' },
  });
});

test('settings are tried on what a profile decided, and nothing is stored', async () => {
  await control.call('PUT', '/profiles/desk', definition);
  const order = { definition: { ...definition, minimumComposite: 1 } };
  expect(await control.call('POST', '/profiles/desk/preview?env=live', order)).toEqual({
    status: 200,
    body: { considered: 0, refusedNow: 0, verifiedNow: 0, unknown: 0, changed: [], missing: [] },
  });
  expect((await control.call('GET', '/profiles/desk/versions')).body.items).toHaveLength(1);
  expect(
    await control.call('POST', '/profiles/desk/preview?env=live', { ...order, limit: 1001 }),
  ).toMatchObject({
    status: 400,
    body: { details: [{ path: 'limit' }] },
  });
});

test('where the scorer was measured by groups, the curves are those of the worst one, which are named', async () => {
  const measured = await startEngine({ scorers: [measuredByGroups(scorerR)] });
  const admin = await openControlAdmin(measured, {}, [profileRoutes]);
  const groups = { measured: [{ group: 'north', people: 2, pairs: 1 }], severalFrom: expect.any(String) };
  const curve = async (query: string) =>
    (await admin.call('GET', `/profiles/default/calibration-curve?env=live${query}`)).body;
  expect(await curve('')).toMatchObject({
    holdsFor: 'every-group',
    groups,
    safePeople: 201,
    curves: [{ measuredDownTo: 5e-5 }],
  });
  const average = await curve('&holdsFor=average');
  expect(average).toMatchObject({ holdsFor: 'average', curves: [{ measuredDownTo: 1e-5 }] });
  expect(average).not.toHaveProperty('groups');
  expect((await admin.call('GET', '/profiles/default')).body.rates).toEqual({
    holdsFor: 'every-group',
    notByGroups: [],
  });
  await admin.close();
  await measured.stop();
});

test('the error rates of a profile are shown by the tables of its scorer', async () => {
  const shown = await control.call('GET', '/profiles/default/calibration-curve?env=live');
  expect(shown).toMatchObject({
    status: 200,
    body: {
      scorer: { id: 'r' },
      holdsFor: 'average',
      falseMatchRate: 1e-3,
      falseIdentificationRate: 0.01,
      shift: 0,
      people: 0,
      safePeople: 1005,
      curves: [{ pictures: 1, measuredDownTo: 1e-5 }],
    },
  });
  const { steps, points } = shown.body.curves[0];
  expect(steps).toContainEqual({ fmr: 1e-4, threshold: 0.8, fnmr: 0.15, extrapolated: false });
  expect(steps.at(-1)).toMatchObject({ fmr: 1e-7, extrapolated: true });
  expect(points).toHaveLength(6);
  const between = await control.call('GET', '/profiles/default/calibration-curve?env=live&rate=0.00003');
  expect(between.body.curves[0].steps).toHaveLength(steps.length + 1);
  expect(between.body.curves[0].steps).toContainEqual(expect.objectContaining({ fmr: 3e-5 }));
  expect(await control.call('GET', '/profiles/default/calibration-curve?env=live&scorer=a')).toMatchObject({
    status: 503,
    body: { code: 'MODEL_NOT_INSTALLED' },
  });
});
