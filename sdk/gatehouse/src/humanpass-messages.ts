/** What a session is created with; all fields may be left out. */
export interface SessionRequest {
  /** Slug of a profile that the key may name. */
  profile?: string;
  /** What happens when the person is known already; that of the organization when absent. */
  uniquenessPolicy?: 'off' | 'warn' | 'block';
  /** Gets the result too; the destination has to be granted. */
  callbackUrl?: string;
  /** Where the page leads at the end. */
  redirectUrl?: string;
  /** Your own name of the person; it stands in the pass token. */
  subjectRef?: string;
  /** Your own data, at most 16 kB of JSON: the answers and the callback give it back. */
  metadata?: Record<string, unknown>;
}

export interface HumanPassSession {
  sessionId: string;
  /** Capability of the browser for this session alone. */
  token: string;
  /** The page, with the token in the fragment. */
  verifyUrl: string;
  expiresAt: string;
  metadata?: Record<string, unknown>;
}

export type SessionDecision = 'approved' | 'rejected' | 'duplicate' | 'expired';

export interface SessionResult {
  sessionId: string;
  /** Null while a reviewer decides. */
  decision: SessionDecision | null;
  /** Null unless approved. */
  passToken: string | null;
  expiresAt: string | null;
  /** Null to the browser: your server reads it from `finalize` or the callback. */
  riskLevel: 'low' | 'medium' | 'high' | null;
  riskScore: number | null;
  riskFlags: string[];
  metadata: Record<string, unknown>;
}

/** What `verify` gives. */
export interface HumanPassResult {
  sessionId: string;
  /** The pass token for your server; null unless approved. */
  token: string | null;
  /** Null while a reviewer decides: the callback says more later. */
  decision: SessionDecision | null;
  expiresAt: string | null;
}

export interface PassVerification {
  valid: boolean;
  /** Why not. */
  reason?: string;
  sessionId?: string;
  decision?: 'approved';
  expiresAt?: string;
  riskLevel?: 'low' | 'medium' | 'high';
  riskFlags?: string[];
  /** Where the frames came from: `browser`, `kiosk` or `api`. */
  capture?: { source: string };
  subjectRef?: string;
  humanId?: string;
  profile?: string;
}
