import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId } from '../../lib/id.ts';
import type { Db } from '../../storage/transaction.ts';
import type { StoredLine } from './chain.ts';
import type { AuditSigning } from './checkpoints.ts';
import { type AuditKey, readChain } from './verify-chain.ts';

/** The lines that an export contains; of all others it has the hashes, so that the chain still verifies. */
export interface ExportFilter {
  organization?: OrganizationId;
  /** Milliseconds since 1970, inclusive. */
  since?: number;
  /** Milliseconds since 1970, exclusive. */
  until?: number;
}

export const EXPORT_FORMAT = 'gatehouse-audit-export-1';

export interface ExportDeps {
  db: Db;
  signing: AuditSigning;
  appliance: string;
  keys: readonly AuditKey[];
  clock: Clock;
}

/** Signed bytes of the footer: what is counted, and SHA-256 (hex) of every byte before the footer's own line. */
export const footerBytes = (
  appliance: string,
  { records, sha256 }: { records: number; sha256: string },
): Uint8Array =>
  new TextEncoder().encode(JSON.stringify([`${EXPORT_FORMAT}/footer`, appliance, records, sha256]));

const CHUNK = 64 * 1024;

/**
 * JSON Lines, each ended by a line feed, in this order: one `header` (format, appliance, time, filter, public keys); `outside`
 * lines from before the chain, in a whole export; `anchor`, the checkpoint up to which lines were pruned, if any were; then for each line of the
 * chain up to `last` a `line` (every stored field, chain.ts) or, where the filter leaves it out, `omitted` (seq, previousHash,
 * hash), and a `checkpoint` behind the line it signs; one `footer`, signed.
 */
export async function* writeExport(
  { db, signing, appliance, keys, clock }: ExportDeps,
  filter: ExportFilter,
  last: number,
): AsyncGenerator<Uint8Array> {
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
    format: EXPORT_FORMAT,
    appliance,
    exportedAt: clock.now(),
    filter: filtered ? filter : null,
    publicKeys: keys,
  });
  for await (const record of readChain(db, last)) {
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
  const totals = { records, sha256: hash.digest('hex') };
  write({ is: 'footer', ...totals, ...signing.sign('audit', footerBytes(appliance, totals)) });
  yield* full(1);
}

const fits = (
  { organization, since, until }: ExportFilter,
  line: Pick<StoredLine, 'organization' | 'at'>,
): boolean =>
  (organization === undefined || line.organization === organization) &&
  (since === undefined || line.at >= since) &&
  (until === undefined || line.at < until);
