export type { Access } from './access.ts';
export { createAccess } from './access.ts';
export type { KeyPrefix } from './api-key.ts';
export { ApiKey, exampleOfKey, keyPrefixes } from './api-key.ts';
export type {
  AdministratorCaller,
  Caller,
  KeyCaller,
  KioskCaller,
  SessionCaller,
  SessionKind,
} from './caller.ts';
export { hasFreshFactor } from './caller.ts';
export type { Narrowing } from './narrow-key.ts';
export type { NewKey } from './new-key.ts';
export type { Role } from './role.ts';
export { roles } from './role.ts';
export type { Scope } from './scope.ts';
export { holdsScope, scopes } from './scope.ts';
