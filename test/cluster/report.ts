import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** A line of the table with which `npm run test:cluster` ends. */
export interface Figure {
  what: string;
  found: string;
  /** Of a time: whether it is within its goal. What has to be right fails its test instead. */
  inTime?: boolean;
}

/** Where a file writes what it found; absent in `npm test`. */
const FILE = 'GATEHOUSE_CLUSTER_REPORT';

export const reportTo = (file: string) => ({ [FILE]: file });

export function report(figure: Figure): void {
  const file = process.env[FILE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figure)}\n`);
}

/** Milliseconds of a number of trials, beside the longest that is the goal. */
export function reportTimes(what: string, times: readonly number[], goal?: number): void {
  const sorted = times.toSorted((a, b) => a - b);
  if (sorted.length === 0) return;
  const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1);
  const [middle, longest] = [sorted[sorted.length >> 1]!, sorted.at(-1)!];
  report({
    what: goal === undefined ? what : `${what}: within ${goal / 1000} s`,
    found: `${seconds(middle)} s (median), ${seconds(longest)} s (longest of ${sorted.length})`,
    ...(goal !== undefined && { inTime: longest <= goal }),
  });
}

export const readReport = (file: string): Figure[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Figure)
    : [];
