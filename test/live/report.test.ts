import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Kept, render } from './report.ts';

const folder = join(import.meta.dirname, '../../docs/evidence');
const kept = JSON.parse(readFileSync(join(folder, 'liveness.json'), 'utf8')) as Kept;
const text = render(kept);

test('the evidence of live sessions is what its figures render to', () => {
  expect(readFileSync(join(folder, 'liveness.md'), 'utf8')).toBe(text);
});

test('every row of an older judge says so, and a species without a row is named', () => {
  const rowsOf = (species: string) => text.split('\n').filter((line) => line.startsWith(`| ${species} |`));
  const older = /before the rule of repeated movements/;
  for (const [name, { rows, machine }] of Object.entries(kept.attacks)) {
    expect(rowsOf(name)).toHaveLength(rows.length);
    for (const row of rowsOf(name)) {
      expect(row).toContain(machine.commit.slice(0, 8));
      expect([row, older.test(row)]).toEqual([row, machine.date < '2026-11-21T18:08']);
    }
  }
  const { 'print-bent': _, ...others } = kept.attacks;
  expect(render({ ...kept, attacks: others })).toMatch(/not measured at this size yet: print-bent\b/);
});

test('the counts in the words are those of the table', () => {
  const hits = (species: string) => kept.attacks[species]!.rows[0]!.accepted.hits;
  for (const name of ['replay-old-session', 'injection-cut', 'injection-spliced', 'replay-screen'])
    expect(text.split('## Attacks')[0], name).toContain(`${hits(name)} of 300`);
  const liveness = readFileSync(join(folder, '../LIVENESS.md'), 'utf8');
  for (const name of ['replay-old-session', 'injection-cut', 'injection-spliced', 'replay-screen'])
    expect(liveness, name).toContain(`${hits(name)} of 300`);
});
