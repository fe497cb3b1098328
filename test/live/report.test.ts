import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kept } from './kept.ts';
import { keepLiveness, render } from './report.ts';
import { JUDGE_SINCE } from './report-words.ts';
import { species } from './species.ts';

const folder = join(import.meta.dirname, '../../docs/evidence');
const kept = JSON.parse(readFileSync(join(folder, 'liveness.json'), 'utf8')) as Kept;
const text = render(kept);

test('the evidence of live sessions is what its figures render to', () => {
  expect(readFileSync(join(folder, 'liveness.md'), 'utf8')).toBe(text);
});

test('it begins with six lines for a buyer, of the figures that are kept, and says where there are none', () => {
  const [, first = ''] = /## What a buyer should know\n\n([\s\S]*?)\n\n/.exec(text) ?? [];
  expect(first.split('\n').map((line) => line.slice(0, 2))).toEqual(['1.', '2.', '3.', '4.', '5.', '6.']);
  const worse = structuredClone(kept);
  const row = worse.attacks['print-moved']!.rows[0]!;
  row.accepted = { ...row.accepted, hits: 21 };
  expect(first).toContain('at most 0 of 300 pass');
  expect(render(worse)).toContain('at most 21 of 300 pass');
  expect(render({ attacks: {}, people: {} })).toContain('not measured yet');
});

test('every row says which judge and which draw gave it, and a species without a row is named', () => {
  const rowsOf = (species: string) => text.split('\n').filter((line) => line.startsWith(`| ${species} |`));
  for (const [name, { rows, machine }] of Object.entries(kept.attacks)) {
    expect(rowsOf(name)).toHaveLength(rows.length);
    for (const [i, row] of rowsOf(name).entries()) {
      const { commit, date } = rows[i]!.machine ?? machine;
      expect(row).toContain(commit.slice(0, 8));
      expect([row, row.includes('by an older judge')]).toEqual([row, date < JUDGE_SINCE]);
    }
  }
  const { 'print-bent': _, ...others } = kept.attacks;
  expect(render({ ...kept, attacks: others })).toMatch(/not measured at this size yet: print-bent\b/);
});

test('what is measured anew leaves no row of an older judge under the new date', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-report-'));
  try {
    const [name] = Object.keys(kept.attacks);
    const { machine } = kept.attacks[name!]!;
    const rows = kept.attacks[name!]!.rows.map(({ machine: _, ...row }) => row);
    const older = { rows, machine: { ...machine, date: '2026-11-21T15:00' } };
    writeFileSync(
      join(scratch, 'liveness.json'),
      JSON.stringify({ attacks: { [name!]: older }, people: {} }),
    );
    const now = { ...machine, date: '2026-11-27T10:00' };
    keepLiveness(scratch, { attacks: rows.slice(0, 1) }, now);
    const after = JSON.parse(readFileSync(join(scratch, 'liveness.json'), 'utf8')) as Kept;
    expect(after.attacks[name!]).toEqual({ rows: rows.slice(0, 1), machine: now });
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

test('a row that was measured before keeps its own date beside a newer one of its species', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-report-'));
  try {
    const { machine, rows } = kept.attacks['print-still']!;
    const [one, other] = rows.map(({ machine: _, ...row }) => row);
    const at = (date: string) => ({ ...machine, date });
    keepLiveness(scratch, { attacks: [one!] }, at('2026-11-27T10:00'));
    keepLiveness(scratch, { attacks: [other!] }, at('2026-11-27T11:00'));
    const after = JSON.parse(readFileSync(join(scratch, 'liveness.json'), 'utf8')) as Kept;
    expect(after.attacks['print-still']).toEqual({
      rows: [{ ...one, machine: at('2026-11-27T10:00') }, other],
      machine: at('2026-11-27T11:00'),
    });
    expect(readFileSync(join(scratch, 'liveness.md'), 'utf8')).toContain('2026-11-27 10:00');
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

test('rows of a species keep their order, whichever of them is measured anew', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-report-'));
  try {
    const { machine, rows } = kept.attacks['print-still']!;
    const all = rows.map(({ machine: _, ...row }) => row);
    const at = (date: string) => ({ ...machine, date });
    keepLiveness(scratch, { attacks: all }, at('2026-11-27T10:00'));
    keepLiveness(scratch, { attacks: all.slice(0, 1) }, at('2026-11-27T11:00'));
    const after = JSON.parse(readFileSync(join(scratch, 'liveness.json'), 'utf8')) as Kept;
    expect(after.attacks['print-still']!.rows.map(({ setting }) => setting)).toEqual([
      { pad: true, strict: false },
      { pad: false, strict: false },
      { pad: true, strict: true },
    ]);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

test('what the random draw makes easier stands beside what is harder', () => {
  const named = (draw: string) => new Set(species.filter((one) => one.draw === draw).map(({ name }) => name));
  const [product, reach, same] = [named('product'), named('within reach'), named('same')];
  for (const name of ['injection-cut', 'injection-spliced', 'injection-known', 'injection-unlimited'])
    expect([product.has(name), reach.has(`${name}-within-reach`)], name).toEqual([true, true]);
  expect([product.has('replay-screen-chosen'), reach.has('replay-screen-chosen-within-reach')]).toEqual([
    ...[true, true],
  ]);
  for (const name of ['replay-old-session', 'replay-screen-session'])
    expect([product.has(name), same.has(`${name}-same-draw`)], name).toEqual([true, true]);
});

test('the counts in docs/LIVENESS.md are those of the table', () => {
  const hits = (name: string) => kept.attacks[name]!.rows[0]!.accepted.hits;
  const liveness = readFileSync(join(folder, '../LIVENESS.md'), 'utf8');
  for (const name of [
    'replay-old-session',
    'replay-old-session-same-draw',
    'replay-screen',
    'replay-screen-chosen',
    'replay-screen-chosen-within-reach',
    'injection-cut',
    'injection-spliced',
    'injection-spliced-within-reach',
  ])
    expect(liveness, name).toContain(`${hits(name)} of 300`);
});
