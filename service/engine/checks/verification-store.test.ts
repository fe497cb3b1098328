import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { direction } from '../../../test/support/faces.ts';
import type { VerificationId } from '../../lib/id.ts';
import { createVerificationStore } from './verification-store.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

test('a person whose erasure began while the picture was judged is left out; the figures stay', async () => {
  const realm = { organization: engine.organization, world: 'live' as const };
  const input = { email: 'ada@example.com', embeddings: { 'a-net': direction('ada') }, quality: 0.9 };
  const { subject } = await engine.subjects.enroll(realm, input, operator);
  const verifications = createVerificationStore(engine);
  const record = (id: string) =>
    verifications.seal({
      id: id as VerificationId,
      ...realm,
      subject: subject.id,
      kind: '1:1',
      profile: 'p',
      profileVersion: 1,
      verified: true,
      confidence: 0.9,
      composite: 0.8,
      assurance: 'match-only',
      checks: [],
      models: {},
      timing: {},
      actor: 'key:key_1',
      at: 1,
      personal: { place: { latitude: 1, longitude: 2 } },
    });
  const [before, during] = [await record('ver_1'), await record('ver_2')];
  await engine.inTransaction((tx) => verifications.add(tx, before));
  await engine.db
    .insertInto('erasure')
    .values({
      id: 'ers_1',
      ...realm,
      subject: subject.id,
      state: 'intended',
      reason: 'request',
      actor: 'operator:ada',
      request: null,
      intended_at: 2,
      completed_at: null,
      receipt: null,
    })
    .execute();
  await engine.inTransaction((tx) => verifications.add(tx, during));
  const rows = await engine.db.selectFrom('verification').selectAll().orderBy('id').execute();
  expect(
    rows.map(({ id, subject: whose, composite, place_sealed }) => [
      id,
      whose,
      composite,
      place_sealed !== null,
    ]),
  ).toEqual([
    ['ver_1', subject.id, 0.8, true],
    ['ver_2', null, 0.8, false],
  ]);
});
