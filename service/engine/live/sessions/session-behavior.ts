import type { Clock } from '../../../lib/clock.ts';
import { judgeBehavior, type SessionData } from '../../behavior/index.ts';
import type { Evidence } from '../../matching/index.ts';
import type { SessionLiveness } from './session.ts';

/** What pages reported of behavior during their sessions, judged by the rules; the newest window counts. In memory: a restart forgets it. */
export type SessionBehaviors = ReturnType<typeof createSessionBehaviors>;

/** Milliseconds after which a report is forgotten; longer than a session lasts. */
const KEPT = 15 * 60_000;
/** Sessions whose reports are kept. */
const MOST = 10_000;

export function createSessionBehaviors({ clock }: { clock: Clock }) {
  const kept = new Map<string, { at: number; evidence: Evidence }>();

  function forgetOld(now: number): void {
    for (const [session, { at }] of kept) {
      if (now - at < KEPT && kept.size < MOST) break;
      kept.delete(session);
    }
  }

  return {
    note(session: string, data: SessionData): void {
      const now = clock.now();
      forgetOld(now);
      const { confidence, notes, agent } = judgeBehavior(data);
      kept.delete(session);
      kept.set(session, {
        at: now,
        evidence: {
          kind: 'behavior',
          // Thin data says nothing, neither for nor against the person.
          ...(!notes.includes('insufficient_data') && { strength: confidence }),
          maturity: 'experimental',
          details: { suspect: agent?.is_agent === true, notes: notes.join(', ') },
        },
      });
    },
    /** The evidence of an outcome, with that of the behavior. */
    added<Outcome extends { liveness?: SessionLiveness }>(session: string, outcome: Outcome): Outcome {
      const found = kept.get(session);
      const { liveness } = outcome;
      // What a review held has it already.
      if (!found || !liveness || liveness.evidence.some(({ kind }) => kind === 'behavior')) return outcome;
      return { ...outcome, liveness: { ...liveness, evidence: [...liveness.evidence, found.evidence] } };
    },
  };
}
