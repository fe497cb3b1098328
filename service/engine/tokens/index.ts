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
  checkToken,
  createAdministratorTokens,
  createPersonTokens,
  createVerifyToken,
  type PassTokens,
  type PersonTokens,
  type PresenceTokens,
  type TokenDemand,
  type TokenFault,
  type TokenFinding,
  type TokenRealm,
  tokenFaults,
  type VerifyToken,
  type VerifyTokenDeps,
} from './person-tokens.ts';
export { acceptedKeys, TOKEN_KEY_OVERLAP } from './signed-tokens.ts';
