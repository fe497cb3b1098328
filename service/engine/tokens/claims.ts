import { z } from 'zod';
import type { OrganizationId, World } from '../../lib/id.ts';

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
