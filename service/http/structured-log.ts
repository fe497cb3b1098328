import { pino } from 'pino';
import type { Clock } from '../lib/clock.ts';
import { defined } from '../lib/defined.ts';
import type { Log } from '../lib/log.ts';
import { scrub } from './scrub.ts';

export interface StructuredLogOptions {
  clock: Clock;
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Takes one finished line, newline included. */
  write: (line: string) => void;
}

/** One JSON object a line: `level` (a word), `time` (ISO 8601), `msg` and the fields. Every line is scrubbed. */
export function createStructuredLog({ clock, level, write }: StructuredLogOptions): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    { write: (line: string) => write(scrub(line)) },
  );
}

/** An error whole: type, message, code, stack, and its causes. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...defined({ code }),
    stack: error.stack,
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  };
}
