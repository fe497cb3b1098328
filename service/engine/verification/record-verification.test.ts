import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../test/support/faces.ts';
import type { SubjectId, World } from '../../lib/id.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const ada = direction('ada');
const realm = () => ({ organization: engine.organization, world: 'test' as const });

async function enrollAda() {
  const input = { email: 'ada@example.com', embeddings: { 'a-net': ada }, quality: 0.9 };
  return (await engine.subjects.enroll(realm(), input, operator)).subject.id;
}

async function beginErasure(subject: string) {
  await engine.db
    .insertInto('erasure')
    .values({
      id: 'ers_1',
      ...realm(),
      subject,
      state: 'intended',
      reason: 'request',
      actor: 'operator:ada',
      request: null,
      intended_at: 2,
      completed_at: null,
      receipt: null,
    })
    .execute();
}

const rows = async () =>
  (await engine.db.selectFrom('verification').selectAll().orderBy('id').execute()).map(
    ({ subject, verified, composite, probe_sealed, place_sealed }) => ({
      subject,
      verified,
      figures: composite > 0,
      sealed: probe_sealed !== null || place_sealed !== null,
    }),
  );

test.each([
  ['recognized', 0.95, { verified: 1, figures: true }],
  ['not recognized', 0.1, { verified: 0, figures: true }],
])(
  '%s: a person whose erasure begins while the picture is looked at is left out; the figures stay',
  async (_, cosine, kept) => {
    const subject = await enrollAda();
    const picture = engine.analyzer.show(
      'probe',
      analysisOf('probe', { embeddings: { 'a-net': near(ada, cosine, 'probe') } }),
    );
    const verify = (checks: Engine['checks']) =>
      checks.verify({
        ...realm(),
        picture,
        email: 'ada@example.com',
        place: { latitude: 1, longitude: 2 },
        actor: key,
      });
    await verify(engine.checks);
    const during = engine.openChecks({
      analyzer: {
        async analyze(bytes, request) {
          const analysis = await engine.analyzer.analyze(bytes, request);
          await beginErasure(subject);
          return analysis;
        },
      },
    });
    const answer = await verify(during).then(
      ({ verified }) => verified,
      ({ code }) => code,
    );
    expect(answer).toBe(kept.verified ? 'SUBJECT_NOT_FOUND' : false);
    expect(await rows()).toEqual([
      { ...kept, subject, sealed: kept.verified === 1 },
      { ...kept, subject: null, sealed: false },
    ]);
    const [event] = await engine.db
      .selectFrom('outbox')
      .select(['type', 'payload', 'personal_sealed'])
      .orderBy('id', 'desc')
      .limit(1)
      .execute();
    expect(event!.payload).not.toContain(subject);
    // The reply did not name the person, so the event does not either.
    expect(event).toMatchObject({ type: 'verification.refused', personal_sealed: null });
    expect(JSON.parse(event!.payload).confidence).toBe(0);
  },
);

test('the line and the event of a failure name the claimed person, the key and the failed checks', async () => {
  const subject = await enrollAda();
  const picture = engine.analyzer.show(
    'stranger',
    analysisOf('stranger', { embeddings: { 'a-net': near(ada, 0.1, 'stranger') }, live: 0.01 }),
  );
  await engine.installPad();
  // In the test world attack detection runs where the profile requires it.
  const { definition } = await engine.checks.getProfile(engine.organization, 'default');
  const models = { ...definition.models, pad: 'required' as const };
  await engine.checks.setProfile(engine.organization, 'default', { ...definition, models }, operator);
  const attack = engine.checks.verify({ ...realm(), picture, email: 'ada@example.com', actor: key });
  await expect(attack).rejects.toMatchObject({ code: 'CHECK_FAILED' });
  const [event] = await engine.db
    .selectFrom('outbox')
    .select('payload')
    .where('type', '=', 'verification.refused')
    .execute();
  expect(JSON.parse(event!.payload)).toMatchObject({
    subject,
    actor: 'key:key_1',
    kind: '1:1',
    notPassed: ['liveness'],
  });
  const [line] = await engine.db
    .selectFrom('audit')
    .select('details')
    .where('action', '=', 'verification.decide')
    .execute();
  expect(JSON.parse(line!.details)).toMatchObject({ subject, kind: '1:1' });
});

/** As the delivery reads it. */
async function newestEvent() {
  const row = await engine.db
    .selectFrom('outbox')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const place = {
    organization: engine.organization,
    field: `outbox.personal/${row.id}`,
    version: 1,
    world: row.world as World,
  };
  return {
    type: row.type,
    payload: JSON.parse(row.payload),
    personal:
      row.personal_sealed === null || row.subject === null
        ? undefined
        : JSON.parse(
            new TextDecoder().decode(
              await engine.sealer.open({ ...place, subject: row.subject as SubjectId }, row.personal_sealed),
            ),
          ),
  };
}

const verify = (embedding: Float32Array, more: { email?: string } = {}) =>
  engine.checks.verify({
    ...realm(),
    picture: engine.analyzer.show('p', analysisOf('p', { embeddings: { 'a-net': embedding } })),
    place: { latitude: 47, longitude: 8, country: 'CH' },
    actor: key,
    ...more,
  });

test.each([{}, { email: 'ada@example.com' }])(
  'the event of a success has the figures of the reply, and the e-mail under the person’s key: %j',
  async (claim) => {
    const subject = await enrollAda();
    const verdict = await verify(near(ada, 0.95, 'p'), claim);
    const { type, payload, personal } = await newestEvent();
    expect(type).toBe('verification.verified');
    expect(payload).toMatchObject({
      verification: verdict.verification,
      kind: 'email' in claim ? '1:1' : '1:N',
      profile: verdict.profile.id,
      profileSlug: 'default',
      profileVersion: verdict.profile.version,
      profileMaturity: verdict.profile.maturity,
      subject,
      confidence: verdict.confidence,
      composite: verdict.compositeScore,
      assurance: 'match-only',
    });
    expect(payload.checks.map(({ check }: { check: string }) => check)).toEqual(
      verdict.checkResults.map(({ check }) => check),
    );
    expect(personal).toEqual({ email: 'ada@example.com' });
    // Neither the address nor the place stands in plain text.
    expect(JSON.stringify(payload)).not.toMatch(/ada@example|"CH"|latitude/);
  },
);

test.each([{}, { email: 'ada@example.com' }])(
  'the event of a stranger has the figures of the reply, never how near it came: %j',
  async (claim) => {
    await enrollAda();
    const verdict = await verify(near(ada, 0.45, 'p'), claim);
    expect(verdict.verified).toBe(false);
    const { type, payload, personal } = await newestEvent();
    expect(type).toBe('verification.refused');
    expect(payload).toMatchObject({
      confidence: 0,
      reason: 'Identity not recognised',
    });
    expect([verdict, payload]).toEqual([
      expect.not.objectContaining({ compositeScore: expect.anything() }),
      expect.not.objectContaining({ composite: expect.anything() }),
    ]);
    expect(personal).toBeUndefined();
  },
);

test('the event of a picture without a face has the reason, and no unmeasured figures', async () => {
  const { face: _, ...wall } = analysisOf('wall');
  const picture = engine.analyzer.show('wall', wall);
  const refused = await engine.checks.verify({ ...realm(), picture, actor: key }).catch((error) => error);
  expect(refused.code).toBe('FACE_NOT_FOUND');
  const { payload } = await newestEvent();
  expect(payload).toMatchObject({
    reason: refused.extra.reason,
    notPassed: ['faceQuality'],
    checks: [{ check: 'faceQuality', pass: false }],
  });
  expect(payload).not.toHaveProperty('confidence');
  expect(payload).not.toHaveProperty('composite');
});
