import { z } from 'zod';
import type { Damage } from './chain.ts';
import { CHAINS_FORMAT, EXPORT_FORMAT, footerBytes } from './export.ts';
import { type ChainWalk, isSigned, type PublicKeys } from './walk-chain.ts';

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
export type Footer = z.output<typeof Footer>;

/** Thrown while a file is read; its message goes into the report. */
export class Broken extends Error {
  readonly is: Damage['is'] | 'not-an-export';
  constructor(is: Broken['is'], says: string) {
    super(says);
    this.is = is;
  }
}

export function readRecord(bytes: Uint8Array): Record<string, unknown> {
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

export function readHeader(record: Record<string, unknown>): Header {
  const header = Header.safeParse(record);
  if (header.success) return header.data;
  throw new Broken(
    'not-an-export',
    `The file does not begin as an export of the audit log does (${EXPORT_FORMAT}).`,
  );
}

/** The name of the chain that begins with this record. */
export function readChainRecord(record: Record<string, unknown>): string {
  const begun = Chain.safeParse(record);
  if (begun.success) return begun.data.chain;
  throw new Broken('changed', 'A line of the file is not as an export writes it.');
}

export function takeRecord(walk: ChainWalk, record: Record<string, unknown>): void {
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
export function readFooter(
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
export const broughtKey = (header: Header | undefined, keys: PublicKeys, kid: unknown): string | undefined =>
  typeof kid === 'string' && !keys.has(kid) && header?.publicKeys.some((key) => key.kid === kid)
    ? kid
    : undefined;

export const broughtAlone = (kid: string): string =>
  `The file is signed by a key that the file itself brings (${kid}), not by one that you gave.`;
