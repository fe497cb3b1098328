import type { ErasureId, OrganizationId, SubjectId, World } from '../../lib/id.ts';

export const receiptFormat = 'gatehouse-erasure-receipt/1';

/** `restored`: a person that an older backup brought back was erased again. */
export const erasureReasons = ['request', 'retention', 'consent-withdrawn', 'mass', 'restored'] as const;
export type ErasureReason = (typeof erasureReasons)[number];

/** What one copy of the key store did with the person's key. */
export interface CopyOfReceipt {
  place: string;
  /** Id of the copy, even if another copy is at its path now. */
  copy?: string;
  /** It is the key store itself. */
  own?: true;
  /** `attested-destroyed`: an operator attested that its medium is destroyed; the software cannot verify it. */
  state: 'destroyed' | 'unreachable' | 'attested-destroyed';
  reason?: string;
  /** The attesting operator and the time (ISO 8601, UTC). */
  attested?: { by: string; at: string };
}

/** What was searched for after the erasure, and where: kinds and counts, never values. */
export interface Proof {
  searchedAt: string;
  /** Byte patterns by kind: `e-mail`, `name`, `picture mark`, `template as floats`, `template as base64`; `probe as …` of verifications. */
  needles: Record<string, number>;
  files: number;
  bytes: number;
  found: { file: string; kind: string; times: number }[];
  /** Tables searched for the id of the person, all but the audit log and the receipts; absent in receipts of earlier versions. */
  tables?: TableSearch;
  /** Sealed values put aside before the erasure, and how many of them still open. */
  sealedValues: { tried: number; opened: number };
  /** Searches of the gallery with the person's old templates, and how many still named the person. */
  gallery: { searches: number; named: number };
  /** What could not be searched, and why. */
  notSearched: string[];
}

export interface TableSearch {
  searched: number;
  found: { table: string; column: string; rows: number }[];
}

/** What an erasure did, signed by the appliance. Times are ISO 8601, UTC. */
export interface ErasureReceipt {
  format: typeof receiptFormat;
  /** Id of the appliance that erased and signed. */
  appliance: string;
  erasure: ErasureId;
  organization: OrganizationId;
  world: World;
  subject: SubjectId;
  reason: ErasureReason;
  actor: string;
  request?: string;
  requestedAt: string;
  /** Absent while pending. */
  completedAt?: string;
  /** `pending`: this machine has done what it can; `waitingFor` names what is unreachable. It is retried automatically. */
  state: 'pending' | 'done';
  waitingFor: string[];
  copies: CopyOfReceipt[];
  /** Place of the erasure in the signed list beside the keys, which is replayed after every restore. */
  ledger: { seq: number; hash: string };
  /** Absent without a search, or after an interrupted erasure: the values to search for are only in memory. */
  proof?: Proof;
  /** SPKI, PEM: of the appliance that signed. */
  publicKey: string;
  kid: string;
  /** Ed25519 over `receiptBytes`, base64url. */
  signature: string;
}

export type UnsignedReceipt = Omit<ErasureReceipt, 'signature'>;

/** What is signed: the receipt without its signature as JSON, the names in order, without spaces (as RFC 8785 for these values). */
export function receiptBytes(receipt: UnsignedReceipt | ErasureReceipt): Uint8Array {
  const { signature: _, ...signed } = receipt as ErasureReceipt;
  return new TextEncoder().encode(canonical(signed));
}

/** JSON whose objects name their members in order; what is undefined is left out. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
