import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What V8 says, on either output, to a program that runs this. */
async function saidTo(program: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    program,
  ]);
  return stdout + stderr;
}

test('V8 knows the flag; one that it does not know it names', async () => {
  const file = JSON.stringify(join(import.meta.dirname, 'heap-collections.ts'));
  expect(await saidTo(`import { collectWhenNeededOnly } from ${file}; collectWhenNeededOnly();`)).toBe('');
  expect(
    await saidTo(`import { setFlagsFromString } from 'node:v8'; setFlagsFromString('--no-such-flag');`),
  ).toContain('unrecognized flag --no-such-flag');
});
