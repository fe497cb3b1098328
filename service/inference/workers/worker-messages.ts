import type { ProblemCode, ProblemExtra } from '../../lib/problem.ts';
import type { NativeGate } from './native-gate.ts';

/** `workerData` of every worker script. */
export interface WorkerStart<Configuration = unknown> {
  configuration: Configuration;
  /** Native code is entered through it (native-gate.ts). */
  gate: NativeGate;
}

/** How a job ended. */
export type JobAnswer =
  | { is: 'done'; job: number; value: unknown }
  | {
      is: 'refused';
      job: number;
      code: ProblemCode;
      message: string;
      extra: Omit<ProblemExtra, 'cause'>;
      cause?: string;
    }
  | { is: 'failed'; job: number; message: string };

/** What a worker script posts. It gets one job at a time as `{ job, payload }`, and `{ configuration }` when that changes. */
export type WorkerAnswer = { is: 'ready' } | JobAnswer | { is: 'notice'; value: unknown };
