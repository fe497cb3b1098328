export {
  checkToken,
  type TokenDemand,
  type TokenFault,
  type TokenFinding,
  tokenFaults,
} from './check-token.ts';
export {
  type Jwk,
  type Jwks,
  type PassClaims,
  type PersonClaims,
  type PersonTokenKind,
  type PresenceClaims,
  readJwks,
  toJwk,
} from './claims.ts';
export {
  type AdministratorTokens,
  createAdministratorTokens,
  createPersonTokens,
  createVerifyToken,
  type PassTokens,
  type PersonTokens,
  type PresenceTokens,
  type TokenRealm,
  type VerifyToken,
  type VerifyTokenDeps,
} from './person-tokens.ts';
export { acceptedKeys, TOKEN_KEY_OVERLAP } from './signed-tokens.ts';
