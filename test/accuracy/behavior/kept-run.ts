import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from '../../support/evidence.ts';
import type { Machine } from '../../support/machine.ts';
import type { KeptTypists } from './bars/typing.ts';
import type { BarInTable } from './report.ts';

type KeptParts = Record<string, Evidence & { machine: Machine }>;

const fileOf = (folder: string): string => join(folder, 'behavior.json');
const runOf = ({ date, commit }: Machine): string => `${date}, commit ${commit}`;

const readParts = (folder: string): KeptParts =>
  existsSync(fileOf(folder)) ? (JSON.parse(readFileSync(fileOf(folder), 'utf8')) as KeptParts) : {};

/** Bars of the last run that was kept, and of which run each is. */
export function keptBars(folder: string): BarInTable[] {
  const parts = readParts(folder);
  return ((parts.summary?.measured ?? []) as BarInTable[]).map((bar) => {
    const machine = parts[`bar-${bar.number}`]?.machine;
    return { ...bar, run: machine && runOf(machine) };
  });
}

/** Typists of bar 9. */
export function keptTypists(folder: string): KeptTypists | undefined {
  const part = readParts(folder)['bar-9'];
  if (part === undefined) return undefined;
  const { people } = part.measured as Pick<KeptTypists, 'people'>;
  return { people, run: runOf(part.machine) };
}

const MARK = '**Not measured in the last run**';

/** Leaves of earlier runs what this run could not measure, and says so in each of these sections; a whole run leaves nothing else. */
export function leaveSkipped(
  folder: string,
  skipped: readonly { name: string; lacking: readonly string[] }[],
  measured: readonly string[],
): void {
  const lacking = new Map(
    skipped.map((one) => [/^\d/.test(one.name) ? `bar-${one.name}` : one.name, one.lacking]),
  );
  const left = Object.entries(readParts(folder)).flatMap(([key, part]): [string, KeptParts[string]][] => {
    const without = lacking.get(key);
    // Written anew in its place: the order of the sections stays.
    if (without === undefined) return measured.includes(key) ? [[key, part]] : [];
    const lines = part.lines[0]?.startsWith(MARK) ? part.lines.slice(2) : part.lines;
    const mark = `${MARK} (without ${without.join(', ')}): this section is of the run that is named below it.`;
    return [[key, { ...part, lines: [mark, '', ...lines] }]];
  });
  if (existsSync(fileOf(folder)))
    writeFileSync(fileOf(folder), `${JSON.stringify(Object.fromEntries(left), null, 2)}\n`);
}
