import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction, emptyAnalysis } from '../../../test/support/faces.ts';
import { type Steps, stepsOver } from '../../../test/support/verification-steps.ts';
import type { PictureGuard } from '../matching/index.ts';
import { createAnalyze } from './analyze-pictures.ts';
import { createJudge, createMatch } from './judge.ts';
import { createAdmit } from './prepare-verification.ts';
import { createRecord, createWriteVerification } from './record-verification.ts';
import type { AnalyzedPictures } from './verdict.ts';
import { createReply } from './verify.ts';

let engine: Engine;
let steps: Steps;
beforeEach(async () => {
  engine = await startEngine();
  steps = stepsOver(engine);
});
afterEach(() => engine.stop());

const email = 'ada@example.com';
const guard: PictureGuard = {
  stopAt: [],
  refusedBefore: async () => false,
  admitAgain: async () => {},
  inTurn: (work) => work(),
  add: async () => {},
};
const stored = () => engine.db.selectFrom('verification').selectAll().execute();

/** Frames that a live session holds: analyzed, never looked at by this engine's analyzer. */
function held(name = 'held', person = 'ada'): AnalyzedPictures {
  const main = analysisOf(name, { embeddings: { 'a-net': direction(person) } });
  return { main, face: main.face!, quality: { components: [], score: 1 }, frames: [] };
}

describe('prepare', () => {
  test('finds the profile, the models and the named person without analyzing the picture', async () => {
    engine.analyzer.analyze = () => Promise.reject(new Error('The picture was analyzed.'));
    const ada = await steps.enrollAda();
    const run = await steps.run({ email, profile: 'specter', place: { latitude: 64, longitude: -22 } });
    expect(run).toMatchObject({
      id: expect.stringMatching(/^ver_/),
      realm: steps.realm,
      matchOnly: false,
      profile: { slug: 'specter' },
      plan: { embedders: ['a-net'] },
      claimed: { id: ada.id },
      place: { latitude: 64, longitude: -22 },
    });
  });

  test('refuses what cannot be done', async () => {
    await expect(steps.run({ profile: 'none' })).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
    await expect(steps.run({ profile: 'strict-finance' })).rejects.toMatchObject({
      code: 'PAD_NOT_INSTALLED',
    });
    await expect(steps.run({ frames: [new Uint8Array()], frameTimes: [] })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    expect(await stored()).toEqual([]);
  });
});

describe('admit', () => {
  test('attempts under way count as failures until they end', async () => {
    const { admit } = createAdmit(steps.deps);
    const run = await steps.run({ email });
    const admissions = [];
    for (let i = 0; i < 5; i++) admissions.push(await admit(run));
    await expect(admit(run)).rejects.toMatchObject({ code: 'USER_FLOOD_DETECTED' });
    for (const admission of admissions) admission.end();
    expect(await admit(run)).toMatchObject({ attempt: expect.anything() });
  });

  test('a search has no attempt until it matched a person, and then that person’s', async () => {
    const { admit, admitMatched } = createAdmit(steps.deps);
    const { id: subject } = await steps.enrollAda();
    const run = await steps.run();
    const match = createMatch(steps.deps);
    const mismatched = await match(run, { 'a-net': direction('eve') });
    const admission = await admit(run);
    await admitMatched(run, admission, mismatched);
    expect(admission.attempt).toBeUndefined();
    const matched = await match(run, { 'a-net': direction('ada') });
    expect(matched).toMatchObject({ matched: true, subject });
    await admitMatched(run, admission, matched);
    const { attempt } = admission;
    await admitMatched(run, admission, matched);
    expect(admission.attempt).toBe(attempt);
    // It counts at the person's address until it ends: four more are free, the fifth is refused.
    const claimed = await steps.run({ email });
    for (let i = 0; i < 4; i++) await admit(claimed);
    await expect(admit(claimed)).rejects.toMatchObject({ code: 'USER_FLOOD_DETECTED' });
    admission.end();
    await admit(claimed);
  });
});

describe('analyze', () => {
  const analyze = () => createAnalyze({ ...steps.deps, write: createWriteVerification(steps.deps) });

  test('analyzes the picture and then its frames', async () => {
    const run = await steps.run({ frames: [steps.picture('f0'), steps.picture('f1')], frameTimes: [0, 200] });
    const seen = await analyze()(run, guard);
    expect(seen).toMatchObject({
      face: { embeddings: { 'a-net': direction('ada') } },
      quality: { score: expect.any(Number) },
    });
    expect(seen.frames.map(({ at }) => at)).toEqual([0, 200]);
    expect(await stored()).toEqual([]);
  });

  test('stores and throws the refusal of a picture that cannot be judged; its frames are left alone', async () => {
    const run = await steps.run({
      picture: engine.analyzer.show('empty', emptyAnalysis('empty')),
      frames: [new Uint8Array([1])],
    });
    await expect(analyze()(run, guard)).rejects.toMatchObject({ code: 'FACE_NOT_FOUND' });
    expect(await stored()).toMatchObject([{ id: run.id, verified: 0, subject: null }]);
  });

  test('pixels that liveness refused before are refused without a look at their quality', async () => {
    const run = await steps.run();
    const refusing = { ...guard, refusedBefore: async () => true };
    await expect(analyze()(run, refusing)).rejects.toMatchObject({ code: 'CHECK_FAILED' });
    expect(await stored()).toEqual([]);
  });
});

test('match: 1:1 against the person named, 1:N over those whose consent covers it', async () => {
  const match = createMatch(steps.deps);
  const { id: subject } = await steps.enrollAda();
  const probe = { 'a-net': direction('ada') };
  const claimed = await match(await steps.run({ email }), probe);
  expect(claimed).toMatchObject({ matched: true, subject });
  expect(claimed).not.toHaveProperty('identification');
  expect(await match(await steps.run({ email: 'eve@example.com' }), probe)).toMatchObject({ matched: false });
  expect(await match(await steps.run(), probe)).toMatchObject({
    matched: true,
    subject,
    identification: { gallerySize: 1 },
  });
  const withheld = createMatch({ ...steps.deps, consents: { withholds: () => true } });
  expect(await withheld(await steps.run(), probe)).toMatchObject({ matched: false });
});

describe('judge', () => {
  test('decides on frames that are held already, and writes nothing', async () => {
    const { id } = await steps.enrollAda();
    const run = await steps.run({ email });
    const seen = held();
    const decision = await createMatch(steps.deps)(run, seen.face.embeddings);
    const outcome = await createJudge(steps.deps)(run, seen, decision);
    expect(outcome).toMatchObject({
      recognized: { id, email },
      failed: [],
      replayed: false,
      compositeScore: expect.any(Number),
    });
    expect(outcome).not.toHaveProperty('reason');
    expect(outcome.checkResults).toHaveLength(8);
    expect(await stored()).toEqual([]);
  });

  test('a mismatch has a reason and recognizes no person', async () => {
    await steps.enrollAda();
    const run = await steps.run({ email });
    const seen = held('held', 'eve');
    const outcome = await createJudge(steps.deps)(
      run,
      seen,
      await createMatch(steps.deps)(run, seen.face.embeddings),
    );
    expect(outcome).toMatchObject({ reason: 'Identity not recognised' });
    expect(outcome).not.toHaveProperty('recognized');
  });
});

describe('record and reply', () => {
  async function judged(more: Parameters<Steps['run']>[0] = {}, person = 'ada') {
    const run = await steps.run({ email, ...more });
    const seen = held('held', person);
    const decision = await createMatch(steps.deps)(run, seen.face.embeddings);
    return { run, outcome: await createJudge(steps.deps)(run, seen, decision) };
  }

  test('an acceptance is stored with the person, and published', async () => {
    const { id } = await steps.enrollAda();
    const { run, outcome } = await judged();
    await createRecord(createWriteVerification(steps.deps))(run, outcome, { guard });
    expect(await stored()).toMatchObject([{ id: run.id, verified: 1, subject: id, kind: '1:1' }]);
    expect(createReply(steps.deps)(run, outcome)).toMatchObject({
      verified: true,
      verification: run.id,
      subject: { id, email },
    });
  });

  test('an attack is recorded in turn, with the picture; others only after their source was admitted again', async () => {
    await steps.enrollAda();
    const done: string[] = [];
    const watching: PictureGuard = {
      ...guard,
      admitAgain: async () => void done.push('admitted again'),
      inTurn: (work) => {
        done.push('in turn');
        return work();
      },
      add: async (_, hash) => void done.push(hash),
    };
    const { run, outcome } = await judged();
    const record = createRecord(createWriteVerification(steps.deps));
    await record(run, outcome, { guard: watching });
    const attack = { check: 'liveness', pass: false, score: 0, weight: 6 } as const;
    const { recognized: _, ...refused } = {
      ...outcome,
      reason: 'No living face.',
      checkResults: [attack],
      failed: [attack],
    };
    const other = await steps.run({ email });
    await record(other, refused, { guard: watching });
    expect(done).toEqual(['admitted again', 'in turn', outcome.main.pixelHash]);
    expect(() => createReply(steps.deps)(other, refused)).toThrow(
      'The profile default refuses this: liveness.',
    );
  });

  test('only an operator reads how near a mismatch came', async () => {
    await steps.enrollAda();
    for (const actor of [key, operator]) {
      const { run, outcome } = await judged({ actor }, 'eve');
      const reply = createReply(steps.deps)(run, outcome);
      expect(reply).toMatchObject({ verified: false, confidence: 0, match: { score: null } });
      expect('compositeScore' in reply).toBe(actor === operator);
    }
  });

  test('a replayed picture is refused as such', async () => {
    await steps.enrollAda();
    const { run, outcome } = await judged();
    expect(() => createReply(steps.deps)(run, { ...outcome, replayed: true })).toThrow('enrolled before');
  });
});
