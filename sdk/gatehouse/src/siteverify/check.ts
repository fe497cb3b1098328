import { createChallenge } from '../huma/challenge.ts';
import { decide, readChallengeRange } from '../huma/gate/decision.ts';
import { HumaError, outageOf } from '../huma/huma-error.ts';
import { verify } from '../huma/verify.ts';
import { showChallenge } from './challenge-dialog.ts';
import type { Checked, CheckRequest, Failure } from './check-request.ts';

/** Judges the page as it was used so far, and asks the person where that says too little. */
export async function check(order: CheckRequest): Promise<Checked> {
  const { connection, userId, language, action, scored } = order;
  try {
    const result = await verify({ ...connection, userId, action, failOpen: false });
    if (result.outage) return { failed: 'unavailable' };
    const next = decide(result, readChallengeRange(undefined));
    if (next === 'pass' || (scored && (next === 'block' || !isInUse()))) return { token: result.token };
    if (next === 'block') return { failed: 'bot' };
    return await showChallenge(await createChallenge({ ...connection, userId, language }), order);
  } catch (error) {
    return { failed: failureOf(error) };
  }
}

/** A page that asks while it loads is not interrupted: no person is there yet to answer. */
const isInUse = (): boolean => navigator.userActivation?.hasBeenActive ?? true;

function failureOf(error: unknown): Failure {
  const isPassing = outageOf(error) || (error instanceof HumaError && error.status === 429);
  if (isPassing) return 'unavailable';
  console.error('Gatehouse:', error);
  return 'refused';
}
