import { beforeTheFirst, type StoredLine } from './chain.ts';
import type { Noted } from './damage.ts';

/** Line 1 of an older log counts the lines before it (`audit.begin`). */
export function saysOutside(line: StoredLine): { lines: number; hash: string } {
  const none = { lines: 0, hash: beforeTheFirst };
  if (line.action !== 'audit.begin') return none;
  const { lines, hash } = detailsOf(line);
  return typeof lines === 'number' && typeof hash === 'string' ? { lines, hash } : none;
}

/** Details of a line "backup.restore": the end of the restored log, and the key store's note. */
export function saysRestore(
  line: StoredLine,
): { seq: number; at: number; from: Noted; to: Noted } | undefined {
  if (line.action !== 'backup.restore') return undefined;
  const { noted, chain } = detailsOf(line);
  return isNoted(noted) && isNoted(chain)
    ? { seq: line.seq, at: line.at, from: noted, to: chain }
    : undefined;
}

const isNoted = (value: unknown): value is Noted =>
  typeof value === 'object' && value !== null && 'seq' in value && 'hash' in value;

/** An export file is untrusted input. */
function detailsOf(line: StoredLine): Record<string, unknown> {
  try {
    return (JSON.parse(line.details) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}
