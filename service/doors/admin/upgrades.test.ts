import { expect, onTestFinished, test } from 'vitest';
import { openControlAdmin } from '../../../test/support/control-admin.ts';
import { measuredByGroups, operator, scorerR, startEngine } from '../../../test/support/engine.ts';
import { direction } from '../../../test/support/faces.ts';
import { subjectRoutes } from './subjects.ts';

test('people of the former embedder are listed a page at a time; their names are asked for, and that is recorded', async () => {
  const engine = await startEngine({
    scorers: [
      measuredByGroups({ ...scorerR, id: 'a', supersededBy: 'r' }),
      { ...scorerR, terms: [{ model: 'b-net', weight: 1, offset: 0 }] },
    ],
  });
  onTestFinished(() => engine.stop());
  const control = await openControlAdmin(engine, {}, [subjectRoutes]);
  onTestFinished(() => control.close());
  const realm = { organization: engine.organization, world: 'test' } as const;
  const ids: string[] = [];
  for (const name of ['ada', 'bea']) {
    const who = { email: `${name}@x.org`, name, quality: 0.9 };
    const { subject } = await engine.subjects.enroll(
      realm,
      { ...who, embeddings: { 'a-net': direction(name) } },
      operator,
    );
    ids.push(subject.id);
    engine.advance(1);
  }
  await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);

  const listings = async () =>
    (await engine.db.selectFrom('audit').selectAll().where('action', '=', 'subject.list').execute()).map(
      ({ details }) => JSON.parse(details),
    );
  const counts = { upgraded: 0, provisional: 0, waiting: 2 };
  const first = await control.call('GET', '/template-upgrades?env=test&limit=1');
  expect(first.body).toEqual({
    ...counts,
    items: [{ id: ids[0], provisional: false }],
    next: expect.any(String),
  });
  expect(await listings()).toEqual([]);
  const second = await control.call(
    'GET',
    `/template-upgrades?env=test&limit=1&names=true&cursor=${first.body.next}`,
  );
  expect(second.body).toEqual({
    ...counts,
    items: [{ id: ids[1], provisional: false, email: 'bea@x.org', name: 'bea' }],
  });
  expect(await listings()).toEqual([{ world: 'test', people: 1, first: ids[1], last: ids[1] }]);
});
