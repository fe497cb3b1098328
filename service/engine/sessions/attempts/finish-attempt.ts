import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { readActor } from '../../audit/index.ts';
import type { JudgedLive } from '../../verification/index.ts';
import { DecidedMeanwhile, endOf } from '../decide.ts';
import { SUSPECT_CAMERA, UNDECIDED } from '../held/hold.ts';
import type { ObservedAttempt, SessionParts } from '../parts.ts';
import { REPLAYED_FRAMES, REPLAYED_MOVEMENT } from '../risk.ts';
import type { Candidate } from '../session.ts';
import { realmOf, type SessionRow, sessionOf, sourceOfSession } from '../session-store.ts';
import { createApprove, SeenMeanwhile } from './approve-attempt.ts';
import type { Attempt } from './attempt.ts';
import { createFail } from './fail-attempt.ts';
import { type Finished, gather, isLast, replayEvidence } from './finished.ts';
import { withMorph } from './morph-evidence.ts';
import { shownBefore } from './shown-before.ts';

/** What was shown before is shown by no one who is there. */
const SHOWN_BEFORE: ReadonlySet<string> = new Set([REPLAYED_FRAMES, REPLAYED_MOVEMENT, 'REPLAYED_PICTURE']);

/**
 * The end of an attempt, decided once: what the challenge found, whether the frames are new, who it is, what the flow asks beside,
 * and the decision. An attempt that was not passed leaves the session open while there is another.
 */
export function createFinishAttempt(parts: SessionParts) {
  const { store, turns, log, observed } = parts;
  const { fail, refuse } = createFail(parts);
  const approve = createApprove(parts, { fail });

  async function judge(one: Finished): Promise<void> {
    const { row, opened, result } = one;
    // The claimed address was erased: without it any enrolled person would do.
    if (row.order_sealed === null) return refuse(one, ['PERSON_ERASED'], { final: true });
    one.undecided = waitsUndecided(one);
    const isLive = result.passed || one.undecided;
    if (!isLive || one.outcome.reasons.some((reason) => SHOWN_BEFORE.has(reason))) return refuse(one, []);
    if (!result.identity) return refuse(one, ['NO_NEUTRAL_FRAME']);
    // The profile was changed since the person chose the path.
    if (!one.isSourceAllowed) return refuse(one, ['KIOSK_REQUIRED'], { final: true });
    if (one.withoutMotion === 'refuse') return refuse(one, ['MOTION_REQUIRED'], { final: true });
    if (one.suspectCamera === 'refuse') return refuse(one, [SUSPECT_CAMERA]);
    const judged = row.matching === 'none' ? undefined : await match(parts, one);
    one.outcome = withMorph(one.outcome, judged?.alike);
    try {
      if (judged && !judged.verified) return await refuse(one, [judged.outcome], { judged });
      if (judged?.person && (await repeats(parts, one, judged.person.id)))
        return await refuse(one, [REPLAYED_MOVEMENT], { judged });
      const candidate: Candidate = {
        ...opened,
        ...one.outcome,
        ...(judged?.person === undefined ? {} : { person: judged.person }),
      };
      const refusal = await endOf(parts.ends, row).judge?.(candidate);
      if (refusal) return await refuse(one, [refusal.refuse], { ...defined({ judged }), final: true });
      return await approve(one, judged);
    } finally {
      judged?.end();
    }
  }

  return (session: string, attempt: Attempt): Promise<void> =>
    turns(session, async () => {
      const one = await gather(parts, session, attempt);
      if (!one) return;
      try {
        await judge(one);
      } catch (error) {
        if (error instanceof DecidedMeanwhile) return;
        const code = codeOf(error);
        if (code === 'INTERNAL') log.error({ error, session }, 'the end of an attempt failed');
        await refuse(one, [code]);
      }
      if (observed) observed(endedAs((await store.byId(session)) ?? one.row));
    });
}

/** How an attempt left its session. */
function endedAs(row: SessionRow): ObservedAttempt {
  const { realm, held, waitsFor, decision } = sessionOf(row);
  return {
    world: realm.world,
    outcome: decision ?? (held ? 'held' : 'another'),
    ...defined({ waitsFor }),
  };
}

/** A person decides about the last attempt of a session; at a kiosk the clerk stands beside the person. */
const waitsUndecided = (one: Finished): boolean =>
  one.undecidedRule === 'review' &&
  !one.result.passed &&
  one.outcome.reasons.join() === UNDECIDED &&
  (sourceOfSession(one.row) === 'kiosk' || isLast(one, [UNDECIDED]));

function codeOf(error: unknown): string {
  if (error instanceof SeenMeanwhile) return error.code;
  return error instanceof Problem ? error.code : 'INTERNAL';
}

/** Whether the person's own earlier sessions hold the movement, beyond the newest of the organization; it is noted. */
async function repeats(parts: SessionParts, one: Finished, person: SubjectId): Promise<boolean> {
  const { row, result, outcome, refusesRepeats } = one;
  const liveness = outcome.liveness!;
  if (!result.movement || liveness.evidence.some(({ kind }) => kind === 'replay')) return false;
  const { movement, assurance } = result;
  const before = await shownBefore(parts, realmOf(row), { movement, assurance }, person);
  if (before) liveness.evidence.push(replayEvidence(before, refusesRepeats));
  return before !== undefined && refusesRepeats;
}

/** Who it is, by the steps of a verification. */
function match(
  { verifyLive }: SessionParts,
  { row, opened, result, undecided }: Finished,
): Promise<JudgedLive> {
  const { device, email, profiles, context } = opened;
  const { analysis: main, embeddings } = result.identity!;
  return verifyLive({
    ...realmOf(row),
    source: sourceOfSession(row),
    actor: readActor(row.actor),
    profile: row.profile,
    profiles,
    context,
    main,
    embeddings,
    ...(email === undefined ? {} : { email }),
    assurance: undecided ? 'match-only' : result.assurance === 'passive-frames' ? 'passive' : 'active',
    ...defined({ address: device?.address }),
    device: defined({
      cameraWidth: device?.width,
      cameraHeight: device?.height,
      userAgent: device?.userAgent,
    }),
  });
}
