import type { FastifyBaseLogger } from 'fastify';
import type { Log } from '../lib/log.ts';
import { describeError } from './structured-log.ts';

/**
 * Writes Fastify's own messages (a broken stream, a throwing hook) to our log. Only the sentence, the error
 * and the request's id pass: never its request or reply objects, which hold addresses with queries and headers with keys.
 */
export function fastifyLog(log: Log, bound: { requestId?: string } = {}): FastifyBaseLogger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: unknown, message?: string): void => {
      const error = fields instanceof Error ? fields : (fields as { err?: unknown } | null)?.err;
      log[level](
        { ...bound, ...(error === undefined ? {} : { err: describeError(error) }) },
        message ?? (typeof fields === 'string' ? fields : 'http'),
      );
    };
  return {
    level: 'info',
    fatal: at('error'),
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace() {},
    silent() {},
    child: (bindings: { reqId?: unknown }) =>
      fastifyLog(log, typeof bindings.reqId === 'string' ? { requestId: bindings.reqId } : bound),
  } as FastifyBaseLogger;
}
