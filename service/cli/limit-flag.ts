import { UsageError } from './failure.ts';

/** `--limit` of a list; `most` holds where it is left out. */
export const limitFlag = (most: number) =>
  ['--limit <n>', 'maximum number of items', readLimit, most] as const;

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1) return limit;
  throw new UsageError(`--limit: "${text}" is not a positive number.`);
}
