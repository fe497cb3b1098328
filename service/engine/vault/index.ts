export type { KeyCustody, KeyCustodyDeps, MasterState } from './key-custody.ts';
export { createKeyCustody } from './key-custody.ts';
