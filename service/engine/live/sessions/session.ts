import type { SessionId, SubjectId, VerificationId } from '../../../lib/id.ts';
import type { TestOutcome } from '../../../lib/test-outcome.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import type { Purpose, TextLanguage } from '../../consent/index.ts';
import type { CaptureSource, Evidence } from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import type { Judged } from '../../uniqueness/index.ts';

export const sessionFlows = ['api', 'presence', 'hosted', 'registration'] as const;
export type SessionFlow = (typeof sessionFlows)[number];

/** `processing`: an attempt was started; also while a uniqueness review decides. */
export const sessionStates = ['created', 'opened', 'processing', 'finalized'] as const;
export type SessionState = (typeof sessionStates)[number];

/** `cancelled`: by the relying party or the person; it is called back as a rejection. */
export const sessionDecisions = ['approved', 'rejected', 'duplicate', 'expired', 'cancelled'] as const;
export type SessionDecision = (typeof sessionDecisions)[number];

/** A text of the page, in one language for all or in each. */
export type PageText = string | { en: string; de: string };

/** What the person agrees to before the camera starts. */
export interface PageConsent {
  /** Stored with the session when the person agrees. */
  version: string;
  text: { en: string[]; de: string[] };
  retention: { en: string; de: string };
  withdraw: { en: string; de: string };
  /** Absent in pages that an earlier release made. */
  asks?: {
    purposes: Purpose[];
    /** Those of them that the person may decline. */
    optional: Purpose[];
    /** In which it is written. */
    languages: TextLanguage[];
  };
}

/** What the person agreed to: a version, with the language in which it was read (`VERSION.de`) where the page says it. */
export interface AgreedConsent {
  version: string;
  /** Absent: all that the text asks for but those that the person may decline. */
  purposes?: readonly Purpose[];
}

/** What the capture page shows; the relying party's own words are shown as text only. */
export interface SessionPage {
  title?: PageText;
  purpose?: PageText;
  messages?: Partial<Record<'intro' | 'button' | 'success' | 'failure' | 'otherWay', PageText>>;
  language?: 'en' | 'de';
  /** Of hosted links. */
  product?: string;
  /** Checked against the organization's allow-list by the flow that creates the session. */
  redirect?: { success?: string; failure?: string };
  consent: PageConsent;
  /** The page collects how the person uses it, once the person has agreed; the consent says so (`behaviorPage`). */
  behavior?: true;
  /** Pictures of an attempt are kept while a person decides; the consent says so (`picturesPage`). */
  pictures?: true;
}

/** Whether the person must be an enrolled one: not at all, any (1:N), or the one with this address (1:1). */
export type SessionMatch = 'none' | 'any' | { email: string };

export interface UniquenessRule {
  policy: 'off' | 'warn' | 'block';
  /** '' = organization, else a region. */
  scope: string;
  /** A public page named the person: who comes again under the same `subjectRef` is not the same for it. */
  unnamed?: true;
}

export interface NewSession {
  flow: SessionFlow;
  realm: Realm;
  /** The relying party's key or the administrator who asked; verifications are counted for this caller. */
  actor: Actor;
  /** Slug; absent: the one that the organization uses, and `specter` for the flow `api`. */
  profile?: string;
  /** Slugs that the key is restricted to. */
  profiles?: readonly string[];
  match: SessionMatch;
  uniqueness?: UniquenessRule;
  /** False: the checks of place, time and device do not run; true when absent. */
  context?: boolean;
  /** Ms since 1970. The session of a person lasts ten minutes from `begin`, and never longer than this. */
  expiresAt: number;
  /** Origins that may open or embed the page. */
  browserOrigins?: readonly string[];
  page: SessionPage;
  callback?: { url: string };
  /** Id of the order that it ends, of those that have one: the row of another one that names this session is not its order. */
  relyingOrder?: string;
  /** The caller's own; at most 16 kB of JSON. */
  metadata?: Record<string, unknown>;
  subjectRef?: string;
  /** In the test world alone: how it ends as soon as an attempt begins, without a camera. */
  testOutcome?: TestOutcome;
  /** Id of the verification that a match makes; a new one when absent. */
  verification?: VerificationId;
  /** The person began from a link that was used up for it; absent: the page begins with the capability (`Sessions.open`). */
  opened?: BeginOrder;
  request?: string;
}

/** What the person agreed to, where and how. */
export interface BeginOrder {
  consent: AgreedConsent;
  path: ChosenPath;
  device: SessionDevice;
  /** 256 random bits that the browser chose: the capability where its link is used up, and in any case the proof that a repeat is its own. */
  secret?: string;
  /** The token of the link that was opened: the secret is of this link alone. */
  link?: string;
}

/** What the person's device said of itself; kept sealed, with the session. */
export interface SessionDevice {
  label?: string;
  width?: number;
  height?: number;
  frameRate?: number;
  userAgent?: string;
  /** Network address, for the site; set by the door. */
  address?: string;
  /** The capture page showed the text that the person agreed to; set by the door. Absent: a page of the relying party says that it did. */
  capturePage?: true;
}

/** The camera that runs; known only after the person agreed. */
export type SessionCamera = Pick<SessionDevice, 'label' | 'width' | 'height' | 'frameRate'>;

/** What the person chose before the start. */
export interface ChosenPath {
  flash: boolean;
  motion: boolean;
}

/** What a reviewer decides about: whether the person is counted already, or a passed attempt without motion of the head, or before a suspect camera, or an attempt whose evidence did not suffice. */
export const sessionWaits = ['uniqueness', 'without-motion', 'camera', 'undecided'] as const;
export type SessionWait = (typeof sessionWaits)[number];

/** The face of a passed attempt, as a uniqueness scope is asked for it; kept sealed while a person decides. */
export interface WaitingFace {
  /** By embedder: 32-bit floats, base64. */
  vectors: Record<string, string>;
  /** SHA-256 of the model files that made them, by embedder. */
  files: Record<string, string>;
  pixelHash: string;
  quality: number;
  /** Base64 of a JPEG; where a reviewer of the scope may have to compare it. */
  portrait?: string;
}

/** A picture of an attempt, kept sealed while a person decides. */
export interface WaitingPicture {
  /** Name of the step that it was judged in. */
  step: string;
  /** Base64. */
  jpeg: string;
}

export type RiskLevel = 'low' | 'medium' | 'high';

/** Reasons of a risk score. */
export const riskFlags = [
  'spoof-suspected',
  'duplicate-identity',
  'replayed-frames',
  'virtual-camera',
  'reduced-challenge',
  'automation-suspected',
  'morph-suspected',
] as const;
export type SessionRiskFlag = (typeof riskFlags)[number];

export interface Risk {
  level: RiskLevel;
  /** 0..1. */
  score: number;
  flags: SessionRiskFlag[];
}

/** What the challenge of the deciding attempt found. */
export interface SessionLiveness {
  passed: boolean;
  /** 0..1; never sent to the page. */
  score: number;
  assurance: string;
  /** Of the challenge, and `replay`, `behavior`, `morph`; an administrator sees it, the person never does. */
  evidence: Evidence[];
  reasons: string[];
}

/** A session as it is stored, without what is sealed. */
export interface Session {
  id: SessionId;
  realm: Realm;
  flow: SessionFlow;
  state: SessionState;
  profile: string;
  match: 'none' | 'any' | 'email';
  createdBy: string;
  /** Of its frames. */
  source: CaptureSource;
  createdAt: number;
  expiresAt: number;
  openedAt?: number;
  /** Version of the text that the person agreed to, for what, and when. `purposes`: absent where the text did not name them. */
  consent?: { version: string; at: number; purposes?: Purpose[] };
  path?: ChosenPath;
  /** Attempts that were begun. */
  attempts: number;
  /** When the attempt in progress was begun. */
  runningSince?: number;
  /** A reviewer decides. */
  held: boolean;
  /** What about; absent unless held. */
  waitsFor?: SessionWait;
  /** When it ends without a decision; absent unless held. */
  heldUntil?: number;
  decision?: SessionDecision;
  decidedAt?: number;
  /** Why not, by code; for administrators. */
  reasons: string[];
  liveness?: SessionLiveness;
  risk?: Risk;
  /** What is stored of it: nothing that names a person. */
  counted?: Pick<Judged, 'outcome' | 'action'>;
  verification?: VerificationId;
  subject?: SubjectId;
  challengesCompleted: number;
  /** From the start of the deciding attempt to the decision. */
  processingTimeMs: number;
  /** Of the test person that it showed, or was ordered with. */
  testOutcome?: TestOutcome;
}

/** With what is sealed. */
export interface WholeSession extends Session {
  /** The claimed address. */
  email?: string;
  metadata: Record<string, unknown>;
  subjectRef?: string;
  callback?: { url: string };
  /** As `NewSession.relyingOrder`. */
  relyingOrder?: string;
  /** What was ordered does not open any more: what is left of it approves no person. */
  orderLost?: true;
  page: SessionPage;
  uniquenessRule: UniquenessRule;
  context: boolean;
  browserOrigins: readonly string[];
  profiles: readonly string[];
  device?: SessionDevice;
  /** Steps of which a picture is kept while a person decides (`Sessions.picture`). */
  pictures?: string[];
}

/** A session at its end, for the flow that it belongs to. */
export interface DecidedSession extends WholeSession {
  decision: SessionDecision;
  decidedAt: number;
  risk: Risk;
  actor: Actor;
  /** The recognized person; absent without a match. `email`: their address. */
  person?: { id: SubjectId; email?: string };
  /** Of the verification, 0..1; absent without one that verified. */
  composite?: number;
  /** Who it is in the scope of the session. */
  uniqueness?: Judged;
  /** The embeddings were compared and are of another person, or of none. */
  otherPerson: boolean;
  /** Model id -> SHA-256 of its file. */
  models: Record<string, string>;
}

/** A session before it is approved. */
export type Candidate = Pick<
  DecidedSession,
  | 'id'
  | 'realm'
  | 'flow'
  | 'profile'
  | 'person'
  | 'liveness'
  | 'metadata'
  | 'subjectRef'
  | 'uniqueness'
  | 'relyingOrder'
>;

/** What the flow gives to the person's browser and to `finalize`, kept sealed with the session. */
export interface FlowReply {
  passToken?: string;
  /** Of the pass, ms since 1970. */
  passExpiresAt?: number;
  /** In place of that of the page. */
  redirect?: string;
  /** The member of the scope that a pass is about: it ends with that member. Not given out. */
  member?: string;
}

/** What the browser and the relying party get of a decision. */
export interface SessionResult {
  passed: boolean;
  /** Null while a review decides. */
  decision: SessionDecision | null;
  /** Id of the session, for the desk. */
  reference: SessionId;
  redirect?: string;
  passToken?: string;
  /** Of the pass, ms since 1970. */
  passExpiresAt?: number;
}

/** A flow's own consequence of a decision. Registered in compose by flow. */
export interface FlowHandler {
  /** Asked before an approval, outside of the transaction: a code here makes the decision `rejected`. */
  judge?(session: Candidate): Promise<{ refuse: string } | undefined>;
  /** In the transaction that decides; adds the flow's `session.decided`. Reads and writes through `tx` alone; may run again. */
  onDecided(tx: Tx, session: DecidedSession): Promise<FlowReply | undefined>;
}
