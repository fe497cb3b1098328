import type { Head, SeenLine, StoredLine } from './chain.ts';

/** What the log of one of several nodes says of all of them. The lines are in the chain of the node. */

/** The node writes from here on; details: its version and address, and whether it had left before. */
export const JOIN = 'node.join';
/** It stopped in order: its chain may be silent from here on. */
export const LEAVE = 'node.leave';
/** An administrator took a node away, the target: its chain may be silent from here on. */
export const REMOVE = 'node.remove';
/** Where the chains of all others ended. With the checkpoint right behind it, signed: a joint checkpoint. */
export const HEADS = 'audit.heads';

/** They stay whole in an export that leaves lines out: they name nodes, numbers and hashes, and nothing of an organization. */
export const isOfNodes = (action: string): boolean => [JOIN, LEAVE, REMOVE, HEADS].includes(action);

export const detailsOfHeads = (heads: readonly Head[]) => ({
  heads: heads.map(({ chain, seq, hash }) => [chain, seq, hash]),
});

/** The heads that the line names; undefined where it names none. */
export function saysHeads(line: StoredLine): Head[] | undefined {
  if (line.action !== HEADS) return undefined;
  const { heads } = detailsOf(line);
  return Array.isArray(heads) ? heads.flatMap(readHead) : [];
}

function readHead(named: unknown): Head[] {
  if (!Array.isArray(named)) return [];
  const [chain, seq, hash] = named as unknown[];
  return typeof chain === 'string' && typeof seq === 'number' && typeof hash === 'string'
    ? [{ chain, seq, hash }]
    : [];
}

/** An operator accepted that what a record that took over does not have is lost. */
export const ACCEPT_LOSS = 'audit.accept-loss';
const RESTORES = ['backup.restore', ACCEPT_LOSS];

/** Details of a line "backup.restore", or of an accepted loss: of each chain its end in what took over, and what the key store remembered. */
export function saysRestore(
  line: StoredLine,
): { seq: number; at: number; from: SeenLine; to: SeenLine; others: Head[] } | undefined {
  if (!RESTORES.includes(line.action)) return undefined;
  const { noted, chain, others } = detailsOf(line);
  return isSeenLine(noted) && isSeenLine(chain)
    ? {
        seq: line.seq,
        at: line.at,
        from: noted,
        to: chain,
        others: Array.isArray(others) ? others.flatMap(readHead) : [],
      }
    : undefined;
}

/** What an accepted loss names: the last line of each chain that is lost. Undefined for another line. */
export function saysLost(line: StoredLine): { chain: string; through: number }[] | undefined {
  if (line.action !== ACCEPT_LOSS) return undefined;
  const { lost } = detailsOf(line);
  return Array.isArray(lost) ? lost.flatMap(readLost) : [];
}

function readLost(named: unknown): { chain: string; through: number }[] {
  if (!Array.isArray(named)) return [];
  const [chain, , through] = named as unknown[];
  return typeof chain === 'string' && typeof through === 'number' ? [{ chain, through }] : [];
}

const isSeenLine = (value: unknown): value is SeenLine =>
  typeof value === 'object' && value !== null && 'seq' in value && 'hash' in value;

/** An export file is untrusted input. */
export function detailsOf(line: StoredLine): Record<string, unknown> {
  try {
    return (JSON.parse(line.details) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}
