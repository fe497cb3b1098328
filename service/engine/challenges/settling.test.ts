import fc from 'fast-check';
import { expect, test } from 'vitest';
import { challengeAnalysis } from '../../../test/support/challenge-frames.ts';
import type { QualityMeasures } from '../../inference/face.ts';
import { seenFrame } from './seen-frame.ts';
import { createSettling } from './settling.ts';

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

test('other advice is given up after three seconds', () => {
  expect(settle({ eyesOpen: 0.1 }, 30_000)).toMatchObject({ code: 'EYES_CLOSED' });
  expect(settle({ eyesOpen: 0.1 }, 30_000).began).toBeLessThan(5000);
});

test('a face too near for turns gets advice, although a picture of it would do', () => {
  expect(settle({ frameShare: 0.65 }, 20_000)).toEqual({ began: undefined, code: 'TOO_CLOSE' });
});

test('frames that cannot be judged begin no attempt, however long it lasts', () => {
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
      expect(code).toBeDefined();
    }),
    { numRuns: 20 },
  );
});
