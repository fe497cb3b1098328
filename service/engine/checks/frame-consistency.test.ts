import { expect, test } from 'vitest';
import { scorerA, scorerFused } from '../../../test/support/engine.ts';
import { analysisOf, direction, emptyAnalysis, type FaceScript, near } from '../../../test/support/faces.ts';
import type { Frame } from './frame.ts';
import { frameConsistency } from './frame-consistency.ts';

const alice = direction('alice');
const mallory = direction('mallory');
const picture = (name: string, script: FaceScript = {}) =>
  analysisOf(name, { embeddings: { 'a-net': near(alice, 0.97, name) }, ...script });
const main = picture('main');
const frames = (count: number, step = 100, script: (i: number) => FaceScript = () => ({})): Frame[] =>
  Array.from({ length: count }, (_, i) => ({ at: i * step, analysis: picture(`f${i}`, script(i)) }));
const yawed = (yaw: number) => ({ quality: { pose: { yaw, pitch: 0, roll: 0 } } });

test('one picture alone is skipped', () => {
  expect(frameConsistency(main, [], [scorerA])).toEqual({
    skipped: 'Two pictures or more are needed: send frames.',
  });
});

test('one steady face is 1, and the result says by which limits', () => {
  expect(frameConsistency(main, frames(5), [scorerA])).toEqual({
    score: 1,
    details: {
      pictures: 6,
      withoutFace: 0,
      largestStep: 0,
      scorer: 'a',
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
  ['the main picture among the frames', [{ at: 0, analysis: main }], 'The same picture was sent twice.'],
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
  expect(frameConsistency(main, given, [scorerA])).toMatchObject({ score: 0, reason });
});

test('a lasting movement is plausible, and pictures of another size are not compared by place', () => {
  const walking = frames(4, 400, (i) => ({ box: { x: 100 + 150 * i, y: 140, width: 200, height: 220 } }));
  expect(frameConsistency(main, walking, [scorerA])).toMatchObject({
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
  expect(frameConsistency(main, resized, [scorerA])).not.toHaveProperty('details.largestStep');
});

test('one frame of six without a face lowers the score', () => {
  const given = [...frames(4), { at: 500, analysis: emptyAnalysis('x') }];
  expect(frameConsistency(main, given, [scorerA])).toMatchObject({ score: expect.closeTo(5 / 6, 9) });
});

test('one frame of somebody else beside the main picture is enough, also without times', () => {
  const other = [{ analysis: picture('f', { embeddings: { 'a-net': near(alice, 0.4, 'twin') } }) }];
  expect(frameConsistency(main, other, [scorerA])).toMatchObject({ score: 0 });
});

test('a face that is turned far is not judged by identity', () => {
  const turned = frames(3, 100, (i) => (i === 1 ? { embeddings: { 'a-net': mallory }, ...yawed(45) } : {}));
  expect(frameConsistency(main, turned, [scorerA])).toMatchObject({ score: 1 });
  const onlyTurned = frames(1, 100, () => yawed(45));
  expect(frameConsistency(main, onlyTurned, [scorerA])).toMatchObject({
    score: 0.8,
    details: { identity: 'Fewer than two frames face the camera.' },
  });
});

test('the fused score has the limits that were measured for it', () => {
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
      [scorerA, scorerFused],
    );
  expect(judge(0.95)).toMatchObject({ score: 1, details: { scorer: 'fused', limit: 0.9 } });
  expect(judge(0.49)).toMatchObject({ score: 0.8 });
  expect(judge(0.2)).toMatchObject({ score: 0, reason: 'The frames do not show one and the same face.' });
});

test('frames that lack embedding B are judged by A', () => {
  const given = frames(2);
  expect(frameConsistency(main, given, [scorerA, scorerFused])).toMatchObject({
    score: 1,
    details: { scorer: 'a' },
  });
});
