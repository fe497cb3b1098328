import type { FastifyBaseLogger } from 'fastify';
import type { Log } from '../lib/log.ts';
import { describeError } from './structured-log.ts';

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
