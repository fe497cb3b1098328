import type {
  CancelReason,
  PresenceCaller,
  PresenceProof,
  PresenceSession,
  TokenVerdict,
} from '../../engine/live/index.ts';
import type { RelyingParty } from '../../http/sign-in/relying-party.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import type {
  cancelReasons,
  NewPresenceSessionReply,
  PresenceSessionReply,
  PresenceTokenReply,
  statuses,
  VerifyTokenReply,
} from './wire.ts';

export const toCaller = ({ organization, world, lineage, profiles }: RelyingParty): PresenceCaller => ({
  organization,
  world,
  lineage,
  ...defined({ profiles }),
});

export const fromNewSession = (
  { session, link }: { session: PresenceSession; link: string },
  origin: string,
): NewPresenceSessionReply => ({
  sessionId: session.id,
  verifyUrl: `${origin}/verify-presence/${link}`,
  expiresAt: time(session.expiresAt),
  ...defined({ metadata: session.metadata }),
});

const statusOf: Record<PresenceSession['state']['is'], (typeof statuses)[number]> = {
  pending: 'PENDING',
  verified: 'VERIFIED',
  expired: 'EXPIRED',
  cancelled: 'CANCELLED',
};
const reasonOf: Record<CancelReason, (typeof cancelReasons)[number]> = {
  caller: 'caller',
  declined: 'declined',
  'not-verified': 'not_verified',
  'another-person': 'another_person',
};

export const fromSession = ({
  id,
  expiresAt,
  state,
  metadata,
  testOutcome,
}: PresenceSession): PresenceSessionReply => ({
  sessionId: id,
  status: statusOf[state.is],
  ...(state.is === 'verified' && {
    ...defined({ verifiedEmail: state.email }),
    verifiedAt: time(state.at),
  }),
  expiresAt: time(expiresAt),
  ...(state.is === 'cancelled' && { reason: reasonOf[state.reason] }),
  ...defined({ metadata, testOutcome }),
});

export const fromProof = ({
  token,
  jti,
  email,
  verifiedAt,
  expiresAt,
}: PresenceProof): PresenceTokenReply => ({
  token,
  jti,
  ...defined({ verifiedEmail: email }),
  verifiedAt: time(verifiedAt),
  expiresAt: time(expiresAt),
});

export function fromVerdict(verdict: TokenVerdict): VerifyTokenReply {
  if (!verdict.valid) return { valid: false, reason: verdict.reason };
  const { jti: _, issuedAt, expiresAt, ...statement } = verdict.statement;
  return { valid: true, ...statement, issuedAt: time(issuedAt), expiresAt: time(expiresAt) };
}
