import type { FastifyInstance } from 'fastify';
import type { Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { routeOf } from './error-handling.ts';
import type { Metrics } from './metrics.ts';

/** Gives the outcome of each request to its admission, the log and the metrics. */
export function reportRequests(
  app: FastifyInstance,
  log: Log,
  metrics: Pick<Metrics, 'request'> | undefined,
): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request);
    const { method, caller, problem } = request;
    request.admitted?.answered(problem);
    const status = reply.statusCode;
    log[request.routeOptions.config.quiet ? 'debug' : 'info'](
      {
        requestId: request.id,
        method,
        route,
        status,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
        address: request.ip,
        ...(problem === null ? {} : { code: problem }),
        ...(caller === null
          ? {}
          : caller.is === 'key'
            ? { key: caller.key, organization: caller.organization, world: caller.world }
            : { session: caller.session, organization: caller.organization }),
      },
      'request',
    );
    metrics?.request({
      method,
      route,
      status,
      ...(caller && 'world' in caller && { world: caller.world }),
      ...(problem !== null && { problem }),
      seconds: reply.elapsedTime / 1000,
    });
    done();
  });
  app.addHook('onRequestAbort', async (request) => {
    log.info({ requestId: request.id, route: routeOf(request) }, 'the caller hung up');
  });
}

const sane = /^[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,127}$/;

/** The caller's `x-request-id` where it is up to 128 harmless characters; otherwise one of ours (`req_…`). */
export function requestIdOf(header: string | string[] | undefined, ids: Ids): string {
  return typeof header === 'string' && sane.test(header) ? header : ids.next('request');
}
