import { createHash } from 'node:crypto';
import { Problem } from '../../lib/problem.ts';
import { keyId } from './audit-store.ts';
import type { StoredLine } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import { EXPORT_FORMAT, footerBytes } from './export.ts';
import { isSigned, type PublicKeys } from './is-signed.ts';
import { splitLines } from './split-lines.ts';
import { type AuditKey, keysById } from './verify-chain.ts';
import { type AcknowledgedRestore, type ChainWalk, createChainWalk, type Damage } from './walk-chain.ts';

export interface ExportDamage extends Omit<Damage, 'is' | 'seq'> {
  is: Damage['is'] | 'not-an-export';
  /** Line of the file, from 1. */
  fileLine: number;
  /** Line of the log; 0 where none is meant. */
  seq: number;
}

export interface ExportReport {
  valid: boolean;
  appliance?: string;
  /** Milliseconds since 1970. */
  exportedAt?: number;
  /** What the file leaves out, as it says itself; the hashes of what it leaves out are in it. */
  filter?: Record<string, unknown>;
  /** 'pinned': signed by a key that the caller gave. 'brought': by a key that the file itself brings, which anybody can make. */
  signedBy?: { kid: string; key: 'pinned' | 'brought' };
  lines: number;
  omitted: number;
  outside: number;
  last: number;
  checkpoints: number;
  lastCheckpoint?: Checkpoint;
  uncovered: number;
  pruned?: { through: number; at: number };
  restores: AcknowledgedRestore[];
  damage?: ExportDamage;
}

/** The public keys in a text with one or several PEM blocks. Throws INVALID_REQUEST for a text without. */
export function readPublicKeys(text: string): AuditKey[] {
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----\n?/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((publicKey) => ({ kid: keyId(publicKey), publicKey }));
  } catch {
    // Told below: it looks like a key and is none.
  }
  throw new Problem(
    'INVALID_REQUEST',
    'There is no public key in the file: it must hold PEM blocks "PUBLIC KEY", as "gatehouse audit keys" prints them.',
  );
}

interface Header {
  appliance: string;
  exportedAt: number;
  filter: Record<string, unknown> | null;
  publicKeys: AuditKey[];
}

/** Thrown inside, told in the report. */
class Broken extends Error {
  readonly is: ExportDamage['is'];
  readonly seq: number;
  constructor(is: ExportDamage['is'], says: string, seq = 0) {
    super(says);
    this.is = is;
    this.seq = seq;
  }
}

/**
 * Looks at an exported log with nothing but the file and the keys in `pinned` (SPKI, PEM): no appliance is needed. When keys
 * are pinned, only what they signed counts; when none are, the keys in the file are believed, and `signedBy` says so.
 */
export async function verifyExport(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { pinned = [] }: { pinned?: readonly AuditKey[] } = {},
): Promise<ExportReport> {
  const hash = createHash('sha256');
  let records = 0;
  let fileLine = 0;
  let header: Header | undefined;
  let keys: PublicKeys = keysById(pinned);
  let walk: ChainWalk | undefined;
  let footer: { kid: string } | undefined;
  let damage: ExportDamage | undefined;
  const tell = (is: ExportDamage['is'], says: string, seq: number) => {
    damage ??= { is, says, seq, fileLine };
  };
  try {
    for await (const { bytes, ended } of splitLines(chunks)) {
      fileLine++;
      if (footer) throw new Broken('inserted', 'Something stands behind the footer.');
      const record = readRecord(bytes);
      if (header === undefined) {
        header = readHeader(record);
        if (pinned.length === 0) keys = keysById(header.publicKeys);
        walk = createChainWalk({ appliance: header.appliance, keys });
      } else if (record.is === 'footer') {
        if (!ended) throw new Broken('truncated', 'The line feed after the footer is missing.');
        footer = readFooter(record, bytes, {
          header,
          keys,
          records,
          sha256: hash.digest('hex'),
          damage: walk?.damage,
        });
        continue;
      } else {
        takeRecord(walk!, record);
        if (walk!.damage) tell(walk!.damage.is, walk!.damage.says, walk!.damage.seq);
        // One that was moved turns up again behind the gap it left.
        if (damage?.is === 'missing' && record.is === 'line' && record.seq === damage.seq) {
          damage = {
            ...damage,
            is: 'reordered',
            says: `Line ${damage.seq} stands in the wrong place: lines were put in another order.`,
          };
        }
      }
      if (!ended) throw new Broken('truncated', 'The file ends in the middle of a line.');
      hash.update(bytes).update('\n');
      records++;
    }
    if (!header) throw new Broken('not-an-export', 'The file is empty.');
    if (!footer) throw new Broken('truncated', `The file ends after ${fileLine} lines, without its footer.`);
    walk!.end();
    if (walk!.damage) tell(walk!.damage.is, walk!.damage.says, walk!.damage.seq);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    tell(error.is, error.message, error.seq || (walk ? walk.seq + 1 : 0));
  }
  const seen = walk?.report() ?? {
    lines: 0,
    omitted: 0,
    outside: 0,
    last: 0,
    checkpoints: 0,
    uncovered: 0,
    restores: [],
  };
  return {
    valid: damage === undefined,
    ...(header && { appliance: header.appliance, exportedAt: header.exportedAt }),
    ...(header?.filter && { filter: header.filter }),
    ...(footer && { signedBy: { kid: footer.kid, key: pinned.length > 0 ? 'pinned' : 'brought' } }),
    ...seen,
    ...(damage && { damage }),
  };
}

function takeRecord(walk: ChainWalk, record: Record<string, unknown>): void {
  const { is, ...rest } = record;
  if (is === 'outside') walk.outside(rest as unknown as StoredLine);
  else if (is === 'anchor') walk.anchor(rest as unknown as Checkpoint);
  else if (is === 'line') walk.line(rest as unknown as StoredLine);
  else if (is === 'omitted') walk.omitted(rest as unknown as StoredLine);
  else if (is === 'checkpoint') walk.checkpoint(rest as unknown as Checkpoint);
  else throw new Broken('inserted', `A record "${String(is)}" is none of an export's.`);
}

function readRecord(bytes: Uint8Array): Record<string, unknown> {
  let record: unknown;
  try {
    record = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Broken('changed', 'A line of the file is not JSON in UTF-8.');
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new Broken('changed', 'A line of the file is no JSON object.');
  }
  return record as Record<string, unknown>;
}

function readHeader(record: Record<string, unknown>): Header {
  const { is, format, appliance, exportedAt, filter, publicKeys } = record;
  if (is !== 'header' || format !== EXPORT_FORMAT) {
    throw new Broken(
      'not-an-export',
      `The file does not begin as an export of the audit log (${EXPORT_FORMAT}).`,
    );
  }
  const sound =
    typeof appliance === 'string' &&
    typeof exportedAt === 'number' &&
    typeof filter === 'object' &&
    Array.isArray(publicKeys) &&
    publicKeys.every((key) => typeof key?.kid === 'string' && typeof key?.publicKey === 'string');
  if (!sound) throw new Broken('changed', 'The header of the file is not as an export writes it.');
  return { appliance, exportedAt, filter, publicKeys } as Header;
}

function readFooter(
  record: Record<string, unknown>,
  bytes: Uint8Array,
  {
    header,
    keys,
    records,
    sha256,
    damage,
  }: { header: Header; keys: PublicKeys; records: number; sha256: string; damage: Damage | undefined },
): { kid: string } {
  const { is, records: told, sha256: toldHash, kid, signature } = record;
  const spelled = JSON.stringify({ is, records: told, sha256: toldHash, kid, signature });
  if (
    spelled !== new TextDecoder().decode(bytes) ||
    typeof kid !== 'string' ||
    typeof signature !== 'string'
  ) {
    throw new Broken('changed', 'The footer is not as an export writes it.');
  }
  const signed = footerBytes(header.appliance, { records: told as number, sha256: String(toldHash) });
  if (!keys.has(kid)) {
    const brought = header.publicKeys.some((key) => key.kid === kid);
    throw new Broken(
      'bad-signature',
      brought
        ? `The file is signed by a key that the file itself brings (${kid}), not by one that you gave.`
        : `The file is signed by a key that is not at hand (${kid}).`,
    );
  }
  if (!isSigned(keys, signed, { kid, signature })) {
    throw new Broken('bad-signature', 'The signature of the footer does not fit.');
  }
  if (!damage && (told !== records || toldHash !== sha256)) {
    throw new Broken('changed', 'The file is not the one that was signed: something in it was changed.');
  }
  return { kid };
}
