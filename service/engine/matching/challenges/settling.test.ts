import fc from 'fast-check';
import { expect, test } from 'vitest';
import { challengeAnalysis } from '../../../../test/support/challenge-frames.ts';
import type { QualityMeasures } from '../../../inference/face.ts';
import { seenFrame } from './seen-frame.ts';
import { createSettling } from './step-sequence.ts';

/** A still face before a camera of this quality, ten frames a second: ms until the attempt begins, and the last advice. */
function settle(quality: Partial<QualityMeasures>, most: number) {
  const settling = createSettling();
  let code: string | undefined;
  for (let at = 0; at <= most; at += 100) {
    const analysis = challengeAnalysis(`${at}`, { yaw: 0.6 * Math.sin(at / 310) }, 'landmarks');
    const face = { ...analysis.face!, quality: { ...analysis.face!.quality, ...quality } };
    const { guidance, settled } = settling.observe(seenFrame(at, face), { ...analysis, face }, true);
    code = guidance?.code;
    if (settled) return { began: at, code };
  }
  return { began: undefined, code };
}

test.each([
  ['TOO_DARK', { luminance: 0.1 }],
  ['BLURRED', { sharpness: 10 }],
])('%s: advice for 15 s, then a webcam that stays bad is judged', (code, quality) => {
  const { began, code: said } = settle(quality, 30_000);
  expect(said).toBe(code);
  expect(began).toBeGreaterThanOrEqual(15_000);
  expect(began).toBeLessThan(17_000);
});

test('light has its time after other advice, too', () => {
  const settling = createSettling();
  let began: number | undefined;
  for (let at = 0; at <= 60_000 && began === undefined; at += 100) {
    const analysis = challengeAnalysis(`${at}`, { yaw: 0.6 * Math.sin(at / 310) }, 'landmarks');
    const quality = at < 20_000 ? { frameShare: 0.8 } : { luminance: 0.1 };
    const face = { ...analysis.face!, quality: { ...analysis.face!.quality, ...quality } };
    if (settling.observe(seenFrame(at, face), { ...analysis, face }, true).settled) began = at;
  }
  expect(began).toBeGreaterThanOrEqual(35_000);
});

test('other advice is given up after three seconds', () => {
  expect(settle({ eyesOpen: 0.1 }, 30_000)).toMatchObject({ code: 'EYES_CLOSED' });
  expect(settle({ eyesOpen: 0.1 }, 30_000).began).toBeLessThan(5000);
});

test('a face too near for turns gets advice, although a picture of it would do', () => {
  expect(settle({ frameShare: 0.65 }, 20_000)).toEqual({ began: undefined, code: 'TOO_CLOSE' });
});

test('frames that cannot be judged begin no attempt, however long it lasts', () => {
  const advice = ['TOO_DARK', 'UNDER_EXPOSED', 'BLURRED', 'TOO_BRIGHT', 'OVER_EXPOSED', 'TOO_CLOSE'];
  const unjudgeable = fc.oneof(
    fc.record({ luminance: fc.double({ min: 0, max: 0.029, noNaN: true }) }),
    fc.record({ sharpness: fc.double({ min: 0, max: 0.3, noNaN: true }), luminance: fc.constant(0.5) }),
    fc.record({ overExposure: fc.double({ min: 0.71, max: 1, noNaN: true }) }),
    fc.record({ frameShare: fc.double({ min: 0.76, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(unjudgeable, (quality) => {
      const { began, code } = settle(quality, 40_000);
      expect(began).toBeUndefined();
      expect(advice).toContain(code);
    }),
    { numRuns: 20 },
  );
});

test('a head that never keeps still does not fill the memory: the last four seconds are kept', () => {
  const settling = createSettling();
  const see = (at: number, yaw: number) => {
    const analysis = challengeAnalysis(`${at}`, { yaw }, 'landmarks');
    return settling.observe(seenFrame(at, analysis.face!), analysis, true).settled;
  };
  for (let at = 0; at < 80_000; at += 100) expect(see(at, at % 200 === 0 ? -4 : 4)).toBeUndefined();
  let settled: ReturnType<typeof see>;
  for (let at = 80_000; settled === undefined && at < 90_000; at += 100) settled = see(at, 0);
  expect(settled).toHaveLength(40);
  expect(settled!.at(-1)!.at).toBeLessThan(81_500);
});
