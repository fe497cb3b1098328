import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { direction, near } from '../../../test/support/faces.ts';
import type { SubjectId, World } from '../../lib/id.ts';
import { surplusOf } from './surplus.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const realm = (world: World = 'live') => ({ organization: engine.organization, world });
const enroll = (
  email: string,
  {
    world = 'live',
    picture = email,
    quality = 0.9,
  }: { world?: World; picture?: string; quality?: number } = {},
) =>
  engine.subjects.enroll(
    realm(world),
    { email, embeddings: { 'a-net': near(direction(email), 0.97, picture) }, quality },
    operator,
  );

test('a person is found by id and by e-mail however it is written, and by nothing else', async () => {
  const { subject, created, enrollment } = await engine.subjects.enroll(
    realm(),
    { email: 'Alice@Example.com', name: 'Alice', embeddings: { 'a-net': direction('alice') }, quality: 0.9 },
    operator,
    'req_1',
  );
  expect({ subject, created }).toEqual({
    created: true,
    subject: {
      id: expect.stringMatching(/^sub_/),
      organization: engine.organization,
      world: 'live',
      email: 'Alice@Example.com',
      name: 'Alice',
      createdAt: engine.clock.now(),
      updatedAt: engine.clock.now(),
      enrollments: 1,
    },
  });
  for (const by of [subject.id, 'alice@example.com', ' ALICE@example.COM '])
    expect(await engine.subjects.find(realm(), by)).toEqual(subject);
  expect(await engine.subjects.find(realm(), 'bob@example.com')).toBeUndefined();
  await expect(engine.subjects.get(realm(), 'sub_none')).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
  const line = await engine.db
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', 'subject.enroll')
    .executeTakeFirstOrThrow();
  expect(line).toMatchObject({
    actor: 'operator:ada',
    target: subject.id,
    outcome: 'done',
    request: 'req_1',
  });
  expect(JSON.parse(line.details)).toEqual({
    world: 'live',
    created: true,
    enrollment,
    quality: 0.9,
    dropped: 0,
  });
});

test('nothing personal lies open in the database', async () => {
  await engine.subjects.enroll(
    realm(),
    { email: 'alice@example.com', name: 'Alice', embeddings: { 'a-net': direction('alice') }, quality: 0.9 },
    operator,
  );
  const rows = JSON.stringify([
    await engine.db.selectFrom('subject').selectAll().execute(),
    await engine.db.selectFrom('template').selectAll().execute(),
    await engine.db.selectFrom('audit').selectAll().execute(),
  ]);
  const vector = new Uint8Array(direction('alice').buffer);
  const bytes = (text: Uint8Array) => JSON.stringify([...text.subarray(0, 8)]).slice(1, -1);
  expect(rows).not.toMatch(/alice/i);
  expect(rows).not.toContain(bytes(new TextEncoder().encode('alice@example.com')));
  expect(rows).not.toContain(bytes(vector));
});

test('worlds and organizations do not see each other', async () => {
  const other = {
    organization: (await engine.organizations.create({ name: 'Other' }, operator)).id,
    world: 'live' as const,
  };
  const { subject } = await enroll('alice@example.com');
  const test = await enroll('alice@example.com', { world: 'test' });
  expect(test.created).toBe(true);
  for (const elsewhere of [realm('test'), other]) {
    expect(await engine.subjects.find(elsewhere, subject.id)).toBeUndefined();
    expect(await engine.subjects.enrollments(elsewhere, subject.id)).toEqual([]);
    expect(await engine.subjects.nearest(elsewhere, direction('alice@example.com'), 64)).not.toContain(
      subject.id,
    );
  }
  expect(await engine.subjects.find(other, 'alice@example.com')).toBeUndefined();
  expect([
    engine.subjects.people(realm()),
    engine.subjects.people(realm('test')),
    engine.subjects.people(other),
  ]).toEqual([1, 1, 0]);
  expect(await engine.subjects.count(other)).toBe(0);
});

test('a list goes on where the last page ended', async () => {
  for (const name of ['a', 'b', 'c']) {
    await enroll(`${name}@example.com`);
    engine.advance(1);
  }
  const first = await engine.subjects.list(realm(), { limit: 2 });
  expect(first.subjects.map(({ email }) => email)).toEqual(['a@example.com', 'b@example.com']);
  const second = await engine.subjects.list(realm(), { limit: 2, after: first.next! });
  expect(second.subjects.map(({ email }) => email)).toEqual(['c@example.com']);
  expect(second).not.toHaveProperty('next');
  expect(await engine.subjects.count(realm())).toBe(3);
});

test('two first enrollments of one e-mail at once make one person with two pictures and one key', async () => {
  const results = await Promise.all([0, 1, 2].map((i) => enroll('alice@example.com', { picture: `p${i}` })));
  expect(new Set(results.map(({ subject }) => subject.id)).size).toBe(1);
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(await engine.subjects.find(realm(), 'alice@example.com')).toMatchObject({ enrollments: 3 });
  expect(engine.subjects.people(realm())).toBe(1);
  expect(engine.galleries.size(`${engine.organization}/live/a-net`)).toBe(3);
  expect(await engine.keys.countPersons()).toBe(1);
});

test('a marked picture is enrolled once however often it is asked for, and its mark lies sealed', async () => {
  const mark = 'c0ffee'.repeat(10);
  const marked = (email: string, world: World = 'live') =>
    engine.subjects.enroll(
      realm(world),
      { email, embeddings: { 'a-net': direction('alice') }, quality: 0.9, mark },
      operator,
    );
  const [first, second] = await Promise.all([marked('alice@example.com'), marked('alice@example.com')]);
  expect(second).toEqual({
    subject: first?.subject,
    created: false,
    enrollment: first?.enrollment,
    repeated: true,
  });
  expect(await engine.subjects.find(realm(), 'alice@example.com')).toMatchObject({ enrollments: 1 });
  const audited = await engine.db
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', 'subject.enroll')
    .execute();
  expect(audited).toHaveLength(1);
  // Somebody else, the other world, and another picture of the same person are not the same.
  await marked('bob@example.com');
  await marked('alice@example.com', 'test');
  await enroll('alice@example.com');
  expect(await engine.db.selectFrom('template').select('id').execute()).toHaveLength(4);
  const [row] = await engine.db.selectFrom('template').selectAll().orderBy('id').execute();
  expect(Buffer.from(row?.mark_sealed ?? []).toString('latin1')).not.toContain('c0ffee');
  expect(row?.mark_sealed?.byteLength).toBe(mark.length + 29);
});

test('an enrollment whose audit line cannot be written leaves nothing to be found', async () => {
  const broken = engine.openSubjects();
  await enroll('alice@example.com');
  await engine.db.schema.dropTable('audit').execute();
  const attempt = broken.enroll(
    realm(),
    { email: 'bob@example.com', embeddings: { 'a-net': direction('bob') }, quality: 1 },
    key,
  );
  await expect(attempt).rejects.toThrow();
  expect(await engine.db.selectFrom('template').select('id').execute()).toHaveLength(1);
  expect(await broken.nearest(realm(), direction('bob'), 64)).toEqual([]);
  expect(await broken.find(realm(), 'bob@example.com')).toBeUndefined();
});

test('the best ten pictures are kept, in the database and in the gallery', async () => {
  for (let i = 0; i < 12; i++)
    await enroll('alice@example.com', { picture: `p${i}`, quality: i === 3 ? 0.1 : 0.5 + i / 100 });
  const { id } = await engine.subjects.get(realm(), 'alice@example.com');
  const kept = await engine.subjects.enrollments(realm(), id);
  expect(kept.map(({ quality }) => quality).toSorted()).toEqual(
    [1, 2, 4, 5, 6, 7, 8, 9, 10, 11].map((i) => 0.5 + i / 100).toSorted(),
  );
  expect(engine.galleries.size(`${engine.organization}/live/a-net`)).toBe(10);
  const [best] = kept.flatMap(({ templates }) => templates);
  expect(engine.subjects.ownerOf(realm(), best!.id)).toBe(id);
  expect(engine.subjects.ownerOf(realm('test'), best!.id)).toBeUndefined();
});

test('pictures of a model file that is no longer in use go first, then the worse, then the older', () => {
  const row = (id: string, sha: string, quality: number, created_at: number) => ({
    id: `t${id}`,
    enrollment: id,
    embedder: 'a',
    embedder_sha256: sha,
    quality,
    created_at,
  });
  const rows = [
    row('stale', 'old', 1, 9),
    row('good', 'new', 0.9, 1),
    row('bad', 'new', 0.1, 9),
    row('older', 'new', 0.9, 0),
  ];
  const order = [0, 1, 2, 3].map((most) => surplusOf(rows, { a: 'new' }, most).length);
  expect(order).toEqual([4, 3, 2, 1]);
  expect(surplusOf(rows, { a: 'new' }, 3)).toEqual(['tstale']);
  expect(surplusOf(rows, { a: 'new' }, 2)).toEqual(['tbad', 'tstale']);
  expect(surplusOf(rows, { a: 'new' }, 1)).toEqual(['tolder', 'tbad', 'tstale']);
});

test('a template of another model file is neither loaded nor compared', async () => {
  const { subject } = await enroll('alice@example.com');
  await engine.db.updateTable('template').set({ embedder_sha256: 'another' }).execute();
  expect(await engine.subjects.enrollments(realm(), subject.id)).toEqual([]);
  const restarted = engine.openSubjects();
  expect(restarted.unreachable()).toBe(0);
  await restarted.loadGalleries();
  expect(restarted.people(realm())).toBe(0);
  expect(restarted.unreachable()).toBe(1);
});

test('a start reads the galleries back, embedder A alone', async () => {
  await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
  await engine.subjects.enroll(
    realm(),
    {
      email: 'alice@example.com',
      embeddings: { 'a-net': direction('alice'), 'b-net': direction('b', 16) },
      quality: 1,
    },
    operator,
  );
  const { subject } = await enroll('bob@example.com', { world: 'test' });
  const restarted = engine.openSubjects();
  const seen: number[] = [];
  await restarted.loadGalleries((loaded) => seen.push(loaded));
  expect(seen).toEqual([2]);
  expect([restarted.people(realm()), restarted.people(realm('test'))]).toEqual([1, 1]);
  expect(await restarted.nearest(realm('test'), direction('bob@example.com'), 64)).toEqual([subject.id]);
  const [enrollment] = await restarted.enrollments(
    realm(),
    (await restarted.get(realm(), 'alice@example.com')).id,
  );
  const given = { 'a-net': direction('alice'), 'b-net': direction('b', 16) };
  expect(enrollment!.templates.map(({ embedder }) => embedder)).toEqual(['a-net', 'b-net']);
  for (const { embedder, vector } of enrollment!.templates) {
    expect(cosine(vector, given[embedder as keyof typeof given])).toBeCloseTo(1, 5);
  }
});

test('galleries hold rotated vectors, and rows of before there were transforms are found all the same', async () => {
  const put: Float32Array[] = [];
  const spied = {
    ...engine.galleries,
    put: (name: string, template: string, vector: Float32Array) => {
      put.push(vector);
      engine.galleries.put(name, template, vector);
    },
  };
  const { subject } = await enroll('alice@example.com');
  const [row] = await engine.db.selectFrom('template').select(['id', 'transform']).execute();
  expect(row!.transform).toBe(1);
  const plain = direction('alice@example.com');
  await engine.db
    .updateTable('template')
    .set({
      transform: 0,
      vector_sealed: await engine.sealer.seal(
        {
          organization: engine.organization,
          subject: subject.id,
          field: `template.vector/${row!.id}`,
          version: 1,
        },
        new Uint8Array(plain.buffer),
      ),
    })
    .execute();
  const restarted = engine.openSubjects(spied);
  await restarted.loadGalleries();
  expect(put).toHaveLength(1);
  expect(Math.abs(cosine(put[0]!, plain))).toBeLessThan(0.9);
  expect(cosine(put[0]!, engine.sealer.transformOf(engine.organization).rotate(plain))).toBeCloseTo(1, 5);
  expect(await restarted.nearest(realm(), plain, 64)).toEqual([subject.id]);
  const [enrollment] = await restarted.enrollments(realm(), subject.id);
  expect(cosine(enrollment!.templates[0]!.vector, plain)).toBeCloseTo(1, 5);
});

test('a row that claims another transform does not open', async () => {
  const { subject } = await enroll('alice@example.com');
  await engine.db.updateTable('template').set({ transform: 0 }).execute();
  expect(await engine.subjects.enrollments(realm(), subject.id)).toEqual([]);
});

test('consent is recorded with its text, purposes and who wrote it', async () => {
  const consent = {
    textVersion: '3',
    purposes: ['verification' as const],
    method: 'form',
    legalBasis: 'consent',
  };
  const { subject } = await engine.subjects.enroll(
    realm(),
    { email: 'alice@example.com', embeddings: { 'a-net': direction('alice') }, quality: 1, consent },
    key,
  );
  expect(await engine.db.selectFrom('consent').selectAll().execute()).toEqual([
    {
      id: expect.stringMatching(/^con_/),
      organization: engine.organization,
      subject: subject.id,
      text_version: '3',
      purposes: '["verification"]',
      method: 'form',
      legal_basis: 'consent',
      given_at: engine.clock.now(),
      recorded_by: 'key:key_1',
      recorded_through: 'integrator',
      expires_at: null,
    },
  ]);
  await engine.subjects.enroll(
    realm(),
    {
      email: 'alice@example.com',
      embeddings: { 'a-net': direction('alice') },
      quality: 1,
      consent: { ...consent, through: 'self' },
    },
    key,
  );
  const recorded = await engine.db
    .selectFrom('consent')
    .select(['recorded_by', 'recorded_through'])
    .orderBy('id')
    .execute();
  expect(recorded.at(-1)).toEqual({ recorded_by: 'key:key_1', recorded_through: 'self' });
});

test('a person whose key is gone has no templates any more', async () => {
  const { subject } = await enroll('alice@example.com');
  await engine.sealer.destroyPerson(subject.id);
  expect(await engine.subjects.enrollments(realm(), subject.id)).toEqual([]);
  const restarted = engine.openSubjects();
  await restarted.loadGalleries();
  expect(restarted.people(realm())).toBe(0);
});

test('keys without a person are swept, those with one are not', async () => {
  const { subject } = await enroll('alice@example.com');
  await engine.sealer.createPerson(engine.organization, 'sub_cut_short' as SubjectId);
  engine.advance(25 * 3_600_000);
  expect(await engine.subjects.sweepKeys()).toEqual({ swept: 1, suspicious: 0 });
  expect(await engine.subjects.enrollments(realm(), subject.id)).toHaveLength(1);
});

test('more keys without a person than a sweep destroys are told', async () => {
  await enroll('alice@example.com');
  for (let index = 0; index < 11; index++)
    await engine.sealer.createPerson(engine.organization, `sub_${index}` as SubjectId);
  expect(await engine.subjects.suspiciousKeys()).toBe(0);
  engine.advance(25 * 3_600_000);
  expect(await engine.subjects.suspiciousKeys()).toBe(11);
});

const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
