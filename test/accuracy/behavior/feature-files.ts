import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../bots/trace-files.ts';
import type { Subject } from './sets/data-set.ts';
import { type BehaviorWindow, windowsOf } from './windows.ts';

/** Lengths in ms, and which share of the windows of a person is kept: short ones are many and alike. */
const lengths = [
  { lengthMs: 30_000, every: 1 },
  { lengthMs: 10_000, every: 2 },
  { lengthMs: 5_000, every: 3 },
  { lengthMs: 3_000, every: 4 },
  { lengthMs: 1_000, every: 12 },
];

/** Windows of every length. */
export const allWindows = (subjects: readonly Subject[]): BehaviorWindow[] =>
  subjects.flatMap((subject) =>
    lengths.flatMap(({ lengthMs, every }) => windowsOf(subject, lengthMs, every)),
  );

/** JSON lines for the trainer, one file for each set or bot; answers the folder. Derived of research data: outside the repository. */
export function writeFeatureFiles(windows: readonly BehaviorWindow[]): string {
  const folder = join(cacheFolder(), 'features');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, lines] of Map.groupBy(windows, ({ set, generator, thinned }) =>
    thinned ? `slower-${set}` : set === 'zoo' ? `zoo-${generator}` : set,
  ))
    writeFileSync(join(folder, `${name}.jsonl`), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  return folder;
}
