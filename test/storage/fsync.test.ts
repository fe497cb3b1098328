import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { canTrace } from '../support/strace.ts';

// What the kernel is asked for, seen by strace (apt-get install strace); without it this test is reported as skipped.

const program = fileURLToPath(new URL('./commit-rows.ts', import.meta.url));
const ROWS = 5;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-fsync-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Call = { is: 'written' | 'synced'; file: string } | { is: 'acknowledged'; id: string };

/** The system calls of all threads, in the order in which they ended. */
function readTrace(text: string): Call[] {
  const begun = new Map<string, string>();
  return text.split('\n').flatMap((line): Call[] => {
    const thread = line.split(' ', 1)[0]!;
    if (line.endsWith('<unfinished ...>')) {
      begun.set(thread, line);
      return [];
    }
    const whole = line.includes(' resumed>') ? (begun.get(thread) ?? '') : line;
    const [, call, , path = ''] = /(\w+)\((\d+)<([^>]*)>/.exec(whole) ?? [];
    const [, id] = /"(org_\d+_\d+)\\n"/.exec(whole) ?? [];
    if (call === 'write' && id !== undefined) return [{ is: 'acknowledged', id }];
    const file = path.slice(path.lastIndexOf('/') + 1);
    if (call === 'pwrite64') return [{ is: 'written', file }];
    return call === 'fsync' || call === 'fdatasync' ? [{ is: 'synced', file }] : [];
  });
}

test.skipIf(!canTrace)('what is acknowledged was written and then synced to the disk, data and key', () => {
  const trace = join(folder, 'trace');
  const { status, stdout, stderr } = spawnSync(
    'strace',
    [
      ...['-f', '--seccomp-bpf', '-y', '-s', '64', '-o', trace, '-e', 'trace=write,pwrite64,fsync,fdatasync'],
      ...[
        process.execPath,
        program,
        join(folder, 'gatehouse.db'),
        join(folder, 'keys.db'),
        '1',
        String(ROWS),
      ],
    ],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const printed = stdout.trim().split('\n');
  expect(printed).toHaveLength(ROWS);

  const calls = readTrace(readFileSync(trace, 'utf8'));
  const acknowledged: string[] = [];
  let since: Record<string, Call['is']> = {};
  for (const call of calls) {
    if (call.is !== 'acknowledged') {
      since[call.file] = call.is;
      continue;
    }
    acknowledged.push(call.id);
    // The last that was done to each log of changes.
    expect({ id: call.id, ...since }).toMatchObject({
      'gatehouse.db-wal': 'synced',
      'keys.db-wal': 'synced',
    });
    since = {};
  }
  expect(acknowledged).toEqual(printed);
});
