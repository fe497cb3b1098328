import type { Session, WholeSession } from '../../../engine/sessions/index.ts';
import { humannessOfLiveness } from '../../../engine/uniqueness/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import type { SessionReply, WholeSessionReply } from './wire.ts';

export function fromSession(session: Session): SessionReply {
  const { id, realm, flow, state, profile, match, attempts, held, createdBy, reasons } = session;
  const { decision, liveness, risk, subject, verification } = session;
  return {
    id,
    env: realm.world,
    flow,
    state,
    profile,
    match,
    attempts,
    reasons,
    inReview: held,
    by: createdBy,
    capture: { source: session.source },
    createdAt: time(session.createdAt),
    expiresAt: time(session.expiresAt),
    ...defined({
      openedAt: time(session.openedAt),
      decidedAt: time(session.decidedAt),
      reviewUntil: time(session.heldUntil),
      assurance: liveness?.assurance,
      decision,
      risk,
      person: subject,
      verification,
      waitsFor: session.waitsFor,
    }),
  };
}

export function fromWhole(session: WholeSession): WholeSessionReply {
  const { challengesCompleted, processingTimeMs, metadata, email, subjectRef, path } = session;
  const { consent, liveness, counted, device, pictures } = session;
  return {
    ...fromSession(session),
    challengesCompleted,
    processingTimeMs,
    metadata,
    ...defined({ email, reference: subjectRef, path, uniqueness: counted, pictures }),
    ...(consent && { consent: { version: consent.version, at: time(consent.at) } }),
    ...(liveness && {
      liveness: { passed: liveness.passed, score: liveness.score, evidence: liveness.evidence },
      humanness: humannessOfLiveness(liveness),
    }),
    ...(device && { device: fromDevice(device) }),
  };
}

/** Without the network address, which only decides the site. */
const fromDevice = ({ address: _, ...device }: NonNullable<WholeSession['device']>) => device;
