import type { TokenFinding } from '../../engine/accounts/index.ts';
import type { SessionData } from '../../engine/behavior/index.ts';
import type {
  LiveState,
  SessionDecision,
  SessionResult,
  SessionRiskFlag,
  WholeSession,
} from '../../engine/live/index.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { time } from '../../lib/time.ts';
import { wireFlags } from './webhook-events.ts';
import type {
  Finalize,
  FinalizeReply,
  ListedSession,
  PassAnswer,
  SessionStatus,
  SignalsReply,
  WireDecision,
} from './wire.ts';

/** This family knows no cancelled session. */
const decisions = {
  approved: 'approved',
  rejected: 'rejected',
  duplicate: 'duplicate',
  expired: 'expired',
  cancelled: 'rejected',
} as const satisfies Record<SessionDecision, WireDecision>;

const fromFlag = (flag: SessionRiskFlag): string => wireFlags[flag];

export const fromSession = (session: WholeSession): SessionStatus => ({
  sessionId: session.id,
  state: session.state,
  decision: session.decision === undefined ? null : decisions[session.decision],
  createdAt: time(session.createdAt),
  expiresAt: time(session.expiresAt),
  consent: {
    version: session.page.consent.version,
    text: session.page.consent.text,
    ...defined({
      purposes: session.page.consent.asks?.purposes,
      optional: session.page.consent.asks?.optional,
      agreedAt: time(session.consent?.at),
      agreedTo: session.consent?.purposes,
    }),
  },
  ...defined({ testOutcome: session.testOutcome }),
});

export const fromListed = (session: WholeSession): ListedSession => ({
  sessionId: session.id,
  state: session.state,
  decision: session.decision === undefined ? null : decisions[session.decision],
  profile: session.profile,
  createdAt: time(session.createdAt),
  expiresAt: time(session.expiresAt),
  metadata: session.metadata,
  ...defined({
    decidedAt: time(session.decidedAt),
    subjectRef: session.subjectRef,
    testOutcome: session.testOutcome,
  }),
});

/** `whole`: absent where the browser asks, which learns no figure and none of the caller's data. */
export function fromResult(
  sessionId: string,
  result: SessionResult,
  figures: Pick<WholeSession, 'profile' | 'challengesCompleted' | 'processingTimeMs' | 'testOutcome'>,
  whole?: Pick<WholeSession, 'risk' | 'metadata'>,
): FinalizeReply {
  const { decision, passToken = null, passExpiresAt } = result;
  const { profile, challengesCompleted, processingTimeMs } = figures;
  const ours = { profile, challengesCompleted, processingTimeMs };
  return {
    sessionId,
    decision: decision && decisions[decision],
    passToken,
    expiresAt: time(passExpiresAt) ?? null,
    riskLevel: whole?.risk?.level ?? null,
    riskScore: whole?.risk === undefined ? null : Math.round(whole.risk.score * 1e4) / 1e4,
    riskFlags: whole?.risk?.flags.map(fromFlag) ?? [],
    // Ours first, as the text shows them, and again last, so that the caller's cannot replace them.
    metadata: { ...ours, ...whole?.metadata, ...ours },
    ...defined({ testOutcome: figures.testOutcome }),
  };
}

const next = {
  ready: 'frames',
  guiding: 'frames',
  running: 'frames',
  queued: 'wait',
  checking: 'wait',
  between: 'retry',
  decided: 'finalize',
  ended: 'finalize',
  following: 'finalize',
} as const satisfies Record<LiveState['state'], SignalsReply['next']>;

export function fromState(
  { state, step, guidance, attemptsLeft, position, slower }: LiveState,
  accepted: number,
): SignalsReply {
  return {
    accepted,
    step: step ?? null,
    guidance: guidance ?? null,
    next: next[state],
    attemptsLeft,
    ...defined({ position, slower }),
  };
}

/** `session`: absent where it is not kept any more. The pass has no risk, since a browser holds it. */
export function fromFinding(
  finding: TokenFinding,
  session?: Pick<WholeSession, 'risk' | 'source'>,
): PassAnswer {
  if (!finding.valid) return finding;
  if (finding.kind !== 'pass') return { valid: false, reason: 'wrong_kind' };
  const risk = session?.risk;
  const { sessionId, decision, iat, exp, assurance, profile, subjectRef, humanId } = finding.claims;
  return {
    valid: true,
    sessionId,
    decision,
    issuedAt: time(iat * 1000),
    expiresAt: time(exp * 1000),
    ...(risk && { riskLevel: risk.level, riskFlags: risk.flags.map(fromFlag) }),
    ...(session && { capture: { source: session.source } }),
    assurance,
    profile,
    ...defined({ subjectRef, humanId }),
  };
}

/** Base64 or a data URL of a JPEG. */
/** An empty object is no report. */
export const toBehavior = ({ sessionData }: Pick<Finalize, 'sessionData'>): SessionData | undefined =>
  sessionData && isReport(sessionData) ? sessionData : undefined;

const isReport = (data: NonNullable<Finalize['sessionData']>): data is SessionData => 'v' in data;

export function toImage(text: string): Uint8Array {
  const data = text.startsWith('data:') ? text.slice(text.indexOf(',') + 1) : text;
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length > 0) return bytes;
  throw new Problem('IMAGE_UNREADABLE', 'The frame is not base64 of a JPEG.');
}
