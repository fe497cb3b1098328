import {
  type EventPayloads,
  type PayloadDialect,
  SAMPLE_EVENT,
  withMetadata,
} from '../../engine/events/index.ts';
import { WEBHOOK_VERSION } from '../../http/published-route.ts';

type ApiSession = Extract<EventPayloads['session.decided'], { flow: 'api' }>;

const completed = {
  event: 'verification.completed',
  sessionId: 'sess_abc123xyz789',
  decision: 'approved',
  passToken: 'hp_x9y8z7w6v5u4',
  expiresAt: '2026-04-21T13:00:00.000Z',
  riskLevel: 'low',
  riskScore: 0.08,
  riskFlags: [],
  timestamp: '2026-04-21T12:00:00.000Z',
  metadata: { profile: 'specter', challengesCompleted: 4, processingTimeMs: 3400 },
  eventId: SAMPLE_EVENT,
  version: WEBHOOK_VERSION,
};

/** sessions.txt, "Webhook and callbacks": for endpoints and for a session's own callback URL alike. */
export const sessionsEvents: PayloadDialect = {
  family: 'sessions',
  signature: 'standard',
  events: [
    {
      name: 'sessions.verification.completed',
      when: 'A session reaches a final state: approved',
      fires: true,
      sample: completed,
    },
    {
      name: 'sessions.verification.failed',
      when: 'A session reaches a final state: rejected, or expired',
      fires: true,
      sample: {
        ...completed,
        event: 'verification.failed',
        decision: 'rejected',
        passToken: null,
        riskLevel: 'high',
        riskScore: 0.91,
        riskFlags: ['spoof_suspected'],
      },
    },
    {
      name: 'sessions.verification.duplicate',
      when: 'A session reaches a final state: the person is known already, and the uniqueness policy is `block`',
      fires: true,
      sample: {
        ...completed,
        event: 'verification.duplicate',
        decision: 'duplicate',
        passToken: null,
        riskLevel: 'medium',
        riskScore: 0.5,
        riskFlags: ['duplicate_identity'],
      },
    },
  ],
  translate(event) {
    if (event.type !== 'session.decided' || event.payload.flow !== 'api') return undefined;
    const { id, payload, personal, at } = event;
    const name = names[payload.decision];
    return { name: `sessions.${name}`, body: () => fromSession(name, { id, payload, personal, at }) };
  },
};

const names = {
  approved: 'verification.completed',
  rejected: 'verification.failed',
  duplicate: 'verification.duplicate',
  expired: 'verification.failed',
} as const satisfies Record<ApiSession['decision'], string>;

/** Flags of the risk, as receivers know them. */
export const wireFlags = {
  'spoof-suspected': 'spoof_suspected',
  'duplicate-identity': 'duplicate_identity',
  'replayed-frames': 'replayed_frames',
  'virtual-camera': 'virtual_camera',
  'reduced-challenge': 'reduced_challenge',
  'automation-suspected': 'automation_suspected',
  'morph-suspected': 'morph_suspected',
} as const satisfies Record<ApiSession['riskFlags'][number], string>;

function fromSession(
  event: string,
  {
    id,
    payload,
    personal,
    at,
  }: { id: string; payload: ApiSession; personal: object | undefined; at: number },
): Record<string, unknown> {
  const ours = {
    profile: payload.profile,
    challengesCompleted: payload.challengesCompleted,
    processingTimeMs: payload.processingTimeMs,
  };
  const bodyOf = (own: Record<string, unknown> = {}) => ({
    event,
    sessionId: payload.session,
    decision: payload.decision,
    ...(personal !== undefined && 'passToken' in personal ? { passToken: personal.passToken } : {}),
    expiresAt: new Date(payload.expiresAt).toISOString(),
    riskLevel: payload.riskLevel,
    riskScore: round(payload.riskScore),
    riskFlags: payload.riskFlags.map((flag) => wireFlags[flag]),
    timestamp: new Date(at).toISOString(),
    // Our fields first, as the text shows them, and again last, so that the caller's cannot replace them.
    metadata: { ...ours, ...own, ...ours },
    eventId: id,
    version: WEBHOOK_VERSION,
  });
  const own = personal !== undefined && 'metadata' in personal ? personal.metadata : undefined;
  return withMetadata(bodyOf, own as Record<string, unknown> | undefined);
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;
