import type { Connection } from './ask.ts';
import { createChallenge } from './challenge.ts';
import type { BlockedBy } from './challenge-run.ts';
import { HumaError, type Outage, outageOf } from './huma-error.ts';
import type { JudgeOptions } from './judge.ts';
import type { Challenge, VerifyResult } from './messages.ts';
import { verify } from './verify.ts';

export interface GateBlock {
  /** `bot`: the confidence is under 0.3. The others are of the challenge. */
  why: 'bot' | BlockedBy;
  result?: VerifyResult;
  /** Of `refused`: the service refused the call. */
  error?: HumaError;
}

export type GateState = { is: 'idle' } | { is: 'verifying' } | { is: 'challenge'; challenge: Challenge };

export interface GateOptions {
  connection: Connection & Pick<JudgeOptions, 'userId' | 'failOpen'>;
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

/** From this confidence to the next a person gets a challenge (contracts/behavior.txt: 30 to 70 %). */
const UNCERTAIN = { from: 0.3, to: 0.7 };

export function decide({ confidence, outage, human }: VerifyResult): 'pass' | 'challenge' | 'block' {
  if (outage) return human ? 'pass' : 'block';
  if (confidence < UNCERTAIN.from) return 'block';
  return confidence > UNCERTAIN.to ? 'pass' : 'challenge';
}

interface Submission {
  options: GateOptions;
  result?: VerifyResult;
}

/** The submissions of one gate, one at a time. */
export function createGateRun(show: (state: GateState) => void): GateRun {
  let ended = new AbortController();
  let open: Submission | undefined;

  const finish = (report: (options: GateOptions, result: VerifyResult | undefined) => void) => {
    if (!open) return;
    const { options, result } = open;
    open = undefined;
    show({ is: 'idle' });
    report(options, result);
  };
  const block = (block: GateBlock) =>
    finish(({ onBlock }, result) => onBlock({ ...block, ...(result && { result }) }));
  const letThrough = (outage: Outage) =>
    finish(({ onPass }, result) => result && onPass({ ...result, human: true, token: '', outage }));
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
        const next = decide(result);
        if (next === 'pass') return finish(({ onPass }) => onPass(result));
        if (next === 'block') return block({ why: result.outage ? 'refused' : 'bot' });
        const challenge = await createChallenge(connection);
        if (open === own) show({ is: 'challenge', challenge });
      } catch (error) {
        if (open === own)
          fail(error instanceof HumaError ? error : new HumaError('INVALID_ARGUMENT', String(error)));
      }
    },
    passed: (token) => finish(({ onPass }, result) => result && onPass({ ...result, human: true, token })),
    blocked: (why) => block({ why }),
    failed(error) {
      if (outageOf(error)) fail(error);
    },
    end() {
      open = undefined;
      ended.abort();
      ended = new AbortController();
    },
  };
}
