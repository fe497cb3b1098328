import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { favorAnswers } from './few-cores.ts';

let threads: string;
beforeEach(() => {
  threads = mkdtempSync(join(tmpdir(), 'gatehouse-threads-'));
  for (const [thread, name] of Object.entries({ 11: 'MainThread', 12: 'V8Worker', 15: 'V8Worker' })) {
    mkdirSync(join(threads, thread));
    writeFileSync(join(threads, thread, 'comm'), `${name}\n`);
  }
});
afterEach(() => rmSync(threads, { recursive: true }));

const favored = (cores: number, folder = threads, refuse = false) => {
  const setFlags = vi.fn();
  const lower = vi.fn(() => {
    if (refuse) throw new Error('EPERM');
  });
  favorAnswers({ cores, setFlags, lower, threads: folder });
  return { flags: setFlags.mock.calls, lowered: lower.mock.calls };
};
const below = constants.priority.PRIORITY_BELOW_NORMAL;

test.each([1, 2])('with %i cores the threads of V8 go behind', (cores) => {
  expect(favored(cores)).toEqual({
    flags: [['--no-parallel-scavenge']],
    lowered: [
      [12, below],
      [15, below],
    ],
  });
});

test('with more cores nothing is changed', () => {
  expect(favored(3)).toEqual({ flags: [], lowered: [] });
});

test('a system without /proc, or that refuses, stops nothing', () => {
  expect(favored(2, join(threads, 'none')).lowered).toEqual([]);
  expect(favored(2, threads, true).lowered).toHaveLength(2);
});
