import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { readActor } from '../../audit/index.ts';
import type { JudgedLive } from '../../verification/index.ts';
import { endOf } from '../decide.ts';
import type { SessionParts } from '../parts.ts';
import { REPLAYED_FRAMES } from '../risk.ts';
import type { Candidate } from '../session.ts';
import { realmOf } from '../session-store.ts';
import { createApprove, SeenMeanwhile } from './approve-attempt.ts';
import type { Attempt } from './attempt.ts';
import { createFail } from './fail-attempt.ts';
import { type Finished, gather } from './finished.ts';

/**
 * The end of an attempt, decided once: what the challenge found, whether the frames are new, who it is, what the flow asks beside,
 * and the decision. An attempt that was not passed leaves the session open while there is another.
 */
export function createFinishAttempt(parts: SessionParts) {
  const { turns, log } = parts;
  const { fail, refuse } = createFail(parts);
  const approve = createApprove(parts, { fail });

  async function judge(one: Finished): Promise<void> {
    const { row, opened, result, outcome } = one;
    const suspicious =
      outcome.reasons.includes(REPLAYED_FRAMES) || outcome.reasons.includes('REPLAYED_PICTURE');
    // The claimed address was erased: without it any enrolled person would do.
    if (row.order_sealed === null) return refuse(one, ['PERSON_ERASED'], { final: true });
    if (!result.passed || suspicious) return refuse(one, []);
    if (!result.identity) return refuse(one, ['NO_NEUTRAL_FRAME']);
    const judged = row.matching === 'none' ? undefined : await match(parts, one);
    try {
      if (judged && !judged.verified) return await refuse(one, [judged.outcome], { judged });
      const candidate: Candidate = {
        ...opened,
        ...outcome,
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
        const code = codeOf(error);
        if (code === 'INTERNAL') log.error({ error, session }, 'the end of an attempt failed');
        await refuse(one, [code]);
      }
    });
}

function codeOf(error: unknown): string {
  if (error instanceof SeenMeanwhile) return REPLAYED_FRAMES;
  return error instanceof Problem ? error.code : 'INTERNAL';
}

/** Who it is, by the steps of a verification. */
function match({ verifyLive }: SessionParts, { row, opened, result }: Finished): Promise<JudgedLive> {
  const { device, email, profiles, context } = opened;
  const { analysis: main, embeddings } = result.identity!;
  return verifyLive({
    ...realmOf(row),
    ...{ actor: readActor(row.actor), profile: row.profile, profiles, context, main, embeddings },
    ...(email === undefined ? {} : { email }),
    assurance: result.assurance === 'passive-frames' ? 'passive' : 'active',
    ...defined({ address: device?.address }),
    device: defined({
      cameraWidth: device?.width,
      cameraHeight: device?.height,
      userAgent: device?.userAgent,
    }),
  });
}
