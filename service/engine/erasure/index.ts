export { isErased } from './erased-person-store.ts';
export type { Erasure, ErasureDeps, ErasureOrder, MassErasure } from './erasure.ts';
export { createErasure } from './erasure.ts';
export type { OrganizationErased, OrganizationErasure } from './organization-erasure.ts';
export { createOrganizationErasure } from './organization-erasure.ts';
export { createErasureData } from './personal-data.ts';
export { isClean } from './proof.ts';
export type { ErasureReason, ErasureReceipt, Proof } from './receipt.ts';
export { erasureReasons, receiptBytes, receiptFormat } from './receipt.ts';
