import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { direction } from '../../../test/support/faces.ts';
import { subjectRoutes } from './subjects.ts';

let engine: Engine;
let control: ControlAdmin;

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [subjectRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

async function enroll(email: string, more: { name?: string; confirmed?: boolean } = {}): Promise<string> {
  const realm = { organization: engine.organization, world: 'test' } as const;
  const embeddings = { 'a-net': direction(email) };
  const { subject } = await engine.subjects.enroll(
    realm,
    { email, embeddings, quality: 0.9, ...more },
    operator,
  );
  engine.advance(1);
  return subject.id;
}
const lines = async () =>
  (
    await engine.db.selectFrom('audit').select(['action', 'target', 'details']).orderBy('seq').execute()
  ).filter(({ action }) => /^subject\.(?!enroll)/.test(action));

test('people are listed a page at a time, the newest first, and counted', async () => {
  const [ada, bea, cid] = [await enroll('ada@x.org'), await enroll('bea@x.org'), await enroll('cid@x.org')];
  const first = await control.call('GET', '/subjects?env=test&limit=2');
  expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual([cid, bea]);
  const second = await control.call('GET', `/subjects?env=test&limit=2&cursor=${first.body.next}`);
  expect(second).toEqual({
    status: 200,
    body: {
      items: [
        {
          id: ada,
          env: 'test',
          email: 'ada@x.org',
          enrollments: 1,
          createdAt: expect.stringMatching(/Z$/),
          updatedAt: expect.stringMatching(/Z$/),
        },
      ],
    },
  });
  expect(await control.call('GET', '/subjects/count?env=test')).toEqual({ status: 200, body: { count: 3 } });
  expect((await lines()).map(({ details }) => JSON.parse(details))).toEqual([
    { world: 'test', people: 2, first: cid, last: bea },
    { world: 'test', people: 1, first: ada, last: ada },
  ]);
});

test('a person is found by a part of the address or of the name, or by the id; what was looked for is not in the log', async () => {
  const ada = await enroll('ada@x.org', { name: 'Ada Lovelace' });
  const bea = await enroll('bea@LOVE.org');
  await enroll('cid@x.org');
  const find = async (search: string) =>
    (await control.call('GET', `/subjects?env=test&search=${encodeURIComponent(search)}`)).body.items.map(
      ({ id }: { id: string }) => id,
    );
  expect(await find('love')).toEqual([bea, ada]);
  expect(await find('ADA@')).toEqual([ada]);
  expect(await find(ada)).toEqual([ada]);
  expect(await find('dora')).toEqual([]);
  const page = await control.call('GET', '/subjects?env=test&search=love&limit=1');
  const rest = await control.call('GET', `/subjects?env=test&search=love&limit=1&cursor=${page.body.next}`);
  expect([page.body.items[0].id, rest.body.items[0].id, rest.body.next]).toEqual([bea, ada, undefined]);
  expect(JSON.stringify(await lines())).not.toMatch(/love|ada@|dora/i);
});

test('the name and the address of a person change; the old address finds no person', async () => {
  const id = await enroll('ada@x.org', { name: 'Ada' });
  await enroll('bea@x.org');
  const changed = await control.call('PATCH', '/subjects/ada@x.org?env=test', {
    email: 'ada@y.org',
    name: null,
  });
  expect(changed).toMatchObject({ status: 200, body: { id, email: 'ada@y.org' } });
  expect(changed.body).not.toHaveProperty('name');
  expect(await control.call('GET', '/subjects/ada@x.org?env=test')).toMatchObject({
    status: 404,
    body: { code: 'SUBJECT_NOT_FOUND' },
  });
  expect(await control.call('GET', '/subjects/ada@y.org?env=test')).toMatchObject({
    body: { id, email: 'ada@y.org', enrollments: 1, pictures: [{ confirmed: true, comparable: true }] },
  });
  expect(await control.call('PATCH', `/subjects/${id}?env=test`, { email: 'bea@x.org' })).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT' },
  });
  expect(await control.call('PATCH', `/subjects/${id}?env=test`, {})).toMatchObject({ status: 400 });
  expect(await lines()).toEqual([
    {
      action: 'subject.change',
      target: id,
      details: '{"world":"test","changed":["email","name"]}',
    },
    { action: 'subject.read', target: id, details: '{"world":"test"}' },
  ]);
});

test('a date of birth that an operator has approved is shown with the person', async () => {
  const id = await enroll('ada@x.org');
  await control
    .call('PATCH', `/subjects/${id}?env=test`, { birthDate: '1815-12-10' })
    .then(({ status, body }) =>
      expect([status, body.details]).toEqual([400, [{ path: 'birthDate', message: expect.any(String) }]]),
    );
  await control.call('PATCH', `/subjects/${id}?env=test`, { birthDate: '1990-12-10' });
  expect(await control.call('GET', `/subjects/${id}?env=test`)).toMatchObject({
    body: { birthDate: '1990-12-10' },
  });
});

test('a picture is removed, but not the only confirmed one', async () => {
  const id = await enroll('ada@x.org');
  await enroll('ada@x.org');
  const { pictures } = (await control.call('GET', `/subjects/${id}?env=test`)).body;
  const [first, second] = pictures.map((one: { id: string }) => one.id);
  const path = (picture: string) => `/subjects/${id}/pictures/${picture}?env=test`;
  expect(await control.call('DELETE', path(first))).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT' },
  });
  expect(await control.call('PATCH', path(second), { confirmed: true })).toMatchObject({
    status: 200,
    body: { items: [{ id: first }, { id: second, confirmed: true }] },
  });
  expect(await control.call('DELETE', path(first))).toMatchObject({
    status: 200,
    body: { items: [{ id: second }] },
  });
  expect(await control.call('DELETE', path(first))).toMatchObject({
    status: 404,
    body: { code: 'NOT_FOUND' },
  });
});
