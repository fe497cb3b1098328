import type { ErasureId, OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import type { Realm } from '../subjects/index.ts';
import type { ErasureReason, ErasureReceipt } from './receipt.ts';

/** Why and for whom a person is erased. */
export interface ErasureOrder {
  reason: Exclude<ErasureReason, 'restored'>;
  actor: Actor;
  request?: string;
  /** Search the files for what is left of the person and put it into the receipt; takes seconds in a large directory. */
  prove?: boolean;
}

export interface Erasure {
  /**
   * Erases a person by id or e-mail. From the first of its commits on the person is not found by any read, and the same
   * address may be enrolled anew. Resolves when everything is done that this machine can do; the receipt is `pending` while a
   * copy of the key store cannot be reached. Asked again for a person who is being erased (by id) it goes on and gives the
   * receipt as it is now. Throws SUBJECT_NOT_FOUND, and LEGAL_HOLD when a hold forbids it.
   */
  erase(realm: Realm, idOrEmail: string, order: ErasureOrder): Promise<ErasureReceipt>;
  /** Throws NOT_FOUND. */
  receipt(id: ErasureId): Promise<ErasureReceipt>;
  /** Newest first; `pending`: only those that wait for something. */
  receipts(
    organization: OrganizationId,
    options: { pending?: boolean; limit: number },
  ): Promise<ErasureReceipt[]>;
  /**
   * At start, before the galleries are loaded and where the writer lock is held: verifies the signed list of erasures, erases
   * again whom an older backup brought back, and finishes what was interrupted. Throws SEALED when the list was changed.
   */
  resume(): Promise<{ restored: number; finished: number; pending: number }>;
  /** Tries again what is not done yet. */
  retry(): Promise<{ finished: number; pending: number }>;
}

/** People erased by one call of a mass deletion. */
export interface MassErasure {
  erased: SubjectId[];
  /** Under a legal hold: they stay. */
  held: SubjectId[];
  pending: ErasureId[];
  /** People there are now. */
  left: number;
  /** Where to go on; absent at the end. */
  next?: SubjectId;
}
