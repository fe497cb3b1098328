import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { direction, near } from '../../../../test/support/faces.ts';
import type { SubjectId, World } from '../../../lib/id.ts';

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
    likeness = 0.97,
  }: { world?: World; picture?: string; quality?: number; likeness?: number } = {},
) =>
  engine.subjects.enroll(
    realm(world),
    { email, embeddings: { 'a-net': near(direction(email), likeness, picture) }, quality },
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

test('nothing personal is in plain text in the database', async () => {
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
    expect(
      await engine.subjects.nearest(elsewhere, 'a-net', direction('alice@example.com'), 64),
    ).not.toContain(subject.id);
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
  expect(engine.galleries.size(`${engine.organization}/live/a-net`)).toBe(1);
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
  // Another person, the other world, and another picture of the same person are not the same.
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
  expect(await broken.nearest(realm(), 'a-net', direction('bob'), 64)).toEqual([]);
  expect(await broken.find(realm(), 'bob@example.com')).toBeUndefined();
});

test('ten pictures are kept: the first, and of the rest those most like one another', async () => {
  for (let i = 0; i < 12; i++)
    await enroll('alice@example.com', {
      picture: `p${i}`,
      quality: i / 100,
      likeness: i === 0 || i === 3 || i === 7 ? 0.75 : 0.97,
    });
  const { id } = await engine.subjects.get(realm(), 'alice@example.com');
  const kept = await engine.subjects.enrollments(realm(), id);
  expect(kept.map(({ quality, anchor }) => [quality * 100, anchor])).toEqual([
    [0, true],
    ...[11, 10, 9, 8, 6, 5, 4, 2, 1].map((i) => [expect.closeTo(i, 6), false]),
  ]);
  expect(engine.galleries.size(`${engine.organization}/live/a-net`)).toBe(1);
});

test('under a legal hold no picture of a person is deleted, however many are enrolled; once it is released the surplus goes', async () => {
  await engine.stop();
  engine = await startEngine({ most: 2 });
  const { subject } = await enroll('alice@example.com', { picture: 'p0' });
  const { subject: bob } = await enroll('bob@example.com');
  const row = { organization: engine.organization, reason_sealed: new Uint8Array(40), placed_by: 'x' };
  await engine.db
    .insertInto('legal_hold')
    .values({ ...row, id: 'hold_1', subject: subject.id, placed_at: 1 })
    .execute();
  const templates = (of: SubjectId) =>
    engine.db.selectFrom('template').select('id').where('subject', '=', of).orderBy('id').execute();
  let before = await templates(subject.id);
  for (let i = 1; i <= 4; i++) {
    const enrolled = await enroll('alice@example.com', { picture: `p${i}` });
    await enroll('bob@example.com', { picture: `b${i}` });
    const after = await templates(subject.id);
    expect(after).toEqual([...before, expect.anything()]);
    expect([enrolled.subject.enrollments, (await engine.subjects.pictures(subject.id)).length]).toEqual([
      i + 1,
      i + 1,
    ]);
    before = after;
  }
  expect(await templates(bob.id)).toHaveLength(2);
  await engine.db.updateTable('legal_hold').set({ released_at: 2, released_by: 'x' }).execute();
  await enroll('alice@example.com', { picture: 'p5' });
  expect(await templates(subject.id)).toHaveLength(2);
});

test('a picture is confirmed and unconfirmed by its id; the last anchor stays, and there are no more than pictures kept', async () => {
  await engine.stop();
  engine = await startEngine({ most: 2 });
  const { enrollment: first } = await enroll('alice@example.com');
  const { enrollment: second } = await enroll('alice@example.com', { picture: 'p1' });
  const { id } = await engine.subjects.get(realm(), 'alice@example.com');
  const confirm = (enrollment: string, confirmed = true) =>
    engine.subjects
      .confirm(realm(), { subject: 'alice@example.com', enrollment, confirmed }, operator, 'req_1')
      .then(
        () => 'done',
        ({ code }) => code,
      );
  const anchors = async () => (await engine.subjects.pictures(id)).map(({ anchor }) => anchor);
  expect(await anchors()).toEqual([true, false]);
  expect(await confirm(first, false)).toBe('CONFLICT');
  expect(await confirm('enr_unknown')).toBe('NOT_FOUND');
  expect([await confirm(second), await confirm(second), await anchors()]).toEqual([
    'done',
    'done',
    [true, true],
  ]);
  await expect(
    engine.subjects.enroll(
      realm(),
      {
        email: 'alice@example.com',
        embeddings: { 'a-net': direction('alice') },
        quality: 1,
        confirmed: true,
      },
      operator,
    ),
  ).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('2 confirmed pictures') });
  expect([await confirm(first, false), await anchors()]).toEqual(['done', [false, true]]);
  const lines = await engine.db
    .selectFrom('audit')
    .select(['action', 'target', 'details'])
    .orderBy('id')
    .execute();
  expect(
    lines
      .filter(({ action }) => action.endsWith('confirm'))
      .map((line) => ({ ...line, details: JSON.parse(line.details) })),
  ).toEqual([
    { action: 'subject.confirm', target: id, details: { world: 'live', enrollment: second } },
    { action: 'subject.unconfirm', target: id, details: { world: 'live', enrollment: first } },
  ]);
  await expect(
    engine.subjects.confirm(realm('test'), { subject: id, enrollment: second, confirmed: true }, operator),
  ).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
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
  expect(await restarted.nearest(realm('test'), 'a-net', direction('bob@example.com'), 64)).toEqual([
    subject.id,
  ]);
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
      return engine.galleries.put(name, template, vector);
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
  expect(await restarted.nearest(realm(), 'a-net', plain, 64)).toEqual([subject.id]);
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
      shown: 0,
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

test('more keys without a person than a sweep destroys are reported', async () => {
  await enroll('alice@example.com');
  for (let index = 0; index < 11; index++)
    await engine.sealer.createPerson(engine.organization, `sub_${index}` as SubjectId);
  expect(await engine.subjects.suspiciousKeys()).toBe(0);
  engine.advance(25 * 3_600_000);
  expect(engine.subjects.keysWithoutPerson()).toBe(0);
  expect(await engine.subjects.suspiciousKeys()).toBe(11);
  expect(engine.subjects.keysWithoutPerson()).toBe(11);
});

const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
