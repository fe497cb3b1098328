import { createHash } from 'node:crypto';
import { defined } from '../../lib/defined.ts';
import type { AcknowledgedRestore, Checkpoint, Damage } from './chain.ts';
import {
  Broken,
  broughtAlone,
  broughtKey,
  type Footer,
  type Header,
  readFooter,
  readHeader,
  readRecord,
  takeRecord,
} from './export-records.ts';
import { type AuditKey, keysById } from './verify-chain.ts';
import { type ChainWalk, createChainWalk, type PublicKeys } from './walk-chain.ts';

interface ExportDamage extends Omit<Damage, 'is' | 'seq'> {
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
  /** What the file leaves out, by its own header; it has the hashes of these lines. */
  filter?: Record<string, unknown>;
  /** 'pinned': signed by a key that the caller gave. 'brought': by a key that the file itself brings, and any file can bring one. */
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

/**
 * Looks at an exported log with nothing but the file and the keys in `pinned` (SPKI, PEM): no appliance is needed. When keys
 * are pinned, only what they signed counts; when none are, the keys in the file are trusted, and `signedBy` says so.
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
  let footer: Footer | undefined;
  let damage: ExportDamage | undefined;
  const report = (is: ExportDamage['is'], says: string, seq: number) => {
    damage ??= { is, says, seq, fileLine };
  };
  function reportWalk(kid?: unknown): void {
    const found = walk?.damage();
    if (!found) return;
    const brought = found.is === 'bad-signature' && broughtKey(header, keys, kid);
    report(found.is, brought ? broughtAlone(brought) : found.says, found.seq);
  }
  try {
    for await (const { bytes, ended } of splitLines(chunks)) {
      fileLine++;
      if (footer) throw new Broken('inserted', 'There is data after the footer.');
      const record = readRecord(bytes);
      if (header === undefined) {
        header = readHeader(record);
        if (pinned.length === 0) keys = keysById(header.publicKeys);
        walk = createChainWalk({
          appliance: header.appliance,
          keys,
          withoutOutside: header.filter !== null,
        });
      } else if (record.is === 'footer') {
        if (!ended) throw new Broken('truncated', 'The line feed after the footer is missing.');
        walk!.end();
        reportWalk();
        footer = readFooter(record, bytes, header, keys);
        if (footer.records !== records || footer.sha256 !== hash.digest('hex')) {
          throw new Broken(
            'changed',
            'The file is not the one that was signed: something in it was changed.',
          );
        }
        continue;
      } else {
        takeRecord(walk!, record);
        reportWalk(record.kid);
        // A moved line appears again behind its gap.
        if (damage?.is === 'missing' && record.is === 'line' && record.seq === damage.seq) {
          damage = reordered(damage);
        }
      }
      if (!ended) throw new Broken('truncated', 'The file ends in the middle of a line.');
      hash.update(bytes).update('\n');
      records++;
    }
    if (!header) throw new Broken('not-an-export', 'The file is empty.');
    if (!footer) throw new Broken('truncated', `The file ends after ${fileLine} lines, without its footer.`);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    if (walk) report(error.is, error.message, walk.seq() + 1);
    else report('not-an-export', `This is no export of an audit log. ${error.message}`, 0);
  }
  return {
    valid: damage === undefined,
    ...(header && { appliance: header.appliance, exportedAt: header.exportedAt }),
    ...(header?.filter && { filter: header.filter }),
    ...(footer && { signedBy: { kid: footer.kid, key: pinned.length > 0 ? 'pinned' : 'brought' } }),
    ...(walk?.report() ?? nothingSeen),
    ...defined({ damage }),
  };
}

const nothingSeen = { lines: 0, omitted: 0, outside: 0, last: 0, checkpoints: 0, uncovered: 0, restores: [] };

const reordered = (damage: ExportDamage): ExportDamage => ({
  ...damage,
  is: 'reordered',
  says: `Line ${damage.seq} is in the wrong place: lines were reordered.`,
});

const LINE_FEED = 10;

/** Bytes of one line: none that we write comes near it. */
const LONGEST = 16 * 1024 * 1024;

/**
 * The lines of a file without their line feeds; only the last one may lack it (`ended` is false then). Throws `Broken` for a
 * line that would fill the memory.
 */
async function* splitLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<{ bytes: Uint8Array; ended: boolean }> {
  let rest: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      yield { bytes: Buffer.concat([...rest, chunk.subarray(from, at)]), ended: true };
      rest = [];
      held = 0;
      from = at + 1;
    }
    rest.push(chunk.subarray(from));
    held += chunk.length - from;
    if (held > LONGEST) throw new Broken('not-an-export', 'A line of the file is longer than any of ours.');
  }
  if (held > 0) yield { bytes: Buffer.concat(rest), ended: false };
}
