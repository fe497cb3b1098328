import type { Outage } from './huma-error.ts';

/** On AI agents that drive a browser; only where signals were sent. */
export interface AgentVerdict {
  is_agent: boolean;
  /** 0 to 1. */
  agent_confidence: number;
  signals: string[];
}

export interface VerifyResult {
  /** `confidence >= 0.5`; true in an outage. */
  human: boolean;
  /** 0 to 1; 0.5 in an outage. */
  confidence: number;
  /** 0 to 100. */
  score: number;
  /** Verify it on your server: `POST /api/v1/tokens/verify`. Empty where nothing was judged. */
  token: string;
  pii_stored: false;
  agent?: AgentVerdict;
  notes?: string[];
  metadata?: Record<string, unknown>;
  /** The service was not there, and the caller was let through unjudged (`failOpen: false` refuses instead). */
  outage?: Outage;
  /** Why it was refused without a judgement. */
  refused?: Refusal;
}

export type Refusal =
  /** No behavioral signals came: no script ran, as of a scripted POST. */
  | 'no_signals'
  /** What came as signals is none: not of the collector, or too large. */
  | 'invalid_signals'
  /** The body in which `withHumaProtection` looks for signals is larger than `maxBytes`. */
  | 'payload_too_large'
  /** Too many requests: of this user, of this key, or in this month; or the trial of the key is over. */
  | 'limited'
  /** The service was not there, and `failOpen` is false. */
  | 'outage';

export type SessionAction = 'allow' | 'flag' | 'block';

export interface SessionResult {
  /** 0 to 100. */
  score: number;
  confidence: number;
  /** Score of the verify that gave the token. */
  baseline: number;
  /** `score - baseline`. */
  delta: number;
  anomaly: boolean;
  action: SessionAction;
  notes: string[];
}

export interface ChallengeTarget {
  id: string;
  /** Percent of the box: the center of the target. */
  x: number;
  y: number;
  /** An emoji; in the hardened form a picture (`data:image/…`). */
  label: string;
}

export interface ClickTargets {
  instruction: string;
  targets: ChallengeTarget[];
}

export interface Pattern {
  instruction: string;
  grid: { columns: number; rows: number };
  dots: { id: string; x: number; y: number }[];
  /** The order in words; in the hardened form a picture of the path (`data:image/…`). */
  sequence_hint: string;
}

export interface Challenge {
  challenge_id: string;
  type: 'click_targets' | 'pattern';
  payload: ClickTargets | Pattern;
  expires_in_seconds: number;
}

export type ChallengeResult =
  | { passed: true; token: string }
  | { passed: false; message: string; attempts_remaining: number };
