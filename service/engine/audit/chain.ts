import { createHash } from 'node:crypto';

/** One line as it is stored, and as an export carries it. */
export interface StoredLine {
  /** Place in the chain: 1, 2, 3 … without gaps. */
  seq: number;
  id: string;
  organization: string | null;
  /** `key:key_…` or `operator:<name>`. */
  actor: string;
  action: string;
  target: string | null;
  outcome: string;
  request: string | null;
  /** JSON, exactly as stored. */
  details: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Person of the sealed details. */
  subject: string | null;
  /** Base64 (RFC 4648, padded) of the sealed bytes; they are never opened to be hashed. */
  personalSealed: string | null;
  /** Hash of line `seq - 1`; of line 1: `beforeTheFirst`. */
  previousHash: string;
  hash: string;
}

/** Previous hash of the first line. */
export const beforeTheFirst = '0'.repeat(64);

/**
 * SHA-256 (hex, lower case) over the UTF-8 bytes of one JSON array, serialized as RFC 8785 has it (no white space, shortest
 * escapes, integers as digits; what `JSON.stringify` gives for well-formed strings and safe integers):
 *
 *     ["gatehouse-audit-line-1",seq,previousHash,id,organization,actor,action,target,outcome,request,details,at,subject,personalSealed]
 *
 * in this order, an absent value as `null`, `details` as a string that holds the stored JSON text, `personalSealed` as base64.
 * Array and string syntax keep neighbouring fields apart, so no two different lines have the same bytes.
 */
export function hashLine(line: Omit<StoredLine, 'hash'>): string {
  return sha256(['gatehouse-audit-line-1', line.seq, line.previousHash, ...contentOf(line)]);
}

/** A line from before there was a chain. */
export type OutsideLine = Omit<StoredLine, 'seq' | 'previousHash' | 'hash'>;

/**
 * What line 1 says of the lines before the chain, taken in the order of their ids: `running` starts as `beforeTheFirst`, and
 * every line makes it SHA-256 of `["gatehouse-audit-outside-1",running,id,organization,actor,action,target,outcome,request,details,at,subject,personalSealed]`.
 */
export function hashOutside(running: string, line: OutsideLine): string {
  return sha256(['gatehouse-audit-outside-1', running, ...contentOf(line)]);
}

function sha256(fields: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(fields), 'utf8').digest('hex');
}

const contentOf = (line: OutsideLine) => [
  line.id,
  line.organization,
  line.actor,
  line.action,
  line.target,
  line.outcome,
  line.request,
  line.details,
  line.at,
  line.subject,
  line.personalSealed,
];
