import type {
  CancelReason,
  PresenceCaller,
  PresenceOrder,
  PresenceProof,
  PresenceSession,
  TokenVerdict,
  VerifyTokenOrder,
} from '../../engine/presence/index.ts';
import type { RelyingParty } from '../../http/sign-in/relying-party.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import type {
  cancelReasons,
  NewPresenceSession,
  NewPresenceSessionReply,
  PresenceSessionReply,
  PresenceTokenReply,
  statuses,
  VerifyToken,
  VerifyTokenReply,
} from './wire.ts';

export const toCaller = ({ organization, world, lineage, profiles }: RelyingParty): PresenceCaller => ({
  organization,
  world,
  lineage,
  ...defined({ profiles }),
});

export const toOrder = (body: NewPresenceSession): PresenceOrder => ({
  orgId: body.orgId,
  purpose: body.purpose,
  ...defined({
    email: body.email,
    nonce: body.nonce,
    ttlSeconds: body.ttlSeconds,
    singleUse: body.singleUse,
  }),
});

export const toVerifyTokenOrder = ({
  token,
  expectedOrgId,
  expectedEmail,
  expectedNonce,
}: VerifyToken): VerifyTokenOrder => ({
  token,
  ...defined({ expectedOrgId, expectedEmail, expectedNonce }),
});

export const fromNewSession = (
  { session, link }: { session: PresenceSession; link: string },
  origin: string,
): NewPresenceSessionReply => ({
  sessionId: session.id,
  verifyUrl: `${origin}/verify-presence/${link}`,
  expiresAt: time(session.expiresAt),
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

export const fromSession = ({ id, expiresAt, state }: PresenceSession): PresenceSessionReply => ({
  sessionId: id,
  status: statusOf[state.is],
  ...(state.is === 'verified' && {
    ...defined({ verifiedEmail: state.email }),
    verifiedAt: time(state.at),
  }),
  expiresAt: time(expiresAt),
  ...(state.is === 'cancelled' && { reason: reasonOf[state.reason] }),
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
