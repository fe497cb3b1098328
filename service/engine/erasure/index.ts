export type { Erasure, ErasureOrder, MassErasure } from './erasure.ts';
export type { ErasureReason, ErasureReceipt, Proof } from './receipt.ts';
export { erasureReasons, receiptBytes, receiptFormat } from './receipt.ts';
