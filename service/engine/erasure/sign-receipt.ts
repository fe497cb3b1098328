import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { ErasureId, OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { time } from '../../lib/time.ts';
import type { ErasureRow } from './erasure-store.ts';
import type { LedgerPlace, Signing } from './ledger.ts';
import {
  type CopyOfReceipt,
  type ErasureReason,
  type ErasureReceipt,
  type Proof,
  receiptBytes,
  receiptFormat,
  type UnsignedReceipt,
} from './receipt.ts';

export interface SignReceiptDeps {
  signing: Signing;
  /** Id of this appliance. */
  appliance(): Promise<string>;
  clock: Clock;
}

/** Outcome of an erasure: done, or pending. */
export interface Outcome {
  copies: CopyOfReceipt[];
  waitingFor: string[];
  place: LedgerPlace;
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
    publicKey: key.publicKey,
    kid: key.kid,
  };
  const { kid, signature } = signing.sign('receipts', receiptBytes(unsigned));
  if (kid !== key.kid) throw new Error('The key that signs receipts is not the newest public one.');
  return { ...unsigned, signature };
}

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
      verify(key.publicKey, receiptBytes(receipt), { kid, signature })
    );
  } catch {
    return false;
  }
}
