import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mostAccepted } from './attack-limits.ts';
import type { Kept } from './kept.ts';
import { species } from './species.ts';

const file = join(import.meta.dirname, '../../docs/evidence/liveness.json');
const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
const setting = { pad: true, strict: false };
const rowOf = (name: string) =>
  kept.attacks[name]!.rows.find((row) => row.setting.pad && !row.setting.strict)!;
const most = (name: string, sources = rowOf(name).sources, trials = 300) =>
  mostAccepted(name, kept, { setting, sources, trials });

test('what is kept today is within the limit, and a species of which more pass than chance explains is not', () => {
  for (const name of Object.keys(kept.attacks)) {
    const { accepted, trials } = rowOf(name);
    expect(trials).toBe(300);
    const limit = most(name)!;
    expect([name, limit >= accepted.hits, limit <= Math.ceil(300 * accepted.interval[1])]).toEqual([
      ...[name, true, true],
    ]);
  }
});

test('print and tampering have the goal 0, films, two people, puppets and old sessions no more than theirs', () => {
  const goals = species.filter(({ name }) => /^(print(?!.*-turns$)|tampered|replay-recaptured)/.test(name));
  for (const { name } of goals) expect([name, most(name)]).toEqual([name, 0]);
  // Whatever photographs and recordings are there.
  for (const { name } of goals) expect([name, most(name, 1)]).toEqual([name, 0]);
  expect(most('two-people')).toBe(3);
  for (const name of ['replay-old-session', 'replay-screen', 'replay-screen-session'])
    expect([name, most(name)]).toEqual([name, 3]);
  expect(most('puppet')).toBeLessThanOrEqual(15);
});

test('an attack that succeeds more often than before fails, up to all of its trials', () => {
  const worse = (name: string) => {
    const { interval } = rowOf(name).accepted;
    return Math.ceil(300 * interval[1]) + 1;
  };
  for (const name of [
    'injection-spliced',
    'replay-screen-chosen',
    'replay-old-session-same-draw',
    'replay-old-session-no-motion',
  ]) {
    expect([name, worse(name) <= most(name)!]).toEqual([name, false]);
    expect([name, 300 <= most(name)!]).toEqual([name, false]);
  }
});

test('of fewer recordings all that passed may be of these, and no more', () => {
  const { sources } = rowOf('injection-cut');
  const [all, fewer] = [most('injection-cut')!, most('injection-cut', (2 * sources) / 3)!];
  expect(fewer).toBeGreaterThan(all);
  expect(fewer).toBeLessThanOrEqual(Math.ceil(1.5 * all) + 3);
});

test('a species that is not measured yet has no limit', () => {
  expect(
    mostAccepted('injection-cut', { attacks: {} }, { setting, sources: 3, trials: 300 }),
  ).toBeUndefined();
});
