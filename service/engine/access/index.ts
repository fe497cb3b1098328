export { type Access, createAccess } from './access.ts';
export { ApiKey, exampleOfKey, type KeyPrefix, keyPrefixes } from './api-key.ts';
export {
  type AdministratorCaller,
  type Caller,
  hasFreshFactor,
  type KeyCaller,
  type KioskCaller,
  type SessionCaller,
  type SessionKind,
} from './caller.ts';
export type { Narrowing, NewKey } from './new-key.ts';
export { holdsScope, type Role, roles, type Scope, scopes } from './scope.ts';
