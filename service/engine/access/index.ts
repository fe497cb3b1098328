export type { Access } from './access.ts';
export { createAccess } from './access.ts';
export type { ApiKey, Caller, KeyPrefix } from './api-key.ts';
export { keyPrefixes } from './api-key.ts';
export type { Narrowing } from './narrow-key.ts';
export type { NewKey } from './new-key.ts';
export type { Scope } from './scope.ts';
export { holdsScope, scopes } from './scope.ts';
