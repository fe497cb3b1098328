import type { Refusal } from './messages.ts';

/** The features that the collector measures (`sessionData` of the API): numbers only. */
export type Signals = object;

/** The collector sends less than 2 KB, the service takes 4. */
const LARGEST = 8_192;

/** What a page forwarded, also as the text of a hidden field. Counts nothing as signals where no event happened: nothing ran in a browser. */
export function readSignals(given: unknown): { signals: Signals } | { refused: Refusal } {
  if (given === undefined || given === null || given === '') return { refused: 'no_signals' };
  const value = typeof given === 'string' ? parse(given) : given;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { refused: 'invalid_signals' };
  if (Object.keys(value).length === 0) return { refused: 'no_signals' };
  // Measured here: a body that no server would read to its end must not pass as an outage.
  const text = write(value);
  if (text === undefined || text.length > LARGEST) return { refused: 'invalid_signals' };
  const { counts } = value as { counts?: unknown };
  if (typeof counts !== 'object' || counts === null) return { refused: 'invalid_signals' };
  const happened = Object.values(counts).some((count) => typeof count === 'number' && count > 0);
  return happened ? { signals: value } : { refused: 'no_signals' };
}

function parse(text: string): unknown {
  if (text.length > LARGEST) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function write(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
