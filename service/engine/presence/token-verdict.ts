import type { TokenFault } from '../tokens/index.ts';

export interface VerifyTokenOrder {
  token: string;
  expectedOrgId?: string;
  expectedEmail?: string;
  expectedNonce?: string;
}

export type TokenRefusal = TokenFault | 'wrong_organization' | 'wrong_email';

/** What a token says, once it counts. */
export interface PresenceStatement {
  /** The e-mail address of the person; their id where they have none. */
  sub: string;
  orgId: string;
  userId: string;
  sessionId: string;
  purpose: string;
  nonce?: string;
  checks: Record<string, number>;
  assurance: string;
  jti: string;
  issuedAt: number;
  expiresAt: number;
}

export type TokenVerdict =
  | { valid: true; statement: PresenceStatement }
  | { valid: false; reason: TokenRefusal };
