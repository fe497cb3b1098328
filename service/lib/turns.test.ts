import { expect, test } from 'vitest';
import { createFairLines, createFairOneAtATime, createTurns } from './turns.ts';

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

test('groups are taken in turns, in a group its members, and of a member what came first', () => {
  const lines = createFairLines<string>();
  for (const [item, group, member] of [
    ['a1', 'g', 'a'],
    ['a2', 'g', 'a'],
    ['a3', 'g', 'a'],
    ['b1', 'g', 'b'],
    ['c1', 'h', 'c'],
    ['c2', 'h', 'c'],
  ] as const)
    lines.add(item, [group, member]);
  const taken = Array.from({ length: 7 }, () => lines.take());
  expect(taken).toEqual(['a1', 'c1', 'b1', 'c2', 'a2', 'a3', undefined]);
});

test('work that waited too long is refused, work that fails blocks none, and what comes later is begun', async () => {
  const inTurn = createFairOneAtATime({ patience: -1, refuse: () => new Error('late') });
  const patient = createFairOneAtATime({ patience: 60_000, refuse: () => new Error('late') });
  await expect(inTurn(async () => 1)).rejects.toThrow('late');
  const fails = patient(async () => Promise.reject(new Error('first')));
  const second = patient(async () => 2);
  await expect(fails).rejects.toThrow('first');
  expect([await second, await patient(async () => 3)]).toEqual([2, 3]);
});
