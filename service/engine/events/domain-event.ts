import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';

/** A check as an event tells of it. */
export interface CheckOutcome {
  check: string;
  pass: boolean;
  score: number;
  weight: number;
  skipped?: string;
}

/**
 * What happened, in the engine's words; each family's door makes its own payload of it when it is delivered
 * (`doors/<family>/webhook-events.ts`). Ids, counts and verdicts: nothing personal stands in a payload.
 */
export interface EventPayloads {
  'subject.enrolled': { subject: SubjectId; created: boolean; enrollment: string };
  /** Without the id of the person, which stays in the audit log and the receipt alone. */
  'subject.erased': { erasure: string; reason: string };
  'enrollment.refused': { code: string; actor: string } & Record<string, unknown>;
  'verification.verified': VerificationPayload;
  'verification.refused': VerificationPayload;
  'verification.disabled': { target: string; failures: number };
  'consent.withdrawn': { subject: SubjectId; purposes: string[] };
  'alert.triggered': AlertPayload;
  /** An endpoint was switched off after failing for too long, or answering 410; alerts tell of it. */
  'webhook.disabled': { endpoint: string; reason: string };
  /** Not yet written by anything: sessions, behavior, hosted flows and registrations come with their features. */
  'session.decided': SessionPayload;
  'behavior.judged': BehaviorPayload;
  'hosted.completed': HostedPayload;
  'registration.completed': RegistrationPayload;
}

export interface VerificationPayload {
  verification: string;
  kind: '1:1' | '1:N';
  profile: string;
  profileSlug?: string;
  profileVersion?: number;
  profileMaturity?: string;
  actor: string;
  /** Names of the checks that ran and did not pass. */
  notPassed: string[];
  subject?: SubjectId;
  /** 0 to 1, as the caller was told: 0 for whoever was not recognized. Absent where no face could be judged. */
  confidence?: number;
  composite?: number;
  assurance?: string;
  reason?: string;
  checks?: CheckOutcome[];
}

export interface AlertPayload {
  alert: string;
  rule: string;
  name: string;
  metric: string;
  value: number;
  threshold: number;
  windowMinutes: number;
  /** Whom or what it is about, where the rule counts each apart: the id of a subject, key or webhook endpoint. */
  about?: string;
  /** What happened, where the figure does not say it. */
  reason?: string;
}

export interface SessionPayload {
  session: string;
  decision: 'approved' | 'rejected' | 'duplicate' | 'expired';
  /** ms since 1970; of the pass. */
  expiresAt: number;
  riskLevel: 'low' | 'medium' | 'high';
  /** 0 to 1. */
  riskScore: number;
  riskFlags: string[];
  profile: string;
  challengesCompleted: number;
  processingTimeMs: number;
  /** The caller's own, as given when the session was created. */
  metadata: Record<string, unknown>;
}

export interface BehaviorPayload {
  human: boolean;
  /** 0 to 1. */
  confidence: number;
  token: string;
}

export interface HostedPayload {
  verification: string;
  status: 'PASS' | 'FAIL' | 'EXPIRED';
  product: 'verifyhuman' | 'verifyage' | 'verifyidentity' | 'verifytrust';
}

export interface RegistrationPayload {
  /** `simple_data_request_response` is asked for with /get_status; the event tells who, and how it ended. */
  status: 'COMPLETED' | 'FAILED' | 'EXPIRED';
  failureCode: 'DOES_NOT_EXIST' | 'NOT_UNIQUE' | 'LIVENESS_FAILED' | 'EXPIRED' | null;
}

/** What is personal of each event: sealed, opened only when it is delivered. Undefined once the person was erased. */
export interface EventPersonal {
  'subject.enrolled': { email: string };
  'verification.verified': { email?: string };
  /** A bearer's token: sealed like what is personal. */
  'session.decided': { passToken: string | null };
  /** The caller's own name of the user. */
  'behavior.judged': { userId: string };
  'registration.completed': { referenceUserId: string };
}

export type EventType = keyof EventPayloads;
export type PersonalOf<T extends EventType> = T extends keyof EventPersonal
  ? EventPersonal[T]
  : Record<string, never>;

/** As a feature hands it to the outbox. */
export type DomainEvent = {
  [T in EventType]: {
    type: T;
    organization: OrganizationId;
    world: World;
    payload: EventPayloads[T];
    /** Sealed under the person's key, or under the organization's own where it names no subject. */
    personal?: { subject?: SubjectId; values: PersonalOf<T> };
  };
}[EventType];

/** As a door's dialect gets it, read back from the outbox. */
export type RecordedEvent = {
  [T in EventType]: {
    id: string;
    type: T;
    organization: OrganizationId;
    world: World;
    /** When it happened, ms since 1970. */
    at: number;
    payload: EventPayloads[T];
    /** Undefined where there is none, or the person was erased since. */
    personal: PersonalOf<T> | undefined;
  };
}[EventType];
