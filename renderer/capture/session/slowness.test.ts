import { expect, test } from 'vitest';
import { createSlowness } from './slowness.ts';

/** Three seconds: pictures that the camera gave a second, and answers a second with what the box says of each. */
function after(pictures: number, answers: number, answer: { judgedMs?: number; leftOut?: true }) {
  let now = 0;
  const slowness = createSlowness(() => now);
  for (now = 0; now < 3_000; now += 10) {
    if (now % Math.round(1000 / pictures) < 10) slowness.taken();
    if (now % Math.round(1000 / answers) < 10) slowness.answered(answer);
  }
  return { slowness, wait: (ms: number) => (now += ms) };
}

test.each([
  ['the box takes as long for each frame as there is', 10, 4, { judgedMs: 250 }, 'Box'],
  ['frames wait for the one before', 8, 3, { judgedMs: 600 }, 'Box'],
  ['all workers are busy', 10, 10, { leftOut: true }, 'Box'],
  ['the box is quick, and few frames reach it', 10, 4, { judgedMs: 60 }, 'Network'],
  ['the camera gives few pictures', 4, 4, { judgedMs: 60 }, 'Camera'],
  ['the camera gives few, and the box is slow', 4, 3, { judgedMs: 330 }, 'Box'],
] as const)('%s', (_what, pictures, answers, answer, cause) => {
  expect(after(pictures, answers, answer).slowness.cause()).toBe(cause);
});

test('what is past counts no more', () => {
  const { slowness, wait } = after(10, 4, { judgedMs: 250 });
  wait(4_000);
  for (let i = 0; i < 30; i++) {
    wait(100);
    slowness.taken();
    if (i % 3 === 0) slowness.answered({ judgedMs: 40 });
  }
  expect(slowness.cause()).toBe('Network');
});
