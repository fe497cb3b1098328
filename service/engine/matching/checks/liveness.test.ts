import { describe, expect, test } from 'vitest';
import { padPair } from '../../../../test/support/engine.ts';
import { analysisOf, emptyAnalysis } from '../../../../test/support/faces.ts';
import { livingHead, turnedPhotograph } from '../../../../test/support/heads.ts';
import type { Analysis, MotionSample } from '../../../inference/face.ts';
import type { PadSetEntry } from '../../../inference/models/manifest.ts';
import type { Finding, Frame } from './check.ts';
import { isBlackAndWhite } from './face-quality.ts';
import { type LivenessScale, liveness as livenessOf } from './liveness.ts';
import { MOTIONLESS, motionIndex } from './motion-index.ts';

const liveness = (
  main: Analysis,
  counted: readonly Frame[],
  pad: PadSetEntry | undefined,
  scale: LivenessScale = 'apcer5',
) => livenessOf(main, { counted, leftOut: {} }, pad, scale);

const framesOf = (samples: readonly MotionSample[], step: number, live?: number): Frame[] =>
  samples.map((motion, i) => ({
    at: i * step,
    analysis: analysisOf(`f${i}`, { motion, ...(live === undefined ? {} : { live }) }),
  }));

const layersOf = ({ details }: Finding) => (details!.layers as { layer: string }[]).map(({ layer }) => layer);

describe('the motion index', () => {
  test('a living face is above the line, a photograph that is held by hand below it', () => {
    const living = motionIndex(livingHead(12))!;
    const photograph = motionIndex(turnedPhotograph(12))!;
    expect(living.index).toBeGreaterThan(0);
    expect(photograph.index).toBeLessThan(MOTIONLESS);
    expect(living.features.nonRigid).toBeGreaterThan(photograph.features.nonRigid * 5);
  });

  test('a repeated frame gives a number', () => {
    const still = motionIndex(Array.from({ length: 6 }, () => livingHead(1)[0]!))!;
    expect(still.index).toBeCloseTo(-3, 9);
  });

  test('turned frames do not count, and four neutral ones are too few', () => {
    const turned = livingHead(6).map((sample, i) =>
      i < 2 ? { ...sample, pose: { ...sample.pose, yaw: 40 } } : sample,
    );
    expect(motionIndex(turned)).toBeUndefined();
    expect(motionIndex(livingHead(4))).toBeUndefined();
    expect(motionIndex([])).toBeUndefined();
  });
});

describe('liveness', () => {
  test('without a PAD model it is skipped and says so, motion or not', () => {
    expect(liveness(analysisOf('p'), [], undefined)).toEqual({
      skipped: 'No presentation attack detection ran: the test world, match only, or none is installed.',
    });
    expect(liveness(analysisOf('p'), framesOf(livingHead(6), 800), undefined)).toMatchObject({
      skipped: expect.any(String),
      details: { layers: [{ layer: 'motion', motionless: false }] },
    });
  });

  test('the score is 0.5 at the APCER-5 % threshold of the set, and carries its figures', () => {
    const at = liveness(analysisOf('p', { live: 0.96 }), [], padPair);
    expect(at).toMatchObject({
      score: expect.closeTo(0.5, 9),
      details: {
        thresholdScore: 0.5,
        layers: [
          {
            layer: 'pad',
            set: 'pad-pair',
            maturity: 'alternate',
            frames: 1,
            live: 0.96,
            apcer: 0.05,
            bpcer: 0.1,
            note: expect.stringContaining('hold at this threshold'),
          },
          { layer: 'moire', maturity: 'experimental', counts: false, signal: 0.1 },
        ],
      },
    });
    expect(liveness(analysisOf('p', { live: 0.95 }), [], padPair)).toMatchObject({
      reason: 'The picture looks like a photograph or a screen.',
    });
    expect(at).not.toHaveProperty('details.frames');
  });

  test('a certain attack and a certain person stay numbers between 0 and 1', () => {
    const [attack, person] = [0, 1].map((live) => liveness(analysisOf('p', { live }), [], padPair));
    expect(attack).toMatchObject({ score: expect.closeTo(0, 3) });
    expect(person).toMatchObject({ score: expect.closeTo(0.998, 3) });
  });

  test('all pictures count by the mean of their logits', () => {
    const frames: Frame[] = [{ analysis: analysisOf('b', { live: 0.1 }) }, { analysis: emptyAnalysis('c') }];
    const found = liveness(analysisOf('a', { live: 0.9 }), frames, padPair);
    expect(found).toMatchObject({ details: { layers: [{ frames: 2, live: 0.5 }, { layer: 'moire' }] } });
  });

  test('the main picture among the frames counts once, but has its place in time', () => {
    const main = analysisOf('f0', { live: 0.1 });
    const frames = framesOf(livingHead(5), 800, 0.9);
    const found = liveness(main, frames, padPair);
    expect(found).toMatchObject({
      details: {
        frames: { counted: 4, leftOut: {} },
        layers: [{ layer: 'pad', frames: 5 }, { layer: 'motion', frames: 5 }, {}],
      },
    });
  });

  test('the result says how many frames were left out, and why', () => {
    const found = livenessOf(
      analysisOf('p', { live: 0.1 }),
      { counted: [], leftOut: { NO_MARGIN: 11, TOO_CLOSE: 1 }, note: 'Main picture alone.' },
      padPair,
      'apcer5',
    );
    expect(found).toMatchObject({
      details: {
        frames: { counted: 0, leftOut: { NO_MARGIN: 11, TOO_CLOSE: 1 }, note: 'Main picture alone.' },
        layers: [{ frames: 1, live: 0.1 }, {}],
      },
    });
  });

  test.each([
    ['five frames over 3.2 seconds', 5, 800, true],
    ['five frames over 2.8 seconds', 5, 700, false],
    ['four frames over 3.6 seconds', 4, 1200, false],
  ])('%s: motion judged is %s', (_, count, step, judged) => {
    const found = liveness(analysisOf('p', { live: 0.96 }), framesOf(livingHead(count), step, 0.96), padPair);
    expect(layersOf(found).includes('motion')).toBe(judged);
  });

  test('motion moves the score, and a motionless person is noted but not refused by it alone', () => {
    const main = analysisOf('p', { live: 0.999 });
    const living = liveness(main, framesOf(livingHead(8), 800, 0.999), padPair);
    const still = liveness(main, framesOf(turnedPhotograph(8), 800, 0.999), padPair);
    const scoreOf = (finding: object) => (finding as { score: number }).score;
    expect(scoreOf(living)).toBeGreaterThan(scoreOf(liveness(main, [], padPair)));
    expect(scoreOf(still)).toBeLessThan(scoreOf(liveness(main, [], padPair)));
    expect(still).toMatchObject({
      details: { layers: [{ layer: 'pad' }, { layer: 'motion', motionless: true }, {}] },
    });
  });

  test('frames without times are not judged for motion', () => {
    const frames = framesOf(livingHead(8), 800, 0.9).map(({ analysis }) => ({ analysis }));
    expect(layersOf(liveness(analysisOf('p', { live: 0.9 }), frames, padPair))).toEqual(['pad', 'moire']);
  });

  test('on the scale of the live score 0.5 is 0.5, and the figures are those measured there', () => {
    const half = { score: 0.5, apcer: 0.08, bpcer: 0.02 };
    const pad = { ...padPair, thresholds: { ...padPair.thresholds, half } };
    const at = liveness(analysisOf('p', { live: 0.5 }), [], pad, 'live');
    expect(at).toMatchObject({
      score: expect.closeTo(0.5, 9),
      details: { thresholdScore: 0.5, layers: [{ threshold: 0.5, apcer: 0.08, bpcer: 0.02 }, {}] },
    });
    expect(liveness(analysisOf('p', { live: 0.73 }), [], pad, 'live')).toMatchObject({
      score: expect.closeTo(0.73, 9),
    });
    // A set without figures at 0.5 reports the figures it has, and their threshold.
    expect(liveness(analysisOf('p', { live: 0.5 }), [], padPair, 'live')).toMatchObject({
      details: { thresholdScore: 0.96, layers: [{ threshold: 0.96, apcer: 0.05 }, {}] },
    });
  });

  test('a colored picture is not black and white', () => {
    expect(isBlackAndWhite(analysisOf('p', { live: 0.9, color: 0.05 }))).toBe(false);
  });
});
