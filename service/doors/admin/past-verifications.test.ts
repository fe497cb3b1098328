import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction, emptyAnalysis, meanOf, near } from '../../../test/support/faces.ts';
import { subjectRoutes } from './subjects.ts';
import { verificationRoutes } from './verifications.ts';

let engine: Engine;
let control: ControlAdmin;
beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [subjectRoutes, verificationRoutes]);
  await engine.subjects.enroll(
    realm(),
    { email: 'ada@x.org', name: 'Ada', embeddings: { 'a-net': direction('ada') }, quality: 1 },
    operator,
  );
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const realm = () => ({ organization: engine.organization, world: 'test' }) as const;
async function verify(face?: string): Promise<void> {
  const name = `picture of ${face}`;
  const shown =
    face === undefined ? emptyAnalysis(name) : analysisOf(name, { embeddings: { 'a-net': direction(face) } });
  engine.advance(1000);
  const picture = engine.analyzer.show(name, shown);
  await engine.checks.verify({ ...realm(), email: 'ada@x.org', picture, actor: key }).catch(() => {});
}
const list = async (query = '') => (await control.call('GET', `/verifications?env=test${query}`)).body;
const reasons = async (query = '') =>
  (await list(query)).items.map(({ reason, decision }: Record<string, string>) => `${decision} ${reason}`);

test('a list is filtered by decision and reason, has sentences, and is paged', async () => {
  await verify('ada');
  await verify('bob');
  await verify();
  expect(await reasons()).toEqual([
    'refused FACE_NOT_FOUND',
    'not-verified NOT_RECOGNIZED',
    'verified undefined',
  ]);
  expect(await reasons('&decision=unverified')).toHaveLength(2);
  expect(await reasons('&decision=verified&reason=NOT_RECOGNIZED')).toEqual([]);
  expect(await reasons('&decidedBy=faceQuality')).toEqual(['refused FACE_NOT_FOUND']);
  expect(await reasons('&from=2026-11-20T13:00:03%2B01:00')).toEqual(['refused FACE_NOT_FOUND']);
  const first = await list('&limit=2');
  expect((await list(`&limit=2&cursor=${first.next}`)).items).toHaveLength(1);
  expect(first.items[0]).toMatchObject({
    sentence: 'No face was found in the picture.',
    message: 'No face was found in the picture.',
    messageCode: 'NO_FACE_IN_PICTURE',
    profile: { slug: 'default' },
    by: 'key:key_1',
  });
  const wrong = await control.call('GET', '/verifications?env=test&reason=TIRED');
  expect(wrong).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
});

test('one has its checks with sentences, and the person; the history is that of the person alone', async () => {
  await verify('ada');
  const history = await control.call('GET', '/subjects/ada@x.org/verifications?env=test');
  expect(history.body.items).toHaveLength(1);
  const [{ id }] = history.body.items;
  const { body } = await control.call('GET', `/verifications/${id}?env=test`);
  expect(body).toMatchObject({
    decision: 'verified',
    email: 'ada@x.org',
    name: 'Ada',
    match: { scorer: 'r' },
  });
  expect(body.checks.length).toBeGreaterThan(3);
  for (const { sentence, threshold } of body.checks)
    expect([typeof sentence, typeof threshold]).toEqual(['string', 'number']);
  const none = await control.call('GET', `/verifications/ver_${'0'.repeat(26)}?env=test`);
  expect(none).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
});

test('a picture that matches several enrolled people is shown as such, in the list and alone', async () => {
  const [ada, bea] = [direction('ada'), near(direction('ada'), 0.9, 'bea')];
  await engine.subjects.enroll(
    realm(),
    { email: 'bea@x.org', embeddings: { 'a-net': bea }, quality: 1 },
    operator,
  );
  for (const [name, face] of [
    ['blended', meanOf(ada, bea)],
    ['other', direction('eve')],
  ] as const) {
    engine.advance(1000);
    const picture = engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': face } }));
    const verdict = await engine.checks.verify({ ...realm(), picture, actor: key });
    // The caller does not get to know it.
    expect(verdict).not.toHaveProperty('alike');
  }
  const { items } = await list();
  expect(items.map(({ alike }: { alike?: number }) => alike)).toEqual([undefined, 2]);
  expect((await control.call('GET', `/verifications/${items[1].id}?env=test`)).body).toMatchObject({
    decision: 'verified',
    alike: 2,
  });
});

test('one says whether the face matched, and from which confidence a face does', async () => {
  await verify('ada');
  await verify('bob');
  engine.advance(1000);
  for (const person of ['ada', 'bea']) {
    const picture = engine.analyzer.show(
      person,
      analysisOf(person, { embeddings: { 'a-net': direction(person) } }),
    );
    engine.advance(1000);
    await engine.checks.verify({ ...realm(), picture, actor: key });
  }
  await verify();
  const shown = [];
  for (const { id } of (await list()).items.toReversed())
    shown.push((await control.call('GET', `/verifications/${id}?env=test`)).body);
  expect(shown.map(({ kind, matched, threshold }) => [kind, matched, threshold])).toEqual([
    ['1:1', true, 0.5],
    ['1:1', false, 0.5],
    ['1:N', true, expect.any(Number)],
    ['1:N', false, expect.any(Number)],
    ['1:1', undefined, 0.5],
  ]);
  expect(shown[2].confidence).toBeGreaterThanOrEqual(shown[2].threshold);
  expect(shown[3].confidence).toBeLessThan(shown[3].threshold);
});

test('the threshold of a search rises with the people who were searched', async () => {
  const thresholdNow = async () => {
    engine.advance(1000);
    const picture = engine.analyzer.show(
      'eve',
      analysisOf('eve', { embeddings: { 'a-net': direction('eve') } }),
    );
    await engine.checks.verify({ ...realm(), picture, actor: key });
    const [newest] = (await list('&limit=1')).items;
    return (await control.call('GET', `/verifications/${newest.id}?env=test`)).body.threshold as number;
  };
  const ofOne = await thresholdNow();
  for (let i = 0; i < 40; i++)
    await engine.subjects.enroll(
      realm(),
      { email: `p${i}@x.org`, embeddings: { 'a-net': direction(`p${i}`) }, quality: 1 },
      operator,
    );
  expect(ofOne).toBeGreaterThanOrEqual(0.5);
  expect(await thresholdNow()).toBeGreaterThan(ofOne);
});

test('a refused picture names the verification that was stored of it', async () => {
  engine.analyzer.show('empty', emptyAnalysis('empty'));
  const request = JSON.stringify({ email: 'ada@x.org' });
  const { status, body } = await control.upload('/verifications?env=test', { request }, 'empty');
  expect([status, body.code]).toEqual([422, 'FACE_NOT_FOUND']);
  expect((await control.call('GET', `/verifications/${body.verificationId}?env=test`)).body).toMatchObject({
    reason: 'FACE_NOT_FOUND',
    decision: 'refused',
  });
});
