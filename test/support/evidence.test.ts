import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { keepEvidence, markdownTable } from './evidence.ts';
import type { Machine } from './machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-evidence-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const machine: Machine = {
  date: '2026-11-20T08:00',
  commit: 'abc',
  cpu: 'CPU',
  cores: 2,
  memoryGiB: 8,
  system: 'linux 6',
  node: 'v24',
  onnxruntime: '1.30.0',
};

test('a part that is measured again replaces itself and leaves the others', () => {
  const part = (title: string, value: number) => ({ title, measured: { value }, lines: [`value ${value}`] });
  keepEvidence(folder, 'bench', { a: part('A', 1), b: part('B', 2) }, machine);
  keepEvidence(folder, 'bench', { b: part('B', 3) }, { ...machine, commit: 'def' });
  expect(JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8'))).toEqual({
    a: { ...part('A', 1), machine },
    b: { ...part('B', 3), machine: { ...machine, commit: 'def' } },
  });
  const text = readFileSync(join(folder, 'bench.md'), 'utf8');
  expect(text).toContain(
    '## A\n\nvalue 1\n\n2026-11-20T08:00 UTC, commit abc; CPU, 2 cores, 8 GiB, linux 6; Node v24',
  );
  expect(text).toContain('## B\n\nvalue 3\n\n2026-11-20T08:00 UTC, commit def');
  expect(text).not.toContain('value 2');
});

test('a table has a head, a rule and rows', () => {
  expect(markdownTable(['a', 'b'], [[1, 'x']])).toEqual(['| a | b |', '| --- | --- |', '| 1 | x |']);
});
