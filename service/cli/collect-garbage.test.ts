import { expect, test, vi } from 'vitest';
import { collectGarbageFor } from './collect-garbage.ts';

test.each([
  [1, [['--no-parallel-scavenge']]],
  [2, [['--no-parallel-scavenge']]],
  [3, []],
  [16, []],
])('with %i cores V8 gets %j', (cores, flags) => {
  const setFlags = vi.fn();
  collectGarbageFor(cores, setFlags);
  expect(setFlags.mock.calls).toEqual(flags);
});
