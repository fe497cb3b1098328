import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, sha256, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../../test/support/faces.ts';
import { frameNamed } from '../../../../test/support/live-sessions.ts';
import { begin } from '../../../../test/support/presence.ts';
import { refusal } from '../../../../test/support/staff.ts';

// Presence over live sessions as they are, with a challenge in which each frame completes a step.

const email = 'alice@example.com';
const faces = { alice: direction('alice'), bob: direction('bob') };
let engine: Engine;
let shown: number;

const realm = () => ({ organization: engine.organization, world: 'test' as const });
const caller = () => ({ ...realm(), lineage: 'key_1' });
const analysis = (name: string, face: Float32Array) =>
  analysisOf(name, { embeddings: { 'a-net': face }, live: 0.99 });

function frame(face: Float32Array): Uint8Array {
  const bytes = frameNamed(`frame ${++shown}`);
  engine.analyzer.show(new TextDecoder().decode(bytes), analysis(`frame ${shown}`, face));
  return bytes;
}
async function attempt(token: string, face: Float32Array): Promise<void> {
  const link = await engine.liveSessions.connect(token);
  await link.start();
  for (let i = 0; i < 3; i++) {
    engine.advance(100);
    await link.submitFrame(frame(face), engine.clock.now());
  }
  await engine.liveSessions.finalizeByToken(token).catch(() => undefined);
  link.close();
}
async function ask(face: Float32Array, more: object = {}, attempts = 1) {
  const order = { orgId: engine.organization, purpose: 'Deploy', nonce: '8f3a', ...more };
  const { session, link } = await engine.presence.create(caller(), order, key);
  const { token } = await engine.presence.links.begin(link, begin);
  for (let i = 0; i < attempts; i++) await attempt(token, face);
  return session.id;
}

beforeEach(async () => {
  engine = await startEngine();
  shown = 0;
  engine.analyzer.show('alice', analysis('alice', faces.alice));
  const picture = new TextEncoder().encode('alice');
  await engine.checks.enroll({ ...realm(), picture, email, actor: operator });
});
afterEach(() => engine.stop());

test.each([
  ['any enrolled person', {}],
  ['this person', { email }],
])('%s is there: the token says so', async (_name, more) => {
  const id = await ask(faces.alice, more);
  expect((await engine.presence.get(caller(), id, key)).state).toMatchObject({ is: 'verified', email });
  const { token } = await engine.presence.token(caller(), id, key);
  const order = { token, expectedNonce: '8f3a', expectedEmail: email };
  expect(await engine.presence.verifyToken(caller(), order, key)).toMatchObject({
    valid: true,
    statement: {
      sub: email,
      sessionId: id,
      purpose: 'Deploy',
      assurance: 'active',
      checks: { compositeScore: expect.any(Number), liveness: 0.9 },
    },
  });
  const found = await engine.personTokens.check(realm(), token);
  expect(found).toMatchObject({ claims: { models: { 'a-net': sha256('a-net') }, env: 'test' } });
});

test('another person is there than the one it is locked to: no token, and a clear refusal', async () => {
  const id = await ask(faces.bob, { email }, 3);
  expect((await engine.presence.get(caller(), id, key)).state).toEqual({
    is: 'cancelled',
    reason: 'another-person',
  });
  expect(await refusal(engine.presence.token(caller(), id, key))).toBe('EMAIL_MISMATCH');
});

test('no enrolled person is there: no token', async () => {
  const id = await ask(faces.bob, {}, 3);
  expect((await engine.presence.get(caller(), id, key)).state).toMatchObject({ is: 'cancelled' });
  expect(await refusal(engine.presence.token(caller(), id, key))).toBe('CONFLICT');
});

test('cancelling ends the live session of the page too', async () => {
  const order = { orgId: engine.organization, purpose: 'Deploy' };
  const { session, link } = await engine.presence.create(caller(), order, key);
  const { sessionId, token } = await engine.presence.links.begin(link, begin);
  expect((await engine.presence.cancel(caller(), session.id, key)).state).toEqual({
    is: 'cancelled',
    reason: 'caller',
  });
  expect(await engine.liveSessions.find(realm(), sessionId)).toMatchObject({ decision: 'cancelled' });
  await attempt(token, faces.alice).catch(() => undefined);
  expect((await engine.presence.get(caller(), session.id, key)).state.is).toBe('cancelled');
});

test('a person who gives up at the page ends it', async () => {
  const order = { orgId: engine.organization, purpose: 'Deploy' };
  const { session, link } = await engine.presence.create(caller(), order, key);
  const { token } = await engine.presence.links.begin(link, begin);
  await engine.liveSessions.deny(token);
  expect((await engine.presence.get(caller(), session.id, key)).state).toEqual({
    is: 'cancelled',
    reason: 'declined',
  });
});

test('a proof of presence waits for no reviewer: without motion it is not begun, and the link stays', async () => {
  const order = { orgId: engine.organization, purpose: 'Deploy' };
  const { session, link } = await engine.presence.create(caller(), order, key);
  const still = { ...begin, path: { flash: false, motion: false } };
  expect(await refusal(engine.presence.links.begin(link, still))).toBe('MOTION_REQUIRED');
  expect((await engine.presence.get(caller(), session.id, key)).state).toEqual({
    is: 'pending',
    begun: false,
  });
  const { token } = await engine.presence.links.begin(link, begin);
  await attempt(token, faces.alice);
  expect((await engine.presence.get(caller(), session.id, key)).state.is).toBe('verified');
});

test('time ends both', async () => {
  const order = { orgId: engine.organization, purpose: 'Deploy' };
  const { session, link } = await engine.presence.create(caller(), order, key);
  await engine.presence.links.begin(link, begin);
  engine.advance(600_000);
  await engine.liveSessions.expireDue();
  expect((await engine.presence.get(caller(), session.id, key)).state).toEqual({ is: 'expired' });
});
