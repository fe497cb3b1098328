import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction, emptyAnalysis } from '../../../test/support/faces.ts';
import { type Steps, stepsOver } from '../../../test/support/verification-steps.ts';
import type { PictureGuard } from '../matching/index.ts';
import { createAnalyzeToEnroll, createKeepEnrollment, createRequireLife } from './enrollment/enroll.ts';
import {
  createAdmitEnrollment,
  createPrepareEnrollment,
  createRefuseEnrollment,
} from './enrollment/prepare-enrollment.ts';
import type { EnrollCommand, JudgeablePicture } from './verdict.ts';

let engine: Engine;
let steps: Steps;
beforeEach(async () => {
  engine = await startEngine();
  steps = stepsOver(engine);
});
afterEach(() => engine.stop());

const guard: PictureGuard = {
  stopAt: [],
  refusedBefore: async () => false,
  admitAgain: async () => {},
  inTurn: (work) => work(),
  add: async () => {},
};
const prepare = (more: Partial<EnrollCommand> = {}) =>
  createPrepareEnrollment(steps.deps)({
    ...steps.realm,
    picture: steps.picture('new'),
    email: 'ada@example.com',
    actor: key,
    ...more,
  });
const deps = () => ({ ...steps.deps, refuse: createRefuseEnrollment(steps.deps) });
function seen(person = 'ada', live?: number): JudgeablePicture {
  const main = analysisOf(person, {
    embeddings: { 'a-net': direction(person) },
    ...(live === undefined ? {} : { live }),
  });
  return { main, face: main.face!, quality: { components: [], score: 1 } };
}
const refusals = () =>
  engine.db.selectFrom('outbox').select('payload').where('type', '=', 'enrollment.refused').execute();

test('prepare: an address has to be one, and the models are those of the profile default', async () => {
  await expect(prepare({ email: 'ada' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  expect(await prepare()).toMatchObject({
    realm: steps.realm,
    plan: { embedders: ['a-net'] },
    uniquenessPolicy: expect.any(String),
  });
});

test('analyze: what cannot be judged is refused, and nothing is written', async () => {
  const analyze = createAnalyzeToEnroll(steps.deps);
  expect(await analyze(await prepare(), guard)).toMatchObject({
    face: { embeddings: { 'a-net': direction('ada') } },
  });
  const picture = engine.analyzer.show('empty', emptyAnalysis('empty'));
  await expect(analyze(await prepare({ picture }), guard)).rejects.toMatchObject({ code: 'FACE_NOT_FOUND' });
  expect(await refusals()).toEqual([]);
});

test('admit: another face under an enrolled address is refused to a key, and left to an operator who insists', async () => {
  await steps.enrollAda();
  const admit = createAdmitEnrollment(deps());
  expect(await admit(await prepare(), seen())).toMatchObject({ overridden: false });
  await expect(admit(await prepare(), seen('eve'))).rejects.toMatchObject({ code: 'TEMPLATE_MISMATCH' });
  expect(await refusals()).toHaveLength(1);
  const run = await prepare({ actor: operator, overrideMismatch: true });
  expect(await admit(run, seen('eve'))).toMatchObject({ overridden: true });
});

test('keep: stores the person, confirmed where the mismatch was overridden', async () => {
  const keep = createKeepEnrollment(steps.deps);
  const first = await keep(await prepare(), seen(), { overridden: false, compared: false, upgrades: false });
  expect(first).toMatchObject({ created: true, enrollments: 1, quality: { check: 'faceQuality', score: 1 } });
  const second = await keep(await prepare({ actor: operator }), seen('eve'), {
    overridden: true,
    compared: false,
    upgrades: false,
  });
  expect(second).toMatchObject({ subject: first.subject, created: false, enrollments: 2 });
});

test('requireLife: nothing where PAD does not run; a refusal counts as a failed attempt at an enrolled address', async () => {
  const requireLife = createRequireLife(deps());
  await requireLife(await prepare(), seen(), guard);
  await engine.installPad();
  await steps.enrollAda();
  const run = await prepare({ world: 'live' });
  await engine.subjects.enroll(
    run.realm,
    { email: 'ada@example.com', embeddings: { 'a-net': direction('ada') }, quality: 1 },
    operator,
  );
  await requireLife(run, seen('ada', 0.99), guard);
  expect(await refusals()).toEqual([]);
  const added: string[] = [];
  const watching = { ...guard, add: async (_: unknown, hash: string) => void added.push(hash) };
  const dead = seen('ada', 0.001);
  await expect(requireLife(run, dead, watching)).rejects.toMatchObject({ code: 'CHECK_FAILED' });
  expect(added).toEqual([dead.main.pixelHash]);
  expect(await refusals()).toHaveLength(1);
  expect(await engine.db.selectFrom('claim').select('failures').execute()).toEqual([{ failures: 1 }]);
});
