import { expect, test } from 'vitest';
import { createRandom } from '../accuracy/random.ts';
import { analysisOf, direction } from '../support/faces.ts';
import { shownAgain } from './shown-again.ts';

const analysis = analysisOf('ada', {
  embeddings: { 'a-net': direction('ada'), 'b-net': direction('ada b', 64) },
  motion: {
    pose: { yaw: 3, pitch: -2, roll: 1 },
    mesh: Float32Array.from({ length: 1404 }, (_, i) => i),
    eyesOpen: 0.3,
  },
});

test('each number is moved a little, by the numbers that follow from the chance', () => {
  const shown = shownAgain(analysis, createRandom(7), 'hash', true);
  expect(shown).toEqual(shownAgain(analysis, createRandom(7), 'hash', true));
  const { mesh } = shown.face!.motion;
  const moved = [...mesh].map((value, i) => value - i);
  expect(new Set(moved).size).toBeGreaterThan(1000);
  expect(Math.max(...moved.map(Math.abs))).toBeLessThan(0.05 * analysis.face!.quality.interEyeDistance);
  for (const [net, vector] of Object.entries(shown.face!.embeddings)) {
    expect(Math.hypot(...vector)).toBeCloseTo(1);
    expect(vector).not.toEqual(analysis.face!.embeddings[net]);
  }
});

test('a frame that is read without embeddings is the same frame', () => {
  const whole = shownAgain(analysis, createRandom(7), 'hash', true);
  const { embeddings, ...face } = whole.face!;
  expect(Object.keys(embeddings)).toEqual(['a-net', 'b-net']);
  expect(shownAgain(analysis, createRandom(7), 'hash', false)).toEqual({
    ...whole,
    face: { ...face, embeddings: {} },
  });
});
