import type { Connection } from '../ask.ts';
import { callBack } from '../call-back.ts';
import { createChallenge } from '../challenge.ts';
import type { BlockedBy } from '../challenge-run.ts';
import { HumaError, type Outage, outageOf } from '../huma-error.ts';
import type { JudgeOptions } from '../judge.ts';
import type { Challenge, VerifyResult } from '../messages.ts';
import { verify } from '../verify.ts';
import { decide, type ReadRange, withChallengePassed } from './decision.ts';

export interface GateBlock {
  /** `bot`: the confidence is under 0.3 (`challenge.from`). The others are of the challenge. */
  why: 'bot' | BlockedBy;
  result?: VerifyResult;
  /** Of `refused`: the service refused the call. */
  error?: HumaError;
}

export type GateState = { is: 'idle' } | { is: 'verifying' } | { is: 'challenge'; challenge: Challenge };

export interface GateOptions {
  connection: Connection & Pick<JudgeOptions, 'userId' | 'failOpen'>;
  challenge: ReadRange;
  onPass: (result: VerifyResult) => void;
  onBlock: (block: GateBlock) => void;
}

export interface GateRun {
  submit(options: GateOptions): Promise<void>;
  passed(token: string): void;
  blocked(why: BlockedBy): void;
  /** An error of the challenge: where the service is not there, the person is let through. */
  failed(error: HumaError): void;
  end(): void;
}

interface Submission {
  options: GateOptions;
  result?: VerifyResult;
}

/** The submissions of one gate, one at a time. */
export function createGateRun(show: (state: GateState) => void): GateRun {
  let ended = new AbortController();
  let open: Submission | undefined;

  const finish = () => {
    const finished = open;
    open = undefined;
    if (finished) show({ is: 'idle' });
    return finished;
  };
  const pass = (made: (result: VerifyResult) => VerifyResult) => {
    const { options, result } = finish() ?? {};
    if (options && result) callBack(options.onPass, made(result));
  };
  const block = (block: GateBlock) => {
    const { options, result } = finish() ?? {};
    callBack(options?.onBlock, { ...block, ...(result && { result }) });
  };
  const letThrough = (outage: Outage) => pass((result) => ({ ...result, human: true, token: '', outage }));
  const fail = (error: HumaError) => {
    const outage = outageOf(error);
    if (outage && open?.result && open.options.connection.failOpen !== false) letThrough(outage);
    else block({ why: 'refused', error });
  };

  return {
    async submit(options) {
      if (open) return;
      const own: Submission = { options };
      open = own;
      const connection = { ...options.connection, signal: ended.signal };
      show({ is: 'verifying' });
      try {
        const result = await verify(connection);
        if (open !== own) return;
        own.result = result;
        const next = decide(result, options.challenge);
        if (next === 'pass') return pass(() => result);
        if (next === 'block') return block({ why: result.outage ? 'refused' : 'bot' });
        const challenge = await createChallenge(connection);
        if (open === own) show({ is: 'challenge', challenge });
      } catch (error) {
        if (open === own)
          fail(error instanceof HumaError ? error : new HumaError('INVALID_ARGUMENT', String(error)));
      }
    },
    passed: (token) => pass((result) => withChallengePassed(result, token)),
    blocked: (why) => block({ why }),
    failed(error) {
      if (outageOf(error)) fail(error);
    },
    end() {
      finish();
      ended.abort();
      ended = new AbortController();
    },
  };
}
