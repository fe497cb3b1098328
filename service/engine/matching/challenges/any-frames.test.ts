import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawn } from '../../../../test/support/challenge-actor.ts';
import {
  challengeAnalysis,
  challengeModels,
  challengePad,
  type HeadScript,
} from '../../../../test/support/challenge-frames.ts';
import type { Analysis } from '../../../inference/face.ts';
import { createChallenge } from './challenge.ts';
import { type StepName, stepNames } from './steps/registered-steps.ts';

const number = (from: number, to: number) => fc.double({ min: from, max: to, noNaN: true });
const head: fc.Arbitrary<HeadScript> = fc.record(
  {
    yaw: number(-40, 40),
    pitch: number(-30, 30),
    eyes: number(0, 1.2),
    closer: number(0.3, 3),
    x: number(-1, 1),
    bent: fc.constant(true as const),
    animated: fc.constant(true as const),
    noseYaw: number(-40, 40),
    person: fc.constantFrom('alice', 'mallory'),
    live: number(0, 1),
    others: fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
/** One to many frames of the same, so that poses are held at times; undefined: no face. */
const stretch = fc.record({
  head: fc.oneof(
    { weight: 6, arbitrary: head },
    { weight: 4, arbitrary: fc.constant<HeadScript>({}) },
    fc.constant(undefined),
  ),
  frames: fc.integer({ min: 1, max: 15 }),
  pace: fc.oneof({ weight: 8, arbitrary: number(60, 250) }, number(-50, 4000)),
  lag: fc.oneof({ weight: 8, arbitrary: number(0, 200) }, number(-9000, 9000)),
});
const names = fc.uniqueArray(fc.constantFrom<StepName>(...stepNames), { minLength: 1, maxLength: 4 });

/** The analysis of a frame that nothing but a broken or hostile analyzer answers. */
function spoiled(analysis: Analysis, how: number): Analysis {
  const { face } = analysis;
  if (!face || how > 3) return analysis;
  const box = { ...face.box, width: 0 };
  const pose = { yaw: Number.NaN, pitch: Number.NaN, roll: 0 };
  const spoils: Analysis[] = [
    { ...analysis, face: { ...face, motion: { ...face.motion, mesh: new Float32Array(1404) } } },
    { ...analysis, face: { ...face, motion: { ...face.motion, pose } } },
    { ...analysis, face: { ...face, box } },
    { ...analysis, faces: [] },
  ];
  return spoils[how]!;
}

test('whatever the frames show, nothing throws and progress is 0..1; steps come in order, one at a time', () => {
  fc.assert(
    fc.property(
      names,
      fc.array(stretch, { minLength: 1, maxLength: 25 }),
      fc.boolean(),
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 20 }),
      (asked, stretches, pad, spoils) => {
        const challenge = createChallenge(drawn(asked), {
          ...challengeModels,
          ...(pad && { pad: challengePad }),
        });
        let at = 1000;
        let index = 0;
        const passed: StepName[] = [];
        for (const { head: script, frames, pace, lag } of stretches) {
          for (let i = 0; i < frames; i++, at += pace) {
            const whole = challengeAnalysis(`${index++}`, script ?? {}, challenge.needs);
            const { face: _, ...faceless } = whole;
            const analysis = spoiled(
              script ? whole : { ...faceless, faces: [] },
              spoils[index % spoils.length]!,
            );
            const progress = challenge.observe({ at, receivedAt: 1e6 + at + lag, analysis });
            expect(progress.progress).toBeGreaterThanOrEqual(0);
            expect(progress.progress).toBeLessThanOrEqual(1);
            if (progress.passed) passed.push(progress.passed);
            expect(passed).toEqual(asked.slice(0, passed.length));
            if (challenge.step)
              expect(challenge.step).toMatchObject({ index: passed.length, name: asked[passed.length] });
          }
        }
        const result = challenge.result(1e6 + at);
        expect(result.passed).toBe(challenge.phase === 'over' && result.reasons.length === 0);
        if (result.passed) expect(passed).toEqual(asked);
        expect(result.score).toBeGreaterThanOrEqual(0);
        expect(result.score).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 60 },
  );
});

test('a step never passes from frames outside its window', () => {
  let passes = 0;
  const pose: Partial<Record<StepName, HeadScript>> = {
    'turn-left': { yaw: 20 },
    'turn-right': { yaw: -20 },
    'look-up': { pitch: -14 },
    'look-down': { pitch: 14 },
    'come-closer': { closer: 1.3 },
  };
  fc.assert(
    fc.property(
      fc.constantFrom<StepName>('turn-left', 'turn-right', 'look-up', 'look-down', 'come-closer'),
      fc.integer({ min: 500, max: 1000 }),
      fc.array(fc.record({ there: fc.boolean(), ms: fc.integer({ min: 100, max: 2500 }) }), {
        minLength: 3,
        maxLength: 12,
      }),
      (name, holdMs, plan) => {
        const order = drawn([name]);
        order.steps[0]!.holdMs = holdMs;
        const challenge = createChallenge(order, challengeModels);
        let revealed: number | undefined;
        /** Frames since the step was revealed. */
        let shown: { at: number; there: boolean }[] = [];
        let at = 1000;
        const show = (script: HeadScript, there: boolean) => {
          at += 100;
          if (revealed !== undefined) shown.push({ at, there });
          const { passed } = challenge.observe({
            at,
            receivedAt: 1e6 + at,
            analysis: challengeAnalysis(`${at}`, script, challenge.needs),
          });
          if (passed) {
            passes++;
            expect(at - revealed!).toBeGreaterThanOrEqual(holdMs);
            shown = shown.filter((one) => one.at >= at - holdMs);
            // one slip of a frame or two may lie between
            expect(shown.filter((one) => !one.there).length).toBeLessThanOrEqual(2);
            expect(shown.filter((one) => one.there).length).toBeGreaterThanOrEqual(2);
            expect(at - revealed!).toBeLessThanOrEqual(2 * 5000 + 100);
          }
          if (challenge.phase === 'running') revealed ??= at;
        };
        for (let i = 0; i < 12; i++) show({ yaw: 0.3 * Math.sin(i) }, false);
        for (const { there, ms } of plan)
          for (let i = 0; i < ms / 100 && challenge.phase !== 'over'; i++)
            show(there ? pose[name]! : {}, there);
      },
    ),
    { numRuns: 60 },
  );
  // Else nothing was asked above.
  expect(passes).toBeGreaterThan(10);
});
