import { defined } from '../../../lib/defined.ts';
import type { PassTokens } from '../../accounts/index.ts';
import type { Callbacks, Events } from '../../events/index.ts';
import type { FlowHandler, SessionLiveness } from './session.ts';

export interface ApiEndDeps {
  events: Events;
  passes?: Pick<PassTokens, 'issue'>;
  /** Absent: callback URLs get nothing. */
  callbacks?: Pick<Callbacks, 'addCallback'>;
}

/** The end of a session that was created through the API: its pass, its event, and the delivery to its callback URL. */
export function createApiEnd({ events, passes, callbacks }: ApiEndDeps): FlowHandler {
  return {
    async onDecided(tx, session) {
      const { realm, decision, risk, liveness, uniqueness, subjectRef } = session;
      const pass =
        decision === 'approved' && passes
          ? await passes.issue(realm, {
              sessionId: session.id,
              assurance: assuranceOf(liveness),
              // Without the risk: the page holds the pass.
              profile: session.profile,
              ...defined({ humanId: uniqueness?.humanId, subjectRef }),
            })
          : undefined;
      const event = await events.add(tx, {
        type: 'session.decided',
        ...realm,
        payload: {
          flow: 'api',
          session: session.id,
          // Receivers know no cancelled session.
          decision: decision === 'cancelled' ? 'rejected' : decision,
          expiresAt: pass?.expiresAt ?? session.expiresAt,
          riskLevel: risk.level,
          riskScore: risk.score,
          riskFlags: risk.flags,
          profile: session.profile,
          challengesCompleted: session.challengesCompleted,
          processingTimeMs: session.processingTimeMs,
        },
        personal: {
          ...defined({ subject: session.subject }),
          values: { passToken: pass?.passToken ?? null, metadata: session.metadata },
        },
      });
      const { callback } = session;
      if (callback) await callbacks?.addCallback(tx, realm, { family: 'sessions', url: callback.url, event });
      return (
        pass && {
          passToken: pass.passToken,
          passExpiresAt: pass.expiresAt,
          ...defined({ member: uniqueness?.member }),
        }
      );
    },
  };
}

/** What is unknown counts as the least, and so does an undecided attempt that a person approved. */
const assuranceOf = ({ passed, assurance }: Partial<SessionLiveness> = {}) =>
  passed && (assurance === 'active' || assurance === 'active-no-flash') ? assurance : 'passive-frames';
