import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('work of one key runs in order and alone, other keys run in parallel, and a failure blocks none', async () => {
  const turns = createTurns();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns('a', async () => {
    seen.push('first starts');
    await gate.promise;
    seen.push('first fails');
    throw new Error('first');
  });
  const second = turns('a', async () => seen.push('second'));
  await turns('b', async () => seen.push('other key'));
  gate.resolve();
  await expect(first).rejects.toThrow('first');
  await second;
  expect(seen).toEqual(['first starts', 'other key', 'first fails', 'second']);
});
