import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { canonicalJson, parseJson, signedBytes } from '../../../lib/canonical-json.ts';
import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { ErasureId, OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { actor, env, id, writtenTime } from '../../../lib/record-fields.ts';
import { time } from '../../../lib/time.ts';
import { createOneAtATime } from '../../../lib/turns.ts';
import { Agreement } from '../../consent/index.ts';
import type { ErasureRow } from './erasure-store.ts';
import { NotSearched } from './not-searched.ts';

const format = 'gatehouse-erasure-ledger/1';
const beginning = '0'.repeat(64);
/** Entries read before others get a turn. */
const ENTRIES_PER_TURN = 256;

/** An erased person. */
export interface Erased {
  erasure: ErasureId;
  subject: SubjectId;
  organization: OrganizationId;
  world: World;
  /** ISO 8601, UTC. */
  at: string;
}

interface LedgerEntry extends Erased {
  format: typeof format;
  /** From 1, without gaps. */
  seq: number;
  /** SHA-256 of the entry before as it is stored, hex. */
  previous: string;
  kid: string;
  /** Ed25519 over the entry without this, base64url. */
  signature: string;
}

/** Position of an entry. */
export interface LedgerPosition {
  seq: number;
  hash: string;
}

/**
 * All erased people, in order, chained and signed. It lies beside the keys, which are never restored from an
 * old copy, so that it is newer than any data that is restored.
 */
export type Ledger = ReturnType<typeof createLedger>;

interface LedgerRow {
  seq: number;
  entry: string;
}

export interface LedgerDeps {
  keys: {
    /** From this number on, in order. */
    erasureLedger(from?: number): Promise<LedgerRow[]>;
    /** `make` gets them in the transaction that writes what it gives. */
    appendToErasureLedger(
      from: number,
      make: (tail: readonly LedgerRow[]) => LedgerRow | undefined,
    ): Promise<void>;
  };
  signing: Signing;
}

/** The appliance's signing keys, as far as erasures need them. */
export interface Signing {
  sign(purpose: 'receipts', bytes: Uint8Array): { kid: string; signature: string };
  publicKeys(): { kid: string; purpose: string; publicKey: string }[];
  verify(publicKey: string, bytes: Uint8Array, signature: { kid: string; signature: string }): boolean;
}

export function createLedger({ keys, signing }: LedgerDeps) {
  /** As far as it was read; other nodes append to it too. */
  const people = new Map<SubjectId, Erased & LedgerPosition>();
  let last: LedgerPosition = { seq: 0, hash: beginning };
  const inTurn = createOneAtATime();

  async function readOn(): Promise<void> {
    const rows = await keys.erasureLedger(last.seq);
    const read: (LedgerEntry & LedgerPosition)[] = [];
    for (const one of entriesAfter(last, rows, signing)) {
      if (one.seq % ENTRIES_PER_TURN === 0) await turn();
      read.push(one);
    }
    for (const one of read) people.set(one.subject, one);
    const { seq, hash } = read.at(-1) ?? last;
    last = { seq, hash };
  }

  async function write(erased: Erased): Promise<LedgerPosition> {
    const { erasure, subject, organization, world, at } = erased;
    await readOn();
    const before = people.get(subject);
    if (before) return { seq: before.seq, hash: before.hash };
    const [{ kid } = { kid: '' }] = signing
      .publicKeys()
      .filter(({ purpose }) => purpose === 'receipts')
      .slice(-1);
    let place = last;
    await keys.appendToErasureLedger(last.seq, (tail) => {
      const others = [...entriesAfter(last, tail, signing)];
      const other = others.find((one) => one.subject === subject);
      place = other ?? others.at(-1) ?? last;
      if (other) return undefined;
      const unsigned = {
        format,
        seq: place.seq + 1,
        erasure,
        subject,
        organization,
        world,
        at,
        previous: place.hash,
        kid,
      } as const;
      const { signature } = signing.sign('receipts', signedBytes(unsigned));
      const entry = canonicalJson({ ...unsigned, signature });
      place = { seq: unsigned.seq, hash: hashOf(entry) };
      return { seq: place.seq, entry };
    });
    return { seq: place.seq, hash: place.hash };
  }

  return {
    /** Throws SEALED when the list was changed, cut in the middle or signed with another key. */
    entries: (): Promise<ReadonlyMap<SubjectId, Erased & LedgerPosition>> =>
      inTurn(async () => {
        await readOn();
        return people;
      }),
    /** What was read of it: an older list may have taken its place. */
    forgetRead: (): Promise<void> =>
      inTurn(async () => {
        people.clear();
        last = { seq: 0, hash: beginning };
      }),
    /** On disk when it resolves. A second entry of the same person is not made: the first is answered. */
    append: (erased: Erased): Promise<LedgerPosition> => inTurn(() => write(erased)),
  };
}

/** `rows` begin with the last one that is known. Throws SEALED where they do not follow it, or the newest is not signed. */
function* entriesAfter(known: LedgerPosition, rows: readonly LedgerRow[], signing: Signing) {
  const [first] = rows;
  if (known.seq > 0 && (first?.seq !== known.seq || hashOf(first.entry) !== known.hash))
    throw changed(known.seq);
  let last = known;
  let entry: LedgerEntry | undefined;
  for (const { seq, entry: text } of rows.slice(known.seq === 0 ? 0 : 1)) {
    entry = read(text);
    if (!entry || entry.seq !== seq || seq !== last.seq + 1 || entry.previous !== last.hash)
      throw changed(seq);
    last = { seq, hash: hashOf(text) };
    yield { ...entry, ...last };
  }
  // The last signature vouches for all before it: each names the hash of its predecessor.
  if (entry && !isSigned(entry, signing)) throw changed(last.seq);
}

function read(text: string): LedgerEntry | undefined {
  try {
    const entry = JSON.parse(text) as LedgerEntry;
    return entry.format === format && canonicalJson(entry) === text ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** An entry as it is stored; undefined where this appliance did not sign it. */
export function readSigned(
  text: string,
  signing: Pick<Signing, 'publicKeys' | 'verify'>,
): Erased | undefined {
  const entry = read(text);
  return entry && isSigned(entry, signing) ? entry : undefined;
}

function isSigned(
  { signature, ...unsigned }: LedgerEntry,
  signing: Pick<Signing, 'publicKeys' | 'verify'>,
): boolean {
  const { kid } = unsigned;
  const key = signing.publicKeys().find((one) => one.kid === kid && one.purpose === 'receipts');
  return key !== undefined && signing.verify(key.publicKey, signedBytes(unsigned), { kid, signature });
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

const changed = (seq: number) =>
  new Problem(
    'SEALED',
    `The list of erasures in the key store was changed at entry ${seq}: put back the newest copy of keys.db. Nothing was changed.`,
  );

export const receiptFormat = 'gatehouse-erasure-receipt/1';

/** `restored`: a person that an older backup brought back was erased again. */
export const erasureReasons = ['request', 'retention', 'consent-withdrawn', 'mass', 'restored'] as const;
export type ErasureReason = (typeof erasureReasons)[number];

/** What one copy of the key store did with the person's key. */
export const CopyOfReceipt = z.strictObject({
  place: z.string().describe('Location of the copy'),
  copy: z.string().optional().describe('Id of the copy'),
  own: z.literal(true).optional().describe('Whether it is the key store itself'),
  state: z.enum(['destroyed', 'unreachable', 'attested-destroyed']).describe('State of the key in the copy'),
  reason: z.string().optional().describe('Reason why it could not be reached'),
  attested: z
    .strictObject({ by: actor, at: writtenTime('When') })
    .optional()
    .describe('Operator who attested that its medium is destroyed'),
});
export type CopyOfReceipt = z.output<typeof CopyOfReceipt>;

/** What was searched for after the erasure, and where: kinds and counts, never values. */
export const Proof = z.strictObject({
  searchedAt: writtenTime('When'),
  needles: z.record(z.string(), z.int()).describe('Searched byte patterns, by kind'),
  files: z.int().describe('Searched files'),
  bytes: z.int().describe('Searched bytes'),
  found: z
    .array(
      z.strictObject({
        file: z.string().describe('Where'),
        kind: z.string().describe('What'),
        times: z.int().describe('Count'),
      }),
    )
    .describe('Hits; empty if the proof is clean'),
  tables: z
    .strictObject({
      searched: z.int().describe('Searched tables'),
      found: z
        .array(
          z.strictObject({
            table: z.string().describe('Table'),
            column: z.string().describe('Column'),
            rows: z.int().describe('Rows'),
          }),
        )
        .describe('Hits of the id'),
    })
    .optional()
    .describe('The search for the id of the person; absent in receipts of earlier versions'),
  sealedValues: z
    .strictObject({
      tried: z.int().describe('Sealed values saved before the erasure'),
      opened: z.int().describe('How many of them can still be opened'),
    })
    .describe('Test whether sealed values can still be opened'),
  gallery: z
    .strictObject({
      searches: z.int().describe('Searches with the old templates'),
      named: z.int().describe('Searches that still matched the person'),
    })
    .describe('Test whether the person is still recognized'),
  notSearched: z.array(z.string()).describe('Data that was not searched, with the reason'),
  notSearchedCodes: z
    .array(NotSearched)
    .optional()
    .describe('The same as codes, in the same order; absent in receipts of earlier versions'),
});
export type Proof = z.output<typeof Proof>;

export type TableSearch = NonNullable<Proof['tables']>;

/** What an erasure did, signed by the appliance: whole, as it was signed. */
export const ErasureReceipt = z
  .strictObject({
    format: z.literal(receiptFormat).describe('Format of the receipt'),
    appliance: z.string().describe('Id of the appliance'),
    erasure: id<'erasure'>('Id of the erasure'),
    organization: id<'organization'>('Id of the organization'),
    world: env('World of the person'),
    subject: id<'subject'>('Id of the person'),
    reason: z.enum(erasureReasons).describe('Why'),
    actor,
    request: z.string().optional().describe('Id of the request'),
    requestedAt: writtenTime('Time of the request'),
    completedAt: writtenTime('Time of the completion; absent while pending').optional(),
    state: z.enum(['pending', 'done']).describe('`pending`: it continues when the copies can be reached'),
    waitingFor: z.array(z.string()).describe('Copies that could not be reached'),
    copies: z.array(CopyOfReceipt).describe('Copies of the key store'),
    ledger: z
      .strictObject({ seq: z.int().describe('Number'), hash: z.string().describe('Hash') })
      .describe('Number in the erasure ledger'),
    proof: Proof.optional().describe('The search for remaining data of the person'),
    consents: z
      .array(Agreement)
      .optional()
      .describe('What the person had agreed to; absent without a recorded consent, and in older receipts'),
    publicKey: z.string().describe('Public key of the appliance, PEM'),
    kid: z.string().describe('Id of the key'),
    signature: z.string().describe('Ed25519 signature over the other fields as canonical JSON, base64url'),
  })
  .meta({
    id: 'ErasureReceipt',
    description: 'The signed record of an erasure.',
    examples: [
      {
        format: receiptFormat,
        appliance: 'apl_01m7w2z9c0h2rb1yq7j5t8k3nd',
        erasure: 'ers_01m7w3hb8hbf355he5zqwjztdk',
        organization: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
        world: 'live',
        subject: 'sub_01m7w3ayykpzv1m774b6g68g31',
        reason: 'request',
        actor: 'operator:ada',
        requestedAt: '2026-11-20T12:00:00.000Z',
        completedAt: '2026-11-20T12:00:01.000Z',
        state: 'done',
        waitingFor: [],
        copies: [],
        ledger: { seq: 1, hash: '9f2c…' },
        publicKey: '-----BEGIN PUBLIC KEY-----…',
        kid: '4c1a…',
        signature: 'x1Yz…',
      },
    ],
  });
export type ErasureReceipt = z.output<typeof ErasureReceipt>;

type UnsignedReceipt = Omit<ErasureReceipt, 'signature'>;

export interface SignReceiptDeps {
  signing: Signing;
  /** Id of this appliance. */
  appliance(): Promise<string>;
  clock: Clock;
}

/** Outcome of an erasure: done, or pending. */
interface Outcome {
  copies: CopyOfReceipt[];
  waitingFor: string[];
  place: LedgerPosition;
  proof: Proof | undefined;
}

export async function signReceipt(
  { signing, appliance, clock }: SignReceiptDeps,
  row: ErasureRow,
  { copies, waitingFor, place, proof }: Outcome,
): Promise<ErasureReceipt> {
  const key = signing.publicKeys().findLast(({ purpose }) => purpose === 'receipts');
  if (!key) throw new Error('There is no key to sign receipts with.');
  const done = waitingFor.length === 0;
  const unsigned: UnsignedReceipt = {
    format: receiptFormat,
    appliance: await appliance(),
    erasure: row.id as ErasureId,
    organization: row.organization as OrganizationId,
    world: row.world as World,
    subject: row.subject as SubjectId,
    reason: row.reason as ErasureReason,
    actor: row.actor,
    ...(row.request === null ? {} : { request: row.request }),
    requestedAt: time(row.intended_at),
    ...(done ? { completedAt: time(clock.now()) } : {}),
    state: done ? 'done' : 'pending',
    waitingFor,
    copies,
    ledger: place,
    ...defined({ proof }),
    ...(row.consents !== null && { consents: JSON.parse(row.consents) as Agreement[] }),
    publicKey: key.publicKey,
    kid: key.kid,
  };
  const { kid, signature } = signing.sign('receipts', signedBytes(unsigned));
  if (kid !== key.kid) throw new Error('The key that signs receipts is not the newest public one.');
  return { ...unsigned, signature };
}

/** None before the first, and where it is damaged. */
export const receiptOf = ({ receipt }: { receipt: string | null }): ErasureReceipt | undefined =>
  parseJson<ErasureReceipt>(receipt ?? 'null');

export const damagedReceipt = (id: string): Problem =>
  new Problem(
    'NOT_FOUND',
    `The receipt of the erasure ${id} is damaged: use a copy that was exported before, or a backup.`,
  );

/** Whether the stored receipt is one that this appliance signed for this erasure and person. */
export function isReceiptSigned(
  { id, subject, receipt: text }: { id: string; subject: string; receipt: string },
  { publicKeys, verify }: Pick<Signing, 'publicKeys' | 'verify'>,
): boolean {
  try {
    const receipt = JSON.parse(text) as ErasureReceipt;
    const { kid, signature } = receipt;
    const key = publicKeys().find((one) => one.kid === kid && one.purpose === 'receipts');
    return (
      key !== undefined &&
      receipt.erasure === id &&
      receipt.subject === subject &&
      verify(key.publicKey, signedBytes(receipt), { kid, signature })
    );
  } catch {
    return false;
  }
}
