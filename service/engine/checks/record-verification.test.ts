import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../test/support/faces.ts';

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
    const told = await verify(during).then(
      ({ verified }) => verified,
      ({ code }) => code,
    );
    expect(told).toBe(kept.verified ? 'SUBJECT_NOT_FOUND' : false);
    expect(await rows()).toEqual([
      { ...kept, subject, sealed: kept.verified === 1 },
      { ...kept, subject: null, sealed: false },
    ]);
    const [event] = await engine.db
      .selectFrom('outbox')
      .select('payload')
      .orderBy('id', 'desc')
      .limit(1)
      .execute();
    expect(event!.payload).not.toContain(subject);
  },
);

test('the line and the event of a failure say at whom it was aimed, by which key, and what did not pass', async () => {
  const subject = await enrollAda();
  const picture = engine.analyzer.show(
    'stranger',
    analysisOf('stranger', { embeddings: { 'a-net': near(ada, 0.1, 'stranger') }, live: 0.01 }),
  );
  await engine.installPad();
  await engine.checks.verify({ ...realm(), picture, email: 'ada@example.com', actor: key });
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
