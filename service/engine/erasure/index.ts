export type { MassErasure } from './erase-many.ts';
export { createErasure, type Erasure, type ErasureDeps, type ErasureOrder } from './erasure.ts';
export { isErased, pageOfReceipts } from './erasure-store.ts';
export {
  CopyOfReceipt,
  createLedger,
  type ErasureReason,
  ErasureReceipt,
  erasureReasons,
  isReceiptSigned,
  type LedgerDeps,
  receiptBytes,
} from './ledger.ts';
export {
  createOrganizationErasure,
  type OrganizationErased,
  type OrganizationErasure,
} from './organization-erasure.ts';
export { createErasureData } from './personal-data.ts';
export { isClean } from './proof.ts';
