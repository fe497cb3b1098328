import { createHash } from 'node:crypto';
import { defined } from '../../lib/defined.ts';
import { type Damage, type Head, keyOf, type StoredLine } from './chain.ts';
import { CHAINS_FORMAT } from './export.ts';
import {
  Broken,
  broughtAlone,
  broughtKey,
  type Footer,
  type Header,
  readChainRecord,
  readFooter,
  readHeader,
  readRecord,
  takeRecord,
} from './export-records.ts';
import { HEADS, saysHeads } from './joint.ts';
import { createSeveralChains, type LogReport, summarize } from './several-chains.ts';
import { type AuditKey, keysById } from './verify-chain.ts';
import { type ChainWalk, createChainWalk, type PublicKeys } from './walk-chain.ts';

interface ExportDamage extends Omit<Damage, 'is' | 'seq'> {
  is: Damage['is'] | 'not-an-export';
  /** Line of the file, from 1. */
  fileLine: number;
  /** Line of the log; 0 where none is meant. */
  seq: number;
}

export interface ExportReport extends LogReport<ExportDamage> {
  appliance?: string;
  /** Milliseconds since 1970. */
  exportedAt?: number;
  /** What the file leaves out, by its own header; it has the hashes of these lines. */
  filter?: Record<string, unknown>;
  /** 'pinned': signed by a key that the caller gave. 'brought': by a key that the file itself brings, and any file can bring one. */
  signedBy?: { kid: string; key: 'pinned' | 'brought' };
  omitted: number;
}

/** A file, read from its beginning as often as it is asked for. */
export type ExportFile = readonly Uint8Array[] | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>);

/**
 * Looks at an exported log with nothing but the file and the keys in `pinned` (SPKI, PEM): no appliance is needed. When keys
 * are pinned, only what they signed counts; when none are, the keys in the file are trusted, and `signedBy` says so.
 */
export async function verifyExport(
  file: ExportFile,
  { pinned = [] }: { pinned?: readonly AuditKey[] } = {},
): Promise<ExportReport> {
  const hash = createHash('sha256');
  let records = 0;
  let fileLine = 0;
  let header: Header | undefined;
  let keys: PublicKeys = keysById(pinned);
  let walk: ChainWalk | undefined;
  const walks = new Map<string, ChainWalk>();
  const chains = createSeveralChains();
  const seen = await findNamed(file);
  let footer: Footer | undefined;
  let damage: ExportDamage | undefined;
  const report = (is: ExportDamage['is'], says: string, seq: number, node?: string) => {
    damage ??= { is, says, seq, fileLine, ...defined({ node }) };
  };
  function reportWalk(kid?: unknown): void {
    const found = walk?.damage();
    if (!found) return;
    const brought = found.is === 'bad-signature' && broughtKey(header, keys, kid);
    report(found.is, brought ? broughtAlone(brought) : found.says, found.seq, found.node);
  }
  function begin({ appliance, filter }: Header, chain: string): void {
    if (walks.has(chain)) throw new Broken('inserted', 'A chain begins twice in the file.');
    walk = createChainWalk({
      appliance,
      chain,
      keys,
      said: { ...chains.said, passed: seen.pass },
      withoutOutside: filter !== null,
    });
    walks.set(chain, walk);
  }
  try {
    for await (const { bytes, ended } of splitLines(open(file))) {
      fileLine++;
      if (footer) throw new Broken('inserted', 'There is data after the footer.');
      const record = readRecord(bytes);
      if (header === undefined) {
        header = readHeader(record);
        if (pinned.length === 0) keys = keysById(header.publicKeys);
        if (header.format !== CHAINS_FORMAT) begin(header, '');
      } else if (record.is === 'footer') {
        if (!ended) throw new Broken('truncated', 'The line feed after the footer is missing.');
        for (walk of walks.values()) {
          walk.end();
          reportWalk();
        }
        footer = readFooter(record, bytes, header, keys);
        if (footer.records !== records || footer.sha256 !== hash.digest('hex')) {
          throw new Broken(
            'changed',
            'The file is not the one that was signed: something in it was changed.',
          );
        }
        continue;
      } else if (record.is === 'chain' && header.format === CHAINS_FORMAT) {
        begin(header, readChainRecord(record));
      } else {
        if (!walk) throw new Broken('changed', 'A record of the file is in no chain.');
        takeRecord(walk, record);
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
    if (header) report(error.is, error.message, (walk?.seq() ?? 0) + 1);
    else report('not-an-export', `This is no export of an audit log. ${error.message}`, 0);
  }
  // What a file leaves out by being cut short is not missing from the log.
  const gone = footer ? await chains.judge(walks, seen.hashOf) : [];
  const silent = footer ? chains.silent(walks.values()) : [];
  const { damage: found, ...summary } = summarize(walks.values(), gone, silent);
  damage ??= found && { ...found, fileLine };
  return {
    ...summary,
    valid: damage === undefined && silent.length === 0,
    ...(header && { appliance: header.appliance, exportedAt: header.exportedAt }),
    ...(header?.filter && { filter: header.filter }),
    ...(footer && { signedBy: { kid: footer.kid, key: pinned.length > 0 ? 'pinned' : 'brought' } }),
    ...defined({ damage }),
  };
}

const open = (file: ExportFile) => (typeof file === 'function' ? file() : file);

/**
 * The lines that chains of the file name of one another, looked for before it is verified: a chain may name a line of one that came
 * before it in the file, of which only these are remembered.
 */
async function findNamed(file: ExportFile) {
  const named = new Map<string, string | undefined>();
  let several = false;
  try {
    for await (const { bytes } of splitLines(open(file))) {
      if (!several) {
        if (readHeader(readRecord(bytes)).format !== CHAINS_FORMAT) break;
        several = true;
      } else if (Buffer.from(bytes).includes(HEADS)) {
        for (const head of saysHeads(readRecord(bytes) as unknown as StoredLine) ?? [])
          named.set(keyOf(head), undefined);
      }
    }
  } catch (error) {
    // It is found again, and reported, when the file is verified.
    if (!(error instanceof Broken)) throw error;
  }
  return {
    pass(line: Head): void {
      if (named.size > 0 && named.has(keyOf(line))) named.set(keyOf(line), line.hash);
    },
    hashOf: (head: Head) => named.get(keyOf(head)),
  };
}

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
