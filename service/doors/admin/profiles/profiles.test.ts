import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../../test/support/engine.ts';
import { builtInProfiles } from '../../../engine/profiles/index.ts';

let engine: Engine;
let control: ControlAdmin;

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const { definition } = builtInProfiles[0]!;

test('a profile is made, shown by slug and by id, and put away', async () => {
  const own = { id: expect.stringMatching(/^prof_/), slug: 'default', version: 1, builtIn: false };
  const made = await control.call('PUT', '/profiles/default', definition);
  expect(made).toEqual({
    status: 200,
    body: { ...own, definition: { ...definition, maturity: 'custom' } },
  });
  expect(await control.call('GET', '/profiles/default')).toEqual(made);
  expect(await control.call('GET', '/profiles/builtin:default')).toEqual({
    status: 200,
    body: builtInProfiles[0],
  });
  expect(await control.call('DELETE', '/profiles/default')).toEqual({
    status: 200,
    body: { builtIn: builtInProfiles[0] },
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
