import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptBars, leaveSkipped } from './kept-run.ts';
import { behaviorEvidence } from './report.ts';
import { lackingOf, missingSources } from './sources.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-kept-'));
  const part = (lines: string[], measured: unknown) => ({
    title: 'x',
    lines,
    measured,
    machine: { date: '2026-11-22T20:13', commit: 'abc' },
  });
  const bar = (number: number) => ({ number, title: 't', goal: 'g', verdict: 'holds', result: 'r' });
  const parts = {
    summary: part([], [bar(1), bar(2)]),
    'bar-1': part(['one'], {}),
    'bar-2': part(['two'], {}),
    retired: part(['of no bar any more'], {}),
  };
  writeFileSync(join(folder, 'behavior.json'), JSON.stringify(parts));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what a run cannot measure stays, is marked once, and nothing else of an earlier run does', () => {
  const skipped = [{ name: '2', lacking: ['sapimouse'] }];
  for (let run = 0; run < 2; run++) leaveSkipped(folder, skipped, ['summary', 'bar-1']);
  const left = JSON.parse(readFileSync(join(folder, 'behavior.json'), 'utf8')) as Record<
    string,
    { lines: string[] }
  >;
  expect(Object.keys(left)).toEqual(['summary', 'bar-1', 'bar-2']);
  expect(left['bar-2']!.lines).toEqual([
    '**Not measured in the last run** (without sapimouse): this section is of the run that is named below it.',
    '',
    'two',
  ]);
});

test('the table says of which run each bar is, and what the last run was without', () => {
  const { summary } = behaviorEvidence(
    {
      bars: [],
      sections: {},
      skipped: [{ name: '2', lacking: ['sapimouse'] }],
      missing: ['sapimouse'],
      traces: [],
      heldOut: { windows: 0, authors: { people: 0, sessions: 0 } },
    },
    keptBars(folder),
    { date: '2026-11-24T10:00', commit: 'def' },
  );
  const text = summary!.lines.join('\n');
  expect(text).toContain('**Not on this machine in the last run: sapimouse.**');
  expect(text).toContain('| **not in the last run** (without sapimouse): 2026-11-22T20:13, commit abc |');
});

test('a bar lacks the sets of people and the kinds of bots that are not here', () => {
  const missing = missingSources([
    { set: 'webbot', generator: null },
    { set: 'zoo', generator: 'plain' },
  ]);
  expect(lackingOf('1', missing)).toEqual(['unadapted bots']);
  expect(lackingOf('12', missing)).toEqual(['balabit', 'humanised bots']);
  expect(lackingOf('11', missing)).toEqual(['humanised bots']);
});
