import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openFileLimit } from './listening.ts';

const reporting = (open_files: object | undefined) =>
  ({ getReport: () => ({ userLimits: open_files && { open_files } }) }) as never;

test('reads the limit of the process, whatever the system says', () => {
  expect([
    openFileLimit(reporting({ soft: 1024, hard: 4096 })),
    openFileLimit(reporting({ soft: 'unlimited', hard: 'unlimited' })),
    openFileLimit(reporting(undefined)),
  ]).toEqual([1024, Number.MAX_SAFE_INTEGER, 8192]);
});

test.skipIf(process.platform === 'win32')('is the real one', () => {
  const module = fileURLToPath(new URL('./listening.ts', import.meta.url));
  const program = `import { openFileLimit } from ${JSON.stringify(module)}; console.log(openFileLimit());`;
  const { stdout } = spawnSync(
    '/bin/sh',
    ['-c', 'ulimit -n 333; exec "$0" --input-type=module -e "$1"', process.execPath, program],
    { encoding: 'utf8' },
  );
  expect(stdout.trim()).toBe('333');
});
