import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';
import type { Clock } from '../lib/clock.ts';
import { defined } from '../lib/defined.ts';
import type { Log } from '../lib/log.ts';

interface StructuredLogOptions {
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

/**
 * The last filter of the log: e-mail addresses, API keys, bearer tokens and long base64 (pictures, templates) are taken out
 * of a finished line. Code does not log such things; this catches the error message that quotes its input. Each pattern
 * begins where a run of its characters begins, so that a hostile line costs no more than a long one.
 */
export function scrub(line: string): string {
  return line
    .replace(/\b(?:gh|prf|huma|hp|sk)_(?:live|test)_[A-Za-z0-9_-]+/g, '[key]')
    .replace(/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '[token]')
    .replace(/(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{200,}={0,2}/g, '[data]')
    .replace(/(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}][\p{L}\p{N}.-]*/gu, '[e-mail]');
}

/**
 * Writes Fastify's own messages (a broken stream, a throwing hook) to our log. Only the sentence, the error
 * and the request's id pass: never its request or reply objects, which hold addresses with queries and headers with keys.
 */
export const fastifyLog = (log: Log): FastifyBaseLogger =>
  new FastifyLog(log, {}) as unknown as FastifyBaseLogger;

/** A class: Fastify makes one for each request. */
class FastifyLog {
  readonly level = 'info';
  readonly #log: Log;
  readonly #bound: { requestId?: string };

  constructor(log: Log, bound: { requestId?: string }) {
    this.#log = log;
    this.#bound = bound;
  }

  #write(level: 'debug' | 'info' | 'warn' | 'error', fields: unknown, message: string | undefined): void {
    const error = fields instanceof Error ? fields : (fields as { err?: unknown } | null)?.err;
    this.#log[level](
      { ...this.#bound, ...(error === undefined ? {} : { err: describeError(error) }) },
      message ?? (typeof fields === 'string' ? fields : 'http'),
    );
  }

  fatal(fields: unknown, message?: string): void {
    this.#write('error', fields, message);
  }
  error(fields: unknown, message?: string): void {
    this.#write('error', fields, message);
  }
  warn(fields: unknown, message?: string): void {
    this.#write('warn', fields, message);
  }
  info(fields: unknown, message?: string): void {
    this.#write('info', fields, message);
  }
  debug(fields: unknown, message?: string): void {
    this.#write('debug', fields, message);
  }
  trace(): void {}
  silent(): void {}

  child({ reqId }: { reqId?: unknown }): FastifyLog {
    return typeof reqId === 'string' ? new FastifyLog(this.#log, { requestId: reqId }) : this;
  }
}

interface LogLine {
  level?: string;
  msg?: string;
  requestId?: string;
  err?: { message?: string };
}

const words: Record<string, string> = { debug: 'Detail', info: 'Note', warn: 'Warning', error: 'Error' };

/** A line of the structured log for a person at a terminal: what happened, why, and under which id the log has more. */
export function plainLine(line: string): string {
  const { level = 'info', msg = '', requestId, err } = JSON.parse(line) as LogLine;
  const sentence = `${msg.charAt(0).toUpperCase()}${msg.slice(1)}`;
  const why = err?.message === undefined ? '' : `${sentence.endsWith('.') ? '' : ':'} ${err.message}`;
  const where = requestId === undefined ? '' : ` (${requestId})`;
  return `${words[level] ?? level}: ${sentence}${why}${where}`.replace(/\s*\n\s*/g, ' ');
}

interface RequestLine {
  msg?: string;
  method?: string;
  route?: string;
  status?: number;
  milliseconds?: number;
  /** Absent for a request over the control socket. */
  address?: string;
}

/**
 * A request of the network as one line: method, path of the route, status, time. The path has no query and none of its parameters
 * filled in: either may be personal. Undefined for every other line.
 */
export function requestLine(line: string): string | undefined {
  const { msg, method, route, status, milliseconds, address } = JSON.parse(line) as RequestLine;
  if (msg !== 'request' || address === undefined) return undefined;
  return `${method} ${route === 'unmatched' ? '(no such path)' : route} ${status} ${milliseconds} ms`;
}

/** Whether the line is a warning or an error. */
export const isTrouble = (line: string): boolean =>
  ['warn', 'error'].includes((JSON.parse(line) as LogLine).level ?? '');
