import { count, oneLine, wrap } from '../terminal/terminal.ts';
import type { Finding } from './checks.ts';

/** A line for each finding and, where it is not good, one for why it matters and one for its remedy, broken at `width`. `mark` writes the state in four columns. */
export function describeFindings(
  findings: readonly Finding[],
  width: number,
  mark: (state: Finding['state']) => string,
): string {
  const names = Math.max(0, ...findings.map(({ what }) => what.length));
  return findings
    .flatMap(({ state, what, found, why, remedy }) => {
      const indent = 6 + names + 2;
      const line = `${mark(state)}  ${what.padEnd(names)}  ${wrap(oneLine(found), width, indent)}`;
      const more = [state === 'ok' ? undefined : why, remedy].filter((one) => one !== undefined);
      return [line, ...more.map((sentence) => `      ${wrap(oneLine(sentence), width, 6)}`)];
    })
    .join('\n');
}

export interface Counts {
  ok: number;
  warn: number;
  fail: number;
}

export function countStates(findings: readonly Pick<Finding, 'state'>[]): Counts {
  const counts: Counts = { ok: 0, warn: 0, fail: 0 };
  for (const { state } of findings) counts[state] += 1;
  return counts;
}

/** The closing line, with the exit code of the command. */
export const describeCounts = ({ ok, warn, fail }: Counts): string =>
  `${ok} ok, ${count(warn, 'warning', 'warnings')}, ${fail} failed; exit code ${fail > 0 ? 1 : 0}`;
