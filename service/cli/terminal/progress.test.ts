import { expect, test } from 'vitest';
import { createPhases, createProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

function pipe() {
  const lines: string[] = [];
  const terminal: Terminal = {
    interactive: false,
    shown: false,
    answer() {},
    note: (text) => void lines.push(text),
    isRead: async () => true,
    exitCode: async (code) => code,
    style: (_, text) => text,
  };
  const clock = { now: 0 };
  return { lines, terminal, clock, now: () => clock.now };
}

test('without a terminal progress is a plain line every ten seconds', async () => {
  const { lines, terminal, clock, now } = pipe();
  const progress = await createProgress(terminal, 'enrolling', now);
  progress.start(4000);
  clock.now = 9_999;
  progress.step('');
  expect(lines).toEqual([]);
  clock.now = 10_000;
  progress.reach(1000);
  progress.step('| 2 refused');
  clock.now = 20_000;
  progress.step('| 2 refused');
  progress.stop();
  expect(lines).toEqual([
    'enrolling: 25 % | 1000/4000 | 100/s',
    'enrolling: 25 % | 1002/4000 | 50/s | 2 refused',
  ]);
});

test('what is started again counts from nothing', async () => {
  const { lines, terminal, clock, now } = pipe();
  const progress = await createProgress(terminal, 'groups', now);
  for (const total of [10, 4]) {
    progress.start(total);
    clock.now += 10_000;
    progress.step('');
    progress.stop();
  }
  expect(lines).toEqual(['groups: 10 % | 1/10 | 0.1/s', 'groups: 25 % | 1/4 | 0.1/s']);
});

test('without a terminal a phase is a plain line, at most every ten seconds', () => {
  const { lines, terminal, clock, now } = pipe();
  const phase = createPhases(terminal, now);
  phase('opening the keys');
  clock.now = 10_000;
  phase('reading the backup', 1, 3);
  phase('reading the backup', 2, 3);
  clock.now = 20_000;
  phase('checking the database');
  expect(lines).toEqual(['reading the backup 33 %', 'checking the database']);
});
