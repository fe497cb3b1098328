import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction, emptyAnalysis, near } from '../../../../test/support/faces.ts';
import type { EnrollCommand } from '../verdict.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const picture = (person: string, name: string, cosine = 0.97) =>
  engine.analyzer.show(
    name,
    analysisOf(name, {
      embeddings: {
        'a-net': near(direction(person), cosine, name),
        'b-net': near(direction(`${person} b`, 64), cosine, name),
      },
      live: 0.99,
    }),
  );

const enroll = (email: string, shown: Uint8Array, more: Partial<EnrollCommand> = {}) =>
  engine.checks.enroll({
    organization: engine.organization,
    world: 'test',
    picture: shown,
    email,
    actor: key,
    ...more,
  });

const refusals = async () =>
  (await engine.db.selectFrom('audit').selectAll().where('outcome', '=', 'refused').execute()).map(
    ({ details }) => JSON.parse(details),
  );

const refusalEvents = async () =>
  (
    await engine.db.selectFrom('outbox').select('payload').where('type', '=', 'enrollment.refused').execute()
  ).map(({ payload }) => JSON.parse(payload));

test('a marked picture that is sent again adds nothing and says so', async () => {
  const shown = picture('alice', 'p0');
  const first = await enroll('alice@example.com', shown, { mark: 'm1' });
  expect(await enroll('alice@example.com', shown, { mark: 'm1' })).toEqual({
    ...first,
    created: false,
    repeated: true,
  });
  expect(await enroll('alice@example.com', shown, { mark: 'm2' })).toMatchObject({ enrollments: 2 });
});

test('the first picture makes the person, the next is added', async () => {
  const first = await enroll('alice@example.com', picture('alice', 'p0'));
  expect(first).toEqual({
    subject: expect.stringMatching(/^sub_/),
    picture: expect.stringMatching(/^enr_/),
    created: true,
    enrollments: 1,
    quality: {
      check: 'faceQuality',
      pass: true,
      score: expect.closeTo(1, 9),
      weight: 0.5,
      details: expect.any(Object),
    },
  });
  expect(await enroll('ALICE@example.com', picture('alice', 'p1'))).toMatchObject({
    subject: first.subject,
    created: false,
    enrollments: 2,
  });
});

test('every embedder in use makes a template, and no other', async () => {
  await enroll('alice@example.com', picture('alice', 'p0'));
  await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
  await enroll('alice@example.com', picture('alice', 'p1'));
  const rows = await engine.db.selectFrom('template').select('embedder').orderBy('id').execute();
  expect(rows.map(({ embedder }) => embedder).toSorted()).toEqual(['a-net', 'a-net', 'b-net']);
});

test('another face under a known e-mail is refused, and only an operator may insist', async () => {
  const { subject } = await enroll('alice@example.com', picture('alice', 'p0'));
  const other = () => picture('mallory', 'm0');
  await expect(enroll('alice@example.com', other())).rejects.toMatchObject({ code: 'TEMPLATE_MISMATCH' });
  await expect(enroll('alice@example.com', other(), { overrideMismatch: true })).rejects.toMatchObject({
    code: 'TEMPLATE_MISMATCH',
  });
  await expect(enroll('alice@example.com', other(), { actor: operator })).rejects.toMatchObject({
    code: 'TEMPLATE_MISMATCH',
  });
  expect(await refusals()).toEqual(
    Array.from({ length: 3 }, () => ({
      code: 'TEMPLATE_MISMATCH',
      world: 'test',
      subject,
      comparable: true,
    })),
  );
  expect(
    await enroll('alice@example.com', other(), { actor: operator, overrideMismatch: true }),
  ).toMatchObject({ enrollments: 2 });
  const lines = await engine.db
    .selectFrom('audit')
    .select('details')
    .where('action', '=', 'subject.enroll')
    .where('outcome', '=', 'done')
    .orderBy('id')
    .execute();
  expect(lines.map(({ details }) => JSON.parse(details).overrideMismatch)).toEqual([undefined, true]);
});

test('templates of another model file are distinguished from another face; only an operator may add to them', async () => {
  await enroll('alice@example.com', picture('alice', 'p0'));
  await engine.db.updateTable('template').set({ embedder_sha256: 'an older file' }).execute();
  await expect(enroll('alice@example.com', picture('alice', 'p1'))).rejects.toMatchObject({
    code: 'TEMPLATE_MISMATCH',
    message: expect.stringContaining('cannot be compared any more'),
  });
  const { enrollments } = await enroll('alice@example.com', picture('alice', 'p1'), {
    overrideMismatch: true,
    actor: operator,
  });
  expect(enrollments).toBe(2);
  expect((await refusals()).map(({ comparable }) => comparable)).toEqual([false]);
});

test('two different faces for one new e-mail at once: one enrolls, the other does not match', async () => {
  const results = await Promise.allSettled([
    enroll('alice@example.com', picture('alice', 'p0')),
    enroll('alice@example.com', picture('mallory', 'm0')),
  ]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'TEMPLATE_MISMATCH' },
  });
  expect(await engine.subjects.count({ organization: engine.organization, world: 'test' })).toBe(1);
});

test.each([
  ['off', { outcome: 'enrolled' }],
  ['warn', { outcome: 'enrolled', duplicate: true }],
  ['block', { outcome: 'DUPLICATE_IDENTITY' }],
] as const)(
  'a face that belongs to another e-mail under the policy %s',
  async (uniquenessPolicy, expected) => {
    await engine.organizations.set(engine.organization, { uniquenessPolicy }, operator);
    const first = await enroll('alice@example.com', picture('alice', 'p0'));
    const second = await enroll('alias@example.com', picture('alice', 'p1')).then(
      ({ duplicate }) => ({ outcome: 'enrolled', ...(duplicate === undefined ? {} : { duplicate }) }),
      (error) => {
        expect(error.message).not.toContain(first.subject);
        expect(error.message).not.toContain('alice');
        return { outcome: error.code };
      },
    );
    expect(second).toEqual(expected);
    expect(await refusals()).toEqual(
      uniquenessPolicy === 'block'
        ? [{ code: 'DUPLICATE_IDENTITY', world: 'test', duplicateOf: first.subject }]
        : [],
    );
    expect(await refusalEvents()).toEqual(
      uniquenessPolicy === 'block'
        ? [{ code: 'DUPLICATE_IDENTITY', actor: 'key:key_1', duplicateOf: first.subject }]
        : [],
    );
    const own = await enroll('alice@example.com', picture('alice', 'p2'));
    expect(own).toMatchObject({
      created: false,
      ...(uniquenessPolicy === 'warn' ? { duplicate: true } : {}),
    });
  },
);

test('under block, one face for two new e-mails at once enrolls once', async () => {
  await engine.organizations.set(engine.organization, { uniquenessPolicy: 'block' }, operator);
  const results = await Promise.allSettled([
    enroll('alice@example.com', picture('alice', 'p0')),
    enroll('alias@example.com', picture('alice', 'p1')),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('the same face in another world is no duplicate', async () => {
  await engine.organizations.set(engine.organization, { uniquenessPolicy: 'block' }, operator);
  await engine.installPad();
  await enroll('alice@example.com', picture('alice', 'p0'));
  expect(await enroll('alias@example.com', picture('alice', 'p1'), { world: 'live' })).toMatchObject({
    created: true,
  });
});

test('where consent comes with the call it must, before any picture is looked at', async () => {
  await engine.organizations.set(engine.organization, { consentPolicy: 'with-call' }, operator);
  await expect(enroll('alice@example.com', new Uint8Array())).rejects.toMatchObject({
    code: 'CONSENT_REQUIRED',
  });
  const consent = {
    textVersion: '1',
    purposes: ['verification' as const],
    method: 'form',
    legalBasis: 'consent',
  };
  await enroll('alice@example.com', picture('alice', 'p0'), { consent });
  expect(await engine.db.selectFrom('consent').select('text_version').execute()).toEqual([
    { text_version: '1' },
  ]);
});

test('a picture that cannot be judged is not enrolled', async () => {
  const empty = engine.analyzer.show('empty', emptyAnalysis('empty'));
  await expect(enroll('alice@example.com', empty)).rejects.toMatchObject({
    code: 'FACE_NOT_FOUND',
    extra: { reason: expect.any(String) },
  });
  await expect(enroll('alice', picture('alice', 'p0'))).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  expect(await engine.db.selectFrom('subject').selectAll().execute()).toEqual([]);
});
