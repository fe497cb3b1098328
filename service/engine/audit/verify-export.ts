import { createHash } from 'node:crypto';
import { z } from 'zod';
import { defined } from '../../lib/defined.ts';
import { type Damage, type Head, keyOf, type StoredLine } from './chain.ts';
import { CHAINS_FORMAT, EXPORT_FORMAT, footerBytes } from './export.ts';
import { HEADS, saysHeads } from './joint.ts';
import { createSeveralChains, type LogReport, summarize } from './several-chains.ts';
import { type AuditKey, keysById } from './verify-chain.ts';
import { type ChainWalk, createChainWalk, isSigned, type PublicKeys } from './walk-chain.ts';

interface ExportDamage extends Omit<Damage, 'is' | 'seq'> {
  is: Damage['is'] | 'not-an-export';
  /** Line of the file, from 1. */
  fileLine: number;
  /** Line of the log; 0 where none is meant. */
  seq: number;
}

interface ExportReport extends LogReport<ExportDamage> {
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
type ExportFile = readonly Uint8Array[] | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>);

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

/** The records of an export (export.ts), read back from an untrusted file. */

const text = z.string();
const orNothing = z.string().nullable();
const integer = z.int();

const outside = {
  id: text,
  organization: orNothing,
  actor: text,
  action: text,
  target: orNothing,
  outcome: text,
  request: orNothing,
  details: text,
  at: integer,
  subject: orNothing,
  personalSealed: orNothing,
};
const chained = { seq: integer, previousHash: text, hash: text };
const checkpoint = {
  seq: integer,
  hash: text,
  at: integer,
  kind: text,
  previous: integer,
  kid: text,
  signature: text,
};
const Piece = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('outside'), ...outside }),
  z.strictObject({ is: z.literal('anchor'), ...checkpoint }),
  z.strictObject({ is: z.literal('line'), ...outside, ...chained }),
  z.strictObject({ is: z.literal('omitted'), ...chained }),
  z.strictObject({ is: z.literal('checkpoint'), ...checkpoint }),
]);
const Chain = z.strictObject({ is: z.literal('chain'), chain: text });
const Header = z.strictObject({
  is: z.literal('header'),
  format: z.enum([EXPORT_FORMAT, CHAINS_FORMAT]),
  appliance: text,
  exportedAt: integer,
  filter: z.record(z.string(), z.unknown()).nullable(),
  publicKeys: z.array(z.strictObject({ kid: text, publicKey: text })),
});
export type Header = z.output<typeof Header>;
const Footer = z.strictObject({
  is: z.literal('footer'),
  records: integer,
  sha256: text,
  kid: text,
  signature: text,
});
type Footer = z.output<typeof Footer>;

/** Thrown while a file is read; its message goes into the report. */
class Broken extends Error {
  readonly is: Damage['is'] | 'not-an-export';
  constructor(is: Broken['is'], says: string) {
    super(says);
    this.is = is;
  }
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
  const header = Header.safeParse(record);
  if (header.success) return header.data;
  throw new Broken(
    'not-an-export',
    `The file does not begin as an export of the audit log does (${EXPORT_FORMAT}).`,
  );
}

/** The name of the chain that begins with this record. */
function readChainRecord(record: Record<string, unknown>): string {
  const begun = Chain.safeParse(record);
  if (begun.success) return begun.data.chain;
  throw new Broken('changed', 'A line of the file is not as an export writes it.');
}

function takeRecord(walk: ChainWalk, record: Record<string, unknown>): void {
  const parsed = Piece.safeParse(record);
  if (!parsed.success) throw new Broken('changed', 'A line of the file is not as an export writes it.');
  const { data } = parsed;
  if (data.is === 'outside') walk.outside(data);
  else if (data.is === 'anchor') walk.anchor(data);
  else if (data.is === 'line') walk.line(data);
  else if (data.is === 'omitted') walk.omitted(data);
  else walk.checkpoint(data);
}

/** Its spelling is checked too: no bit of it is without meaning. */
function readFooter(
  record: Record<string, unknown>,
  bytes: Uint8Array,
  header: Header,
  keys: PublicKeys,
): Footer {
  const footer = Footer.safeParse(record);
  if (!footer.success || JSON.stringify(footer.data) !== new TextDecoder().decode(bytes)) {
    throw new Broken('changed', 'The footer is not as an export writes it.');
  }
  const { kid } = footer.data;
  if (!keys.has(kid)) {
    const brought = broughtKey(header, keys, kid);
    throw new Broken(
      'bad-signature',
      brought ? broughtAlone(brought) : `The file is signed by a key that is not at hand (${kid}).`,
    );
  }
  if (!isSigned(keys, footerBytes(header, footer.data), footer.data)) {
    throw new Broken('bad-signature', 'The signature of the footer does not fit.');
  }
  return footer.data;
}

/** `kid`, when the file brings this key and the caller does not know it. */
const broughtKey = (header: Header | undefined, keys: PublicKeys, kid: unknown): string | undefined =>
  typeof kid === 'string' && !keys.has(kid) && header?.publicKeys.some((key) => key.kid === kid)
    ? kid
    : undefined;

const broughtAlone = (kid: string): string =>
  `The file is signed by a key that the file itself brings (${kid}), not by one that you gave.`;
