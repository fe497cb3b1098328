import { createHash } from 'node:crypto';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { readOldestCheckpoint } from './audit-store.ts';
import type { Head, StoredLine } from './chain.ts';
import type { AuditSigning } from './checkpoints.ts';
import type { Foundation } from './foundation.ts';
import { isOfNodes } from './joint.ts';
import { readChain } from './read-lines.ts';
import type { AuditKey } from './verify-chain.ts';

/** The lines that an export contains; of all others it has the hashes, so that the chain still verifies. */
export interface ExportFilter {
  organization?: OrganizationId;
  /** Milliseconds since 1970, inclusive. */
  since?: number;
  /** Milliseconds since 1970, exclusive. */
  until?: number;
}

export const EXPORT_FORMAT = 'gatehouse-audit-export-1';
/** Of a log with the chains of nodes. */
export const CHAINS_FORMAT = 'gatehouse-audit-export-2';

export interface ExportDeps extends Pick<Foundation, 'db' | 'clock'> {
  signing: AuditSigning;
  appliance: string;
  keys: readonly AuditKey[];
}

/** Signed bytes of the footer: what is counted, and SHA-256 (hex) of every byte before the footer's own line. */
export const footerBytes = (
  { format, appliance }: { format: string; appliance: string },
  { records, sha256 }: { records: number; sha256: string },
): Uint8Array => new TextEncoder().encode(JSON.stringify([`${format}/footer`, appliance, records, sha256]));

const CHUNK = 64 * 1024;

/**
 * JSON Lines, each ended by a line feed, in this order: one `header` (format, appliance, time, filter, public keys); `outside`
 * lines from before the chain, in a whole export; `anchor`, the checkpoint up to which lines were pruned, if any were; then for each line of the
 * chain up to `last` a `line` (every stored field, chain.ts) or, where the filter leaves it out, `omitted` (seq, previousHash,
 * hash), and a `checkpoint` behind the line it signs; one `footer`, signed.
 *
 * Where nodes have written, the format is `gatehouse-audit-export-2`: one chain after the other, before each a record `chain` that names it
 * (empty: the one from before there were nodes). Lines about nodes are in it whatever the filter.
 */
export async function* writeExport(
  { db, signing, appliance, keys, clock }: ExportDeps,
  filter: ExportFilter,
  heads: readonly Head[],
): AsyncGenerator<Uint8Array> {
  const several = heads.some(({ chain }) => chain !== '');
  const format = several ? CHAINS_FORMAT : EXPORT_FORMAT;
  const hash = createHash('sha256');
  let records = 0;
  let buffered: string[] = [];
  let size = 0;
  function write(record: object): string {
    const text = `${JSON.stringify(record)}\n`;
    buffered.push(text);
    size += text.length;
    return text;
  }
  function put(record: object): void {
    hash.update(write(record));
    records++;
  }
  function* full(least: number): Generator<Uint8Array> {
    if (size < least || size === 0) return;
    yield Buffer.from(buffered.join(''));
    buffered = [];
    size = 0;
  }
  const filtered = Object.keys(filter).length > 0;
  put({
    is: 'header',
    format,
    appliance,
    exportedAt: clock.now(),
    filter: filtered ? filter : null,
    publicKeys: keys,
  });
  for (const { chain, seq: last } of heads.toSorted(byName)) {
    if (several) put({ is: 'chain', chain });
    const begun = await readOldestCheckpoint(db, chain);
    for await (const record of readChain(db, chain, last)) {
      if (record.is === 'outside') {
        if (!filtered) put({ is: 'outside', ...record.line });
      } else if (record.is === 'line') {
        const { seq, previousHash, hash: own } = record.line;
        put(
          fits(filter, record.line)
            ? { is: 'line', ...record.line }
            : { is: 'omitted', seq, previousHash, hash: own },
        );
      } else {
        put({ is: record.is, ...record.checkpoint });
      }
      yield* full(CHUNK);
    }
    const oldest = await readOldestCheckpoint(db, chain);
    if (oldest?.kind === 'prune' && oldest.signature !== begun?.signature) throw prunedMeanwhile();
  }
  const totals = { records, sha256: hash.digest('hex') };
  write({ is: 'footer', ...totals, ...signing.sign('audit', footerBytes({ format, appliance }, totals)) });
  yield* full(1);
}

const byName = (a: Head, b: Head): number => (a.chain < b.chain ? -1 : 1);

const fits = (
  { organization, since, until }: ExportFilter,
  line: Pick<StoredLine, 'organization' | 'at' | 'action'>,
): boolean =>
  isOfNodes(line.action) ||
  ((organization === undefined || line.organization === organization) &&
    (since === undefined || line.at >= since) &&
    (until === undefined || line.at < until));

const prunedMeanwhile = (): Problem =>
  new Problem(
    'CONFLICT',
    'Another node pruned the audit log while it was exported: the file is not whole. Export again.',
  );
