import type { OrganizationId, PresenceId, SubjectId, World } from '../../lib/id.ts';

/** Milliseconds from the creation until a person must have been recognized. */
export const SESSION_LIFE = 10 * 60_000;
/** Seconds that a token is valid: unless the caller says otherwise, and at most. */
export const TOKEN_LIFE = { usual: 300, least: 1, most: 3600 };

/** A program that asks: an API key, and those that it succeeds. */
export interface PresenceCaller {
  organization: OrganizationId;
  world: World;
  lineage: string;
  /** Slugs of the profiles that the key may name; absent: those that the organization allows. */
  profiles?: readonly string[];
}

/** What the program wants to be proven. */
export interface PresenceRequest {
  /** What the person agrees to by being there; the page shows it, and the token carries it. */
  purpose: string;
  /** Only the person with this address may be there. */
  email?: string;
  /** The caller's own; the token carries it. */
  nonce?: string;
}

/** What is kept of it. */
export interface KeptRequest extends PresenceRequest {
  /** Of the key that asked, as it was then. */
  profiles?: readonly string[];
}

export interface PresenceOrder extends PresenceRequest {
  /** The caller's own organization. */
  orgId: string;
  /** Of the token: how long it is valid, and whether it counts once. */
  ttlSeconds?: number;
  singleUse?: boolean;
}

/** `another-person`: a living person who is not the one it is locked to. */
export type CancelReason = 'caller' | 'declined' | 'not-verified' | 'another-person';

export type PresenceState =
  | { is: 'pending'; begun: boolean }
  | { is: 'expired' }
  | { is: 'cancelled'; reason: CancelReason }
  | { is: 'verified'; at: number; subject: SubjectId; email?: string };

/** A program asks for proof that a person is there. */
export interface PresenceSession {
  id: PresenceId;
  organization: OrganizationId;
  world: World;
  createdAt: number;
  expiresAt: number;
  state: PresenceState;
}

/** The proof: a signed token. */
export interface PresenceProof {
  token: string;
  jti: string;
  verifiedAt: number;
  expiresAt: number;
  email?: string;
}
