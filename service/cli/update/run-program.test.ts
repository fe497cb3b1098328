import { expect, test } from 'vitest';
import { lastLines } from './run-program.ts';

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
