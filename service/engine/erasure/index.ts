export type { MassErasure } from './erase-many.ts';
export { isErased } from './erased-person-store.ts';
export type { Erasure, ErasureDeps, ErasureOrder } from './erasure.ts';
export { createErasure } from './erasure.ts';
export { pageOfReceipts } from './erasure-store.ts';
export { createLedger, type LedgerDeps } from './ledger.ts';
export type { OrganizationErased, OrganizationErasure } from './organization-erasure.ts';
export { createOrganizationErasure } from './organization-erasure.ts';
export { createErasureData } from './personal-data.ts';
export { isClean } from './proof.ts';
export type { ErasureReason } from './receipt.ts';
export {
  CopyOfReceipt,
  ErasureReceipt,
  erasureReasons,
  receiptBytes,
} from './receipt.ts';
export { isReceiptSigned } from './sign-receipt.ts';
