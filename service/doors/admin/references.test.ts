import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../test/support/faces.ts';
import { verificationRoutes } from './verifications.ts';

let engine: Engine;
let control: ControlAdmin;
let id: string;

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [verificationRoutes]);
  const realm = { organization: engine.organization, world: 'test' } as const;
  const email = 'ada@x.org';
  const embeddings = { 'a-net': direction('ada') };
  await engine.subjects.enroll(realm, { email, name: 'Ada', embeddings, quality: 1 }, operator);
  const picture = engine.analyzer.show('ada', analysisOf('ada', { embeddings }));
  id = (await engine.checks.verify({ ...realm, email, picture, actor: key })).verification!;
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

/** The same verification once more, under an id of its own. */
async function repeat(as: string): Promise<void> {
  const row = await engine.db
    .selectFrom('verification')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  await engine.db
    .insertInto('verification')
    .values({ ...row, id: as })
    .execute();
}
const found = async (reference: string) =>
  (await control.call('GET', `/verifications?env=test&reference=${reference}`)).body.items.map(
    (one: { id: string }) => one.id,
  );

test('a verification is found by the reference that the person was shown, in any case', async () => {
  const end = id.slice(-6);
  await repeat(`ver_01m7w3hbbec1gf5vj2bmzzzzzz`);
  for (const text of [end, end.toUpperCase(), `V-${end.toUpperCase()}`, `v-${end}`])
    expect(await found(text)).toEqual([id]);
  expect(await found('V-000000')).toEqual([]);
  const { body } = await control.call('GET', `/verifications/V-${end.toUpperCase()}?env=test`);
  expect(body).toMatchObject({ id, email: 'ada@x.org' });
  expect(await control.call('GET', `/verifications/V-${end}?env=live`)).toMatchObject({ status: 404 });
});

test('several with one reference are all listed, and none of them is chosen', async () => {
  const other = `ver_01m7w3hbbec1gf5vj2bm${id.slice(-6)}`;
  await repeat(other);
  expect((await found(id.slice(-6))).toSorted()).toEqual([id, other].toSorted());
  const { status, body } = await control.call('GET', `/verifications/V-${id.slice(-6)}?env=test`);
  expect([status, body.code]).toEqual([409, 'CONFLICT']);
  expect(body.message ?? body.error).toContain(other);
});

test('an unknown one, and what is none, are refused', async () => {
  expect(await control.call('GET', '/verifications/V-000000?env=test')).toMatchObject({ status: 404 });
  for (const text of ['S-000000', 'V-00000', 'V-0000000', '%25%25%25%25%25%25'])
    expect(await control.call('GET', `/verifications?env=test&reference=${text}`)).toMatchObject({
      status: 400,
    });
});

test('what is neither an id nor a reference is refused with what it must be', async () => {
  const { status, body } = await control.call('GET', '/verifications/nonsense?env=test');
  expect([status, body.error]).toEqual([
    400,
    'The field "id" must be the id of a verification, or a reference such as V-EEF098.',
  ]);
});
