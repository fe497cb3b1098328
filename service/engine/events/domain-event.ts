import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';

/** A check in an event. */
export interface CheckOutcome {
  check: string;
  pass: boolean;
  score: number;
  weight: number;
  skipped?: string;
}

/**
 * Events of the engine; each family's door builds its own payload from one at delivery
 * (`doors/<family>/webhook-events.ts`). Ids, counts and verdicts: a payload holds nothing personal.
 *
 * Rows with these types and payloads stay in outboxes across upgrades. A change of a type that is written today needs a reader
 * of the earlier rows (`test/events/earlier-release.test.ts`).
 */
export interface EventPayloads {
  'subject.enrolled': { subject: SubjectId; created: boolean; enrollment: string };
  /** Without the id of the person, which stays in the audit log and the receipt alone. */
  'subject.erased': { erasure: string; reason: string };
  /** The person does not verify from now on; and does again. */
  'subject.disabled': { subject: SubjectId };
  'subject.enabled': { subject: SubjectId };
  'enrollment.refused': { code: string; actor: string } & Record<string, unknown>;
  'verification.verified': VerificationPayload;
  'verification.refused': VerificationPayload;
  'verification.disabled': { target: string; failures: number };
  'consent.withdrawn': { subject: SubjectId; purposes: string[] };
  'alert.triggered': AlertPayload;
  /** An endpoint was switched off after failing for too long, or answering 410; it fires an alert. */
  'webhook.disabled': { endpoint: string; reason: string };
  /** Not written yet: it comes with sessions. One for every flow. */
  'session.decided': SessionPayload;
  /** Written only where a webhook takes it. */
  'behavior.judged': BehaviorPayload;
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
  /** 0 to 1, as in the reply: 0 for an unrecognized person. Absent where no face could be judged. */
  confidence?: number;
  composite?: number;
  assurance?: string;
  /** Where the picture came from. Absent in rows of earlier releases. */
  source?: string;
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
  /** What it is about, where the rule counts each apart: the id of a subject, key or webhook endpoint. */
  about?: string;
  /** What happened, where the figure does not say it. */
  reason?: string;
}

/** Result of a session. The flow names the kind of session, which decides the family of the event. */
export type SessionPayload = ApiSession | HostedSession | RegistrationSession;

interface SessionEnd {
  session: string;
  /** `duplicate`: the person is known already, and the policy refuses a second time. */
  decision: 'approved' | 'rejected' | 'duplicate' | 'expired';
}

/** Created through the API; the caller's own page leads it. */
export interface ApiSession extends SessionEnd {
  flow: 'api';
  /** ms since 1970; of the pass. */
  expiresAt: number;
  riskLevel: 'low' | 'medium' | 'high';
  /** 0 to 1. */
  riskScore: number;
  riskFlags: RiskFlag[];
  profile: string;
  challengesCompleted: number;
  processingTimeMs: number;
}

export type RiskFlag =
  | 'spoof-suspected'
  | 'duplicate-identity'
  | 'replayed-frames'
  | 'virtual-camera'
  | 'reduced-challenge'
  | 'automation-suspected'
  | 'morph-suspected';

/** A page of this appliance leads it. */
export interface HostedSession extends SessionEnd {
  flow: 'hosted';
  verification: string;
  /** What the person had to prove. */
  proves: 'human' | 'age' | 'identity' | 'trust';
}

/** The first verification of a registered person. It is rejected where liveness failed. */
export interface RegistrationSession extends SessionEnd {
  flow: 'registration';
  /** Absent in events of earlier releases. */
  registration?: string;
  /** Uniqueness region; absent: the organization. */
  region?: string;
}

export interface BehaviorPayload {
  human: boolean;
  /** 0 to 1. */
  confidence: number;
}

/** What is personal of each event: sealed, opened only when it is delivered. Undefined once the person was erased. */
export interface EventPersonal {
  'subject.enrolled': { email: string; metadata?: Metadata };
  'verification.verified': { email?: string; metadata?: Metadata };
  /** `untilDelivered`: it names no person whose key could seal it. */
  'verification.refused': { metadata?: Metadata };
  /** A bearer's token; the caller's own name of the person and its data, `untilDelivered`, where they were known. */
  'behavior.judged': { token: string; reference?: string; metadata?: Metadata };
}

/** The caller's own data, as given with the call. */
type Metadata = Record<string, unknown>;

/** The same of `session.decided`, by flow. */
export interface SessionPersonal {
  api: {
    /** A bearer's token: sealed like what is personal. Null unless approved. */
    passToken: string | null;
    metadata: Metadata;
  };
  hosted: { metadata?: Metadata };
  /** The caller's own name of the person. */
  registration: { reference: string; metadata?: Metadata };
}

export type EventType = keyof EventPayloads;
type PersonalOf<T extends EventType, P> = T extends keyof EventPersonal
  ? EventPersonal[T]
  : P extends { flow: infer F extends keyof SessionPersonal }
    ? SessionPersonal[F]
    : Record<string, never>;

type NewEvent<T extends EventType, P> = P extends unknown
  ? {
      type: T;
      organization: OrganizationId;
      world: World;
      payload: P;
      /** Sealed under the person's key, or under the organization's own where it names no subject. */
      personal?: {
        subject?: SubjectId;
        values: PersonalOf<T, P>;
        /** Removed with the last delivery, and after a day at the latest. Only where it names no subject. */
        untilDelivered?: Partial<PersonalOf<T, P>>;
      };
    }
  : never;

/** As a feature hands it to the outbox. */
export type DomainEvent = { [T in EventType]: NewEvent<T, EventPayloads[T]> }[EventType];

type EventRecord<T extends EventType, P> = P extends unknown
  ? {
      id: string;
      type: T;
      organization: OrganizationId;
      world: World;
      /** When it happened, ms since 1970. */
      at: number;
      payload: P;
      /** Undefined where there is none, or the person was erased since. */
      personal: PersonalOf<T, P> | undefined;
    }
  : never;

/** As a door's dialect gets it, read back from the outbox. */
export type RecordedEvent = { [T in EventType]: EventRecord<T, EventPayloads[T]> }[EventType];
