import type { Connection } from './ask.ts';
import { callBack } from './call-back.ts';
import { answerChallenge, createChallenge } from './challenge.ts';
import type { ChallengeStrings } from './challenge-strings.ts';
import { HumaError, outageOf } from './huma-error.ts';
import { LONGEST_TIMER } from './longest-timer.ts';
import type { Challenge, ChallengeResult } from './messages.ts';

export interface ChallengeState {
  /** `expired`: it can be replaced by a new one where the user is known. */
  is: 'open' | 'checking' | 'passed' | 'blocked' | 'expired';
  challenge: Challenge;
  /** What a screen reader says, and the page shows. */
  status: string;
}

export type BlockedBy =
  /** No attempt is left. */
  | 'attempts'
  | 'expired'
  /** The service does not know the challenge, or refuses the key. */
  | 'refused';

export interface ChallengeRunOptions {
  connection: Connection;
  userId: string | undefined;
  strings: ChallengeStrings;
  language?: 'en' | 'de';
  action?: string | undefined;
  show: (state: ChallengeState) => void;
  onPassed: (token: string) => void;
  onBlocked: (why: BlockedBy) => void;
  onError: (error: HumaError) => void;
}

export interface ChallengeRun {
  answer(answer: string): Promise<void>;
  /** Another challenge in place of this one. */
  replace(how: { accessible: boolean }): Promise<void>;
  /** Nothing is shown or reported from now on. */
  end(): void;
}

/** One challenge on the page, from its first sight to its end. One thing happens at a time: a second answer while one is checked is dropped. */
export function createChallengeRun(challenge: Challenge, options: ChallengeRunOptions): ChallengeRun {
  const { connection, userId, strings, language, action } = options;
  const ended = new AbortController();
  const here = { ...connection, signal: ended.signal };
  let state: ChallengeState = { is: 'open', challenge, status: '' };

  const show = (next: Partial<ChallengeState>) => {
    if (ended.signal.aborted) return;
    state = { ...state, ...next };
    options.show(state);
  };
  const expire = () => {
    // The answer that is on its way may still be right.
    if (state.is !== 'open' || ended.signal.aborted) return;
    show({ is: 'expired', status: strings.expired });
    if (userId === undefined) callBack(options.onBlocked, 'expired');
  };
  const time = countDown(() => show({ status: strings.expiresSoon }), expire);
  const block = (why: BlockedBy) => {
    time.stop();
    show({ is: 'blocked', status: why === 'refused' ? strings.refused : strings.blocked });
    if (!ended.signal.aborted) callBack(options.onBlocked, why);
  };
  const fail = (error: unknown) => {
    if (ended.signal.aborted) return;
    const known = error instanceof HumaError ? error : new HumaError('INVALID_ARGUMENT', String(error));
    const mayPass = outageOf(known) !== undefined || known.status === 429;
    if (mayPass) show({ is: 'open', status: strings.unavailable });
    callBack(options.onError, known);
    if (mayPass) return;
    if (known.status !== 410) return block('refused');
    show({ is: 'open' });
    expire();
  };

  const judge = (result: ChallengeResult) => {
    if (result.passed) {
      time.stop();
      show({ is: 'passed', status: strings.passed });
      callBack(options.onPassed, result.token);
    } else if (result.attempts_remaining <= 0) block('attempts');
    else show({ is: 'open', status: strings.wrong(result.attempts_remaining) });
  };

  time.start(challenge.expires_in_seconds);
  return {
    async answer(answer) {
      if (state.is !== 'open') return;
      show({ is: 'checking', status: strings.checking });
      const challengeId = state.challenge.challenge_id;
      let result: ChallengeResult;
      try {
        result = await answerChallenge({ ...here, challengeId, answer, action });
      } catch (error) {
        return fail(error);
      }
      if (!ended.signal.aborted) judge(result);
    },
    async replace({ accessible }) {
      if (state.is !== 'open' && state.is !== 'expired') return;
      const before = state;
      show({ is: 'checking', status: '' });
      try {
        const of = userId === undefined ? { challengeId: before.challenge.challenge_id } : { userId };
        const next = await createChallenge({ ...here, ...of, accessible, language });
        show({ is: 'open', challenge: next, status: strings.replaced });
        time.start(next.expires_in_seconds);
      } catch (error) {
        show({ is: before.is });
        fail(error);
      }
    },
    end() {
      // Where the component only hides (`Activity`), its state comes back with it, and the answer that was on its way does not.
      if (state.is === 'checking') show({ is: 'open', status: '' });
      ended.abort();
      time.stop();
    },
  };
}

/** A minute before the end, and at the end. */
function countDown(soon: () => void, over: () => void) {
  let timers: ReturnType<typeof setTimeout>[] = [];
  const stop = () => {
    for (const timer of timers) clearTimeout(timer);
  };
  return {
    start(seconds: number) {
      stop();
      const after = (what: () => void, ms: number) => setTimeout(what, Math.min(ms, LONGEST_TIMER));
      timers = [after(over, seconds * 1000)];
      if (seconds > 60) timers.push(after(soon, (seconds - 60) * 1000));
    },
    stop,
  };
}
