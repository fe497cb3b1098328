import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('one key’s work runs in order and alone, another key’s beside it, and a failure holds nobody up', async () => {
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
