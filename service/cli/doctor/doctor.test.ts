import { expect, test } from 'vitest';
import { checkInodes } from './checks.ts';
import { countStates, describeCounts, describeFindings } from './doctor.ts';

test('findings stand under one another and hang at the width of the window', () => {
  const findings = [
    { what: 'Node.js', state: 'ok' as const, found: '24.1.0' },
    {
      what: 'disk',
      state: 'warn' as const,
      found: 'one gigabyte is free',
      remedy: 'Free some of it, or buy.',
    },
  ];
  const mark = (state: string) => state.padEnd(4);
  expect(describeFindings(findings, Number.POSITIVE_INFINITY, mark)).toBe(
    'ok    Node.js  24.1.0\nwarn  disk     one gigabyte is free\n      Free some of it, or buy.',
  );
  expect(describeFindings(findings, 28, mark)).toBe(
    'ok    Node.js  24.1.0\nwarn  disk     one gigabyte\n               is free\n      Free some of it, or\n      buy.',
  );
});

test('the closing line counts, and names the exit code', () => {
  const states = (['ok', 'warn', 'ok'] as const).map((state) => ({ state }));
  expect(describeCounts(countStates(states))).toBe('2 ok, 1 warning, 0 failed; exit code 0');
  expect(describeCounts(countStates([...states, { state: 'fail' }]))).toBe(
    '2 ok, 1 warning, 1 failed; exit code 1',
  );
});

test.each([
  ['enough', { files: 65_536, ffree: 1_000 }, undefined],
  ['few', { files: 65_536, ffree: 999 }, 'warn'],
  ['no', { files: 65_536, ffree: 0 }, 'fail'],
  ['uncounted', { files: 0, ffree: 0 }, undefined],
])('a disk with %s inodes left', (_, disk, state) => {
  expect(checkInodes(disk)?.state).toBe(state);
});
