import { expect, test } from 'vitest';
import { lastLines, runProgram } from './machine.ts';

test('of a crash the reason is said, not where in the code it was', () => {
  const crash = `file:///usr/lib/gatehouse/dist/service/cli/gatehouse.js:1
throw new Error('a broken release');
      ^

Error: a broken release
    at async runProgram (file:///usr/lib/gatehouse/dist/service/cli/program.js:101:9)
    at async run (file:///usr/lib/gatehouse/dist/service/cli/gatehouse.js:42:16)

Node.js v24.21.0
`;
  expect(lastLines(crash)).toMatch(/Error: a broken release$/);
  expect(lastLines('one\ntwo\nthree\nfour\n')).toBe('two three four');
});

test('a program that fails is said with its last lines, one that is missing by its name', async () => {
  await expect(runProgram('sh', ['-c', 'echo out; echo why >&2; exit 3'])).rejects.toThrow(
    'sh -c ended with 3: why',
  );
  await expect(runProgram('gatehouse-of-no-machine', [])).rejects.toThrow(
    'gatehouse-of-no-machine is not on this machine.',
  );
  expect(await runProgram('sh', ['-c', 'echo out; echo why >&2'])).toBe('out\n');
});
