export type { Access } from './access.ts';
export { createAccess } from './access.ts';
export type { ApiKey, Caller, KeyPrefix, Scope } from './api-key.ts';
export { keyPrefixes, scopes } from './api-key.ts';
export type { Narrowing } from './narrow-key.ts';
export type { NewKey } from './new-key.ts';
