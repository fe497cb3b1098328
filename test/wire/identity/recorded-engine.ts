import { createHash } from 'node:crypto';
import type {
  Checks,
  EnrollCommand,
  EnrollResult,
  Verdict,
  VerifyCommand,
} from '../../../service/engine/verification/index.ts';
import { Problem, type ProblemCode, type ProblemExtra } from '../../../service/lib/problem.ts';

/** What the engine answers in a recording. */
export interface EngineScript {
  verify?: Verdict;
  enroll?: EnrollResult;
  refuse?: { code: ProblemCode; message: string; extra?: ProblemExtra };
}

/** The engine of one recording: answers by the script, and keeps what it was asked with pictures as `sha256:<12 digits>`. */
export function recordedChecks(script: EngineScript) {
  const asked: unknown[] = [];
  const answer = <T>(
    operation: 'verify' | 'enroll',
    { signal, ...command }: VerifyCommand | EnrollCommand,
    value: T | undefined,
  ): T => {
    if (signal?.aborted !== false) throw new Error('the caller seems to have hung up');
    asked.push({ operation, ...withoutBytes(command) });
    if (script.refuse) throw new Problem(script.refuse.code, script.refuse.message, script.refuse.extra);
    if (value === undefined) throw new Error(`the recording has no answer for ${operation}`);
    return value;
  };
  const checks: Pick<Checks, 'verify' | 'enroll'> = {
    verify: async (command) => answer('verify', command, script.verify),
    enroll: async (command) => answer('enroll', command, script.enroll),
  };
  return { checks, asked };
}

function withoutBytes(value: object): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(value, function (this: Record<string, unknown>, key, inner) {
      const bytes = this[key];
      return bytes instanceof Uint8Array
        ? `sha256:${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`
        : inner;
    }),
  );
}
