import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scorerBoth, scorerR } from '../../../../test/support/engine.ts';
import {
  analysisOf,
  direction,
  emptyAnalysis,
  type FaceScript,
  near,
} from '../../../../test/support/faces.ts';
import { meanDirection } from '../../../lib/vectors.ts';
import { cosineSimilarity } from '../score.ts';
import type { Frame } from './check.ts';
import { judgeFrames } from './frame-consistency.ts';

const frameConsistency = (...given: Parameters<typeof judgeFrames>) => judgeFrames(...given).finding;

const alice = direction('alice');
const mallory = direction('mallory');
const picture = (name: string, script: FaceScript = {}) =>
  analysisOf(name, { embeddings: { 'a-net': near(alice, 0.97, name) }, ...script });
const main = picture('main');
const frames = (count: number, step = 100, script: (i: number) => FaceScript = () => ({})): Frame[] =>
  Array.from({ length: count }, (_, i) => ({ at: i * step, analysis: picture(`f${i}`, script(i)) }));
const yawed = (yaw: number) => ({ quality: { pose: { yaw, pitch: 0, roll: 0 } } });

test('one picture alone is skipped', () => {
  expect(frameConsistency(main, [], [scorerR])).toEqual({
    skipped: 'Two pictures or more are needed: send frames.',
    missing: true,
  });
});

test('one steady face is 1, and the result says by which limits', () => {
  expect(frameConsistency(main, frames(5), [scorerR])).toEqual({
    score: 1,
    details: {
      pictures: 6,
      withoutFace: 0,
      counted: 5,
      leftOut: {},
      largestStep: 0,
      scorer: 'r',
      least: expect.closeTo(0.97, 1),
      limit: 0.7,
      limitFrom: 'false-match rates 1e-3, 1e-4 and 1e-5',
      leastOfNeighbours: expect.closeTo(0.94, 1),
      neighbourLimit: 0.85,
    },
  });
});

test.each<[string, Frame[], string]>([
  [
    'a picture sent twice',
    [...frames(2), { at: 200, analysis: picture('f0') }],
    'The same picture was sent twice.',
  ],
  [
    'the main picture among the frames twice',
    [{ at: 0, analysis: main }, ...frames(2, 100).slice(1), { at: 200, analysis: main }],
    'The same picture was sent twice.',
  ],
  ['times that stand still', frames(3, 0), 'The frame times do not rise.'],
  ['times that go back', frames(3, -50), 'The frame times do not rise.'],
  [
    'a second face',
    frames(3, 100, (i) => (i === 1 ? { others: [150] } : {})),
    'A second face came into the picture.',
  ],
  [
    'frames without a face',
    [...frames(1), { at: 200, analysis: emptyAnalysis('x') }, { at: 300, analysis: emptyAnalysis('y') }],
    'The face is missing in too many frames.',
  ],
  [
    'a jump of more than half a face',
    frames(3, 100, (i) => (i === 2 ? { box: { x: 330, y: 140, width: 200, height: 220 } } : {})),
    'The face moved faster than a head can.',
  ],
  [
    'a face that becomes three times as large at once',
    frames(2, 100, (i) => (i === 1 ? { box: { x: 20, y: 0, width: 600, height: 480 } } : {})),
    'The face moved faster than a head can.',
  ],
  [
    'another person at the end',
    frames(3, 100, (i) => (i === 2 ? { embeddings: { 'a-net': mallory } } : {})),
    'The frames do not show one and the same face.',
  ],
])('%s fails', (_, given, reason) => {
  expect(frameConsistency(main, given, [scorerR])).toMatchObject({ score: 0, reason });
});

test('a lasting movement is plausible, and pictures of another size are not compared by place', () => {
  const walking = frames(4, 400, (i) => ({ box: { x: 100 + 150 * i, y: 140, width: 200, height: 220 } }));
  expect(frameConsistency(main, walking, [scorerR])).toMatchObject({
    score: 1,
    details: { largestStep: 0.375 },
  });
  const resized = frames(2).map((frame, i) => ({
    ...frame,
    analysis: {
      ...frame.analysis,
      picture: { width: 640 * (i + 1), height: 480 * (i + 1), format: 'jpeg' as const },
    },
  }));
  expect(frameConsistency(main, resized, [scorerR])).not.toHaveProperty('details.largestStep');
});

test('one frame of six without a face lowers the score', () => {
  const given = [...frames(4), { at: 500, analysis: emptyAnalysis('x') }];
  expect(frameConsistency(main, given, [scorerR])).toMatchObject({ score: expect.closeTo(5 / 6, 9) });
});

test('one frame of another person beside the main picture is enough, also without times', () => {
  const other = [{ analysis: picture('f', { embeddings: { 'a-net': near(alice, 0.4, 'twin') } }) }];
  expect(frameConsistency(main, other, [scorerR])).toMatchObject({ score: 0 });
});

const aNet = ({ analysis }: Frame) => analysis.face!.embeddings['a-net']!;
const closeUp = { quality: { margin: -0.1, frameShare: 0.8 } };
const stranger = { embeddings: { 'a-net': mallory } };

describe('which frames count for liveness', () => {
  const names = (given: readonly Frame[]) => given.map(({ analysis }) => analysis.pixelHash);

  test('all that are fit and of one person', () => {
    const given = frames(4);
    expect(names(judgeFrames(main, given, [scorerR]).counted)).toEqual(names(given));
  });

  test('the main picture among them once is counted once, and is no second picture by itself', () => {
    const copy = { at: 0, analysis: picture('another encoding', { pixelHash: main.pixelHash }) };
    const given = [copy, ...frames(3, 100).slice(1)];
    const judged = judgeFrames(main, given, [scorerR]);
    expect(judged).toMatchObject({
      finding: { score: 1, details: { pictures: 3, counted: 2, leftOut: {} } },
      leftOut: {},
    });
    expect(names(judged.counted)).toEqual(names(given));
    expect(judgeFrames(main, [copy], [scorerR])).toEqual({
      finding: { skipped: 'Two pictures or more are needed: send frames.', missing: true },
      counted: [],
      leftOut: {},
    });
  });

  test.each<[string, FaceScript, string]>([
    ['a turned face of any person', { ...stranger, ...yawed(45) }, 'NOT_FRONTAL'],
    ['a face turned by no number', yawed(Number.NaN), 'NOT_FRONTAL'],
    ['a close-up', { quality: { frameShare: 0.76 } }, 'TOO_CLOSE'],
    ['a face without margin', { quality: { margin: 0.04 } }, 'NO_MARGIN'],
    ['a face too small to identify', { ...stranger, quality: { interEyeDistance: 23 } }, 'TOO_FAR'],
  ])('%s does not, and is no failure', (_, script, code) => {
    const given = frames(3, 100, (i) => (i === 1 ? script : {}));
    const judged = judgeFrames(main, given, [scorerR]);
    expect(judged).toMatchObject({
      finding: { score: 1, details: { counted: 2, leftOut: { [code]: 1 } } },
      leftOut: { [code]: 1 },
    });
    expect(names(judged.counted)).toEqual(names([given[0]!, given[2]!]));
  });
});

test.each<[string, FaceScript, Frame[], string]>([
  [
    'A1: close-ups of the main picture',
    {},
    frames(12, 100, () => closeUp).map(({ analysis }) => ({ analysis })),
    'No frame shows the face well enough. Move back a little.',
  ],
  [
    'A1: close-ups of another person beside one fit frame',
    {},
    frames(12, 100, (i) => (i === 0 ? {} : { ...stranger, ...closeUp })),
    'The frames do not show one and the same face.',
  ],
  [
    'A2: turned strangers',
    {},
    frames(12, 100, () => ({ ...stranger, ...yawed(31) })),
    'The face is turned away or too small in too many frames: face the camera.',
  ],
  [
    'A2: turned strangers beside a few fit frames',
    {},
    frames(5, 100, (i) => (i < 2 ? {} : { ...stranger, ...yawed(-40) })),
    'The face is turned away or too small in too many frames: face the camera.',
  ],
  [
    'A3: a turned main picture beside frontal strangers',
    yawed(31),
    frames(12, 100, () => stranger),
    'The picture cannot be compared with its frames: face the camera in it.',
  ],
  [
    'a turned main picture of the same person',
    yawed(-31),
    frames(3),
    'The picture cannot be compared with its frames: face the camera in it.',
  ],
  [
    'frames that no scorer can compare',
    {},
    frames(3, 100, () => ({ embeddings: {} })),
    'The frames do not show one and the same face.',
  ],
])('%s fails', (_, mainScript, given, reason) => {
  expect(judgeFrames(picture('main', mainScript), given, [scorerR]).finding).toMatchObject({
    score: 0,
    reason,
  });
});

test('half of the frames may be turned', () => {
  const given = frames(6, 100, (i) => (i % 2 === 1 ? yawed(45) : {}));
  expect(frameConsistency(main, given, [scorerR])).toMatchObject({
    score: 1,
    details: { counted: 3, leftOut: { NOT_FRONTAL: 3 } },
  });
});

test('frames are compared with the main picture itself, not only with the mean of the others', () => {
  const other = near(alice, 0.715, 'the other');
  const given = frames(6, 2000, (i) => ({ embeddings: { 'a-net': near(other, 0.97, `o${i}`) } }));
  const alicePicture = picture('main', { embeddings: { 'a-net': alice } });
  expect(cosineSimilarity(alice, meanDirection(given.map(aNet)))).toBeGreaterThan(0.7);
  expect(frameConsistency(alicePicture, given, [scorerR])).toMatchObject({
    score: 0,
    details: { least: expect.closeTo(0.69, 1), limit: 0.7 },
  });
});

test('for any frames, only fit and frontal ones of the main picture’s person count while they pass', () => {
  const script = fc.record({
    cosine: fc.constantFrom(0.97, 0.3),
    yaw: fc.constantFrom(0, 25, 31, -60),
    margin: fc.constantFrom(0.5, 0.01),
    frameShare: fc.constantFrom(0.3, 0.8),
    interEyeDistance: fc.constantFrom(100, 20),
  });
  fc.assert(
    fc.property(fc.array(script, { minLength: 1, maxLength: 8 }), script, (scripts, mainScript) => {
      const shown = ({ cosine, yaw, ...quality }: typeof mainScript, name: string) =>
        picture(name, {
          embeddings: { 'a-net': near(alice, cosine, name) },
          quality: { ...quality, pose: { yaw, pitch: 0, roll: 0 } },
        });
      const given = scripts.map((one, i) => ({ at: 2000 * i, analysis: shown(one, `f${i}`) }));
      const { finding, counted } = judgeFrames(shown(mainScript, 'main'), given, [scorerR]);
      if (!('score' in finding) || finding.score === 0) return;
      expect(counted.length).toBeGreaterThan(0);
      for (const [i, { cosine, yaw, margin, frameShare, interEyeDistance }] of scripts.entries()) {
        const good =
          cosine > 0.9 && Math.abs(yaw) <= 30 && margin > 0.1 && frameShare < 0.75 && interEyeDistance > 30;
        expect(counted.includes(given[i]!)).toBe(good);
      }
      expect(Math.abs(mainScript.yaw)).toBeLessThanOrEqual(30);
    }),
    { numRuns: 300 },
  );
});

test('a scorer has the limits that its manifest entry measured', () => {
  const continuity = { same: 0.9, sure: 1.05, neighbours: 1.2, source: 'these tests' };
  const both = (i: number, cosine: number): FaceScript => ({
    embeddings: { 'a-net': near(alice, cosine, `a${i}`), 'b-net': near(mallory, cosine, `b${i}`) },
  });
  const judge = (cosine: number) =>
    frameConsistency(
      picture('main', both(9, 0.99)),
      [0, 1, 2].map((i) => ({
        at: 2000 * i,
        analysis: picture(`f${i}`, i === 2 ? both(2, cosine) : both(i, 0.99)),
      })),
      [scorerR, { ...scorerBoth, continuity }],
    );
  expect(judge(0.95)).toMatchObject({
    score: 1,
    details: { scorer: 'rm', limit: 0.9, limitFrom: 'these tests' },
  });
  expect(judge(0.49)).toMatchObject({ score: 0.8 });
  expect(judge(0.2)).toMatchObject({ score: 0, reason: 'The frames do not show one and the same face.' });
});

test('frames that lack embedding B are judged by A', () => {
  const given = frames(2);
  expect(frameConsistency(main, given, [scorerR, scorerBoth])).toMatchObject({
    score: 1,
    details: { scorer: 'r' },
  });
});
