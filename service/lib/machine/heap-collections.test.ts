import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What a program writes, on either output. */
async function outputOf(program: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    program,
  ]);
  return stdout + stderr;
}

/** Writes the flags that V8 is given, and gives them to it: one that it does not know it names. */
const writingFlags = (program: string) => `
  import v8 from 'node:v8';
  import { syncBuiltinESMExports } from 'node:module';
  const { setFlagsFromString } = v8;
  v8.setFlagsFromString = (flag) => {
    console.log(flag);
    setFlagsFromString(flag);
  };
  syncBuiltinESMExports();
  ${program}`;

test('V8 is given a flag, and knows it', async () => {
  const file = JSON.stringify(join(import.meta.dirname, 'heap-collections.ts'));
  const collecting = writingFlags(
    `const { collectWhenNeededOnly } = await import(${file}); collectWhenNeededOnly();`,
  );
  expect(await outputOf(collecting)).toBe('--no-memory-reducer\n');
  expect(await outputOf(writingFlags(`v8.setFlagsFromString('--no-such-flag');`))).toContain(
    'unrecognized flag --no-such-flag',
  );
});
