import { createPublicKey, type webcrypto } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { OrganizationId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';

/** The kinds of token that a relying party verifies, by `typ` of their header (RFC 8725, 3.11). */
export const tokenTypes = { presence: 'presence+jwt', pass: 'pass+jwt' } as const;
export type PersonTokenKind = keyof typeof tokenTypes;

/** Before the token of a pass; it is not part of the JWT. */
export const PASS_PREFIX = 'hp_';

/** Milliseconds; no token of a person is valid for longer. */
export const LONGEST_TOKEN_LIFE = 3_600_000;

/** How the challenge was passed (engine/challenges). */
const assurance = z.enum(['active', 'active-no-flash', 'passive-frames']);

const common = {
  /** Id of the appliance. */
  iss: z.string().min(1),
  /** `audienceOf` the organization and world. */
  aud: z.string().min(1),
  sub: z.string().min(1),
  orgId: z.string().min(1),
  env: z.enum(['live', 'test']),
  sessionId: z.string().min(1),
  assurance,
  jti: z.string().min(1),
  /** Seconds since 1970, as `exp`. */
  iat: z.int(),
  exp: z.int(),
};

/** Claims of a Human Presence Token; `sub` is the e-mail address. */
export const PresenceClaims = z.object({
  ...common,
  userId: z.string().min(1),
  purpose: z.string(),
  nonce: z.string().optional(),
  checks: z.record(z.string(), z.number()),
  /** Model id to the SHA-256 of its file. */
  models: z.record(z.string(), z.string()),
  /** The appliance accepts it once. */
  singleUse: z.literal(true).optional(),
});
export type PresenceClaims = z.output<typeof PresenceClaims>;

/** Claims of a pass; `sub` is the session. A person's browser holds it: nothing of the risk is in it. */
export const PassClaims = z.object({
  ...common,
  decision: z.literal('approved'),
  profile: z.string(),
  /** Pseudonym of the person in the uniqueness scope of the session. */
  humanId: z.string().optional(),
  /** The caller's own name of the person, as given when the session was created. */
  subjectRef: z.string().optional(),
});
export type PassClaims = z.output<typeof PassClaims>;

export type PersonClaims =
  | { kind: 'presence'; claims: PresenceClaims }
  | { kind: 'pass'; claims: PassClaims };

/** Tokens of the test world have an audience of their own, so that a verifier of live ones refuses them. */
export const audienceOf = ({
  organization,
  world,
}: {
  organization: OrganizationId;
  world: World;
}): string => (world === 'live' ? organization : `${organization}/test`);

/** A public Ed25519 key (RFC 8037) with which tokens of persons are verified. */
export interface Jwk {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
  kid: string;
  use: 'sig';
  alg: 'EdDSA';
}

/** RFC 7517. */
export interface Jwks {
  keys: Jwk[];
}

/** `publicKey`: SPKI, PEM. */
export function toJwk({ kid, publicKey }: { kid: string; publicKey: string }): Jwk {
  const { x } = createPublicKey(publicKey).export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x: x ?? '', kid, use: 'sig', alg: 'EdDSA' };
}

/** Other members are ignored, but none may say that the key is for something else. */
const WireKey = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  kid: z.string().min(1).max(200),
  use: z.literal('sig').optional(),
  alg: z.enum(['EdDSA', 'Ed25519']).optional(),
  key_ops: z.tuple([z.literal('verify')]).optional(),
  d: z.undefined().optional(),
});
const WireSet = z.looseObject({ keys: z.array(WireKey).min(1).max(100) });

/** Keys of a JWKS file by their id. Throws INVALID_REQUEST for a file with a key that tokens are not verified with, or with two of one id. */
export function readJwks(text: string): Map<string, webcrypto.CryptoKey> {
  const set = WireSet.safeParse(parseJson(text));
  const keys = set.data?.keys ?? [];
  const byId = new Map(keys.map(({ kid, x }) => [kid, importKey(x)]));
  if (set.success && byId.size === keys.length) return byId;
  throw new Problem(
    'INVALID_REQUEST',
    'This is no set of public keys of Gatehouse: it must be {"keys":[…]} with public Ed25519 keys for signatures, each with an id of its own. “gatehouse token keys --jwks-file FILE” writes one.',
  );
}

const importKey = (x: string): webcrypto.CryptoKey =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }).toCryptoKey('Ed25519', true, [
    'verify',
  ]);
