import { expect, test } from 'vitest';
import { analysisOf, emptyAnalysis, type FaceScript } from '../../../../test/support/faces.ts';
import { blinksIn } from './blink-in-frames.ts';

const OPEN = 0.3;
const SHUT = 0.05;
const eyes = (eyesOpen: number): FaceScript => ({ quality: { eyesOpen } });
const turned = (i: number) => ({ yaw: i < 12 ? 0 : 40, pitch: 0, roll: 0 });
/** Ten frames a second. */
const frames = (scripts: readonly FaceScript[], pace = 100) =>
  scripts.map((script, i) => ({ at: i * pace, analysis: analysisOf(`frame ${i}`, script) }));
const openFor = (count: number) => Array.from({ length: count }, () => eyes(OPEN));
const shutFor = (count: number) => Array.from({ length: count }, () => eyes(SHUT));

test('open, shut for a moment, open again', () => {
  expect(blinksIn(frames([...openFor(10), ...shutFor(2), ...openFor(10)]))).toBe(true);
  expect(blinksIn(frames([...openFor(10), eyes(SHUT), ...openFor(10)]))).toBe(true);
});

test.each([
  ['eyes that stay open, as on a photo', openFor(24)],
  ['eyes that stay shut', shutFor(24)],
  ['eyes that shut and stay so', [...openFor(12), ...shutFor(12)]],
  ['eyes that were shut at first', [...shutFor(4), ...openFor(20)]],
  ['a look down, longer than a blink', [...openFor(10), ...shutFor(7), ...openFor(10)]],
  ['a flicker of the measure', [...openFor(10), eyes(0.22), ...openFor(10)]],
  ['a head that turns away', openFor(24).map((one, i) => ({ quality: { ...one.quality, pose: turned(i) } }))],
])('no blink: %s', (_, scripts) => {
  expect(blinksIn(frames(scripts))).toBe(false);
});

test('a blink of a face that jumps, is lost or has another beside it is none', () => {
  const whole = [...openFor(10), ...shutFor(2), ...openFor(10)];
  const jump = { ...eyes(SHUT), box: { x: 10, y: 10, width: 90, height: 100 } };
  expect(blinksIn(frames(whole.with(10, jump)))).toBe(false);
  expect(blinksIn(frames(whole.with(10, { ...eyes(SHUT), others: [190] })))).toBe(false);
  expect(blinksIn(frames(whole).with(10, { at: 1000, analysis: emptyAnalysis('none') }))).toBe(false);
  expect(blinksIn(frames(whole, 2000))).toBe(false);
  expect(blinksIn([])).toBe(false);
});
