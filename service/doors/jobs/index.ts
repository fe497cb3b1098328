import { AsyncLocalStorage } from 'node:async_hooks';
import { createBullBoard } from '@bull-board/api';
import type { BaseAdapter } from '@bull-board/api/dist/queueAdapters/base.js';
import type { IServerAdapter } from '@bull-board/api/dist/types.js';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../engine/audit/index.ts';
import { type BoardLinks, type Jobs, jobKinds } from '../../engine/events/index.ts';
import { plainPage, plainPagePolicy } from '../../http/pages/plain-page.ts';
import {
  type AdministratorSessions,
  fromSessionCookie,
  isSameOrigin,
} from '../../http/sign-in/administrator-sessions.ts';
import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import { RowsAdapter } from './rows-adapter.ts';
import { fromCookie, toCookie } from './session-cookie.ts';

export interface JobsDoorDeps {
  jobs: Jobs;
  boardLinks: BoardLinks;
  sessions: Pick<AdministratorSessions, 'byCookie'>;
  clock: Clock;
}

const hidden = { config: { access: 'public' }, schema: { hide: true } } as const;
const reads = new Set(['GET', 'HEAD']);

/** For a browser without a session. */
const sendClosed = ({ headers }: FastifyRequest, reply: FastifyReply, status: 401 | 404) =>
  reply
    .code(status)
    .headers({ 'content-security-policy': plainPagePolicy })
    .type('text/html; charset=utf-8')
    .send(plainPage('jobs', headers['accept-language']));

/**
 * `/jobs`: bull-board over the jobs of the appliance. No key opens it: an appliance owner in the console, or an operator at the box
 * (`gatehouse jobs open`), makes a link for one use, and the browser that follows it acts under that name for half an hour. The link of an
 * appliance owner works only in a browser that is signed in to the console as that account, for as long as it is.
 */
export function createJobsDoor(deps: JobsDoorDeps): FastifyPluginAsync {
  const { boardLinks } = deps;
  return async (app) => {
    app.get<{ Params: { token: string } }>(
      '/jobs/open/:token',
      // A HEAD, or a browser that looks ahead, must not use it up.
      { ...hidden, exposeHeadRoute: false },
      async (request, reply) => {
        if (request.headers['sec-purpose'] !== undefined || request.headers.purpose !== undefined) {
          throw new Problem('CONFLICT', 'The link works once, so it is not opened ahead of time.');
        }
        const address = request.ip;
        const opened = await boardLinks
          .open(request.params.token, { id: request.id, address })
          .catch((error: unknown) => {
            const toPerson = request.headers.accept?.includes('text/html') === true;
            if (toPerson && error instanceof Problem && error.code === 'NOT_FOUND') return undefined;
            throw error;
          });
        if (opened === undefined) return sendClosed(request, reply, 404);
        const { session, seconds } = opened;
        const secure = request.protocol === 'https';
        return reply.header('set-cookie', toCookie(session, { seconds, secure })).redirect('/jobs/', 303);
      },
    );
    await app.register(boardRoutes, { prefix: '/jobs', ...deps });
  };
}

const boardRoutes: FastifyPluginAsync<JobsDoorDeps> = async (app, deps) => {
  const { jobs, clock } = deps;
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, access: 'public', quiet: true };
    route.schema = { ...route.schema, hide: true };
  });
  const actor = requireSession(app, deps);
  app.addHook('onSend', async (_, reply, payload) => {
    if (reply.statusCode === 401) return payload;
    reply.header('content-security-policy', boardPolicy);
    if (typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')) {
      return withoutForeignLinks(payload);
    }
    return payload;
  });

  let counting: ReturnType<Jobs['counts']> | undefined;
  const counts = () => {
    counting ??= jobs.counts().finally(() => {
      counting = undefined;
    });
    return counting;
  };
  const board = createBoard(jobKinds.map((kind) => new RowsAdapter({ kind, jobs, counts, actor, clock })));
  await app.register(board.registerPlugin() as FastifyPluginAsync);
};

/** Whether the account behind the session of the board is still signed in here; an operator at the box signs in nowhere. */
async function isSignedIn(
  { sessions }: Pick<JobsDoorDeps, 'sessions'>,
  request: FastifyRequest,
  actor: Actor,
): Promise<boolean> {
  if (actor.is !== 'administrator') return true;
  const secret = fromSessionCookie(request.headers.cookie);
  const caller = secret === undefined ? undefined : await sessions.byCookie(secret);
  return (
    caller?.administrator === actor.administrator && caller.applianceOwner && caller.limitedTo === undefined
  );
}

/** Refuses requests without the session of an operator or an appliance owner. The result names who makes the request that is being handled. */
function requireSession(
  app: FastifyInstance,
  deps: Pick<JobsDoorDeps, 'boardLinks' | 'sessions'>,
): () => Actor {
  const acting = new AsyncLocalStorage<Actor>();
  const actors = new WeakMap<FastifyRequest, Actor>();
  app.addHook('onRequest', async (request, reply) => {
    const session = fromCookie(request.headers.cookie);
    const who = session === undefined ? undefined : deps.boardLinks.sessionOf(session);
    if (who === undefined || !(await isSignedIn(deps, request, who.actor))) {
      if (!reads.has(request.method) || request.routeOptions.url?.startsWith('/jobs/api/')) {
        throw new Problem(
          'MISSING_AUTH',
          'The session of this page has ended. Open it again from Jobs in the console; on the box, run "gatehouse jobs open" and open the link it prints.',
        );
      }
      return sendClosed(request, reply, 401);
    }
    if (!reads.has(request.method) && !isSameOrigin(request)) {
      throw new Problem('ORIGIN_NOT_ALLOWED', 'Only the page of the jobs itself may change them.');
    }
    actors.set(request, { ...who.actor, request: request.id });
    return undefined;
  });
  app.addHook('preHandler', (request, _, done) => {
    const who = actors.get(request);
    if (who) acting.run(who, done);
    else done();
  });
  return () => {
    const now = acting.getStore();
    if (!now) throw new Error('The board acts outside of a request.');
    return now;
  };
}

function createBoard(queues: BaseAdapter[]) {
  const board = new FastifyAdapter();
  board.setBasePath('/jobs');
  createBullBoard({
    queues,
    // Its types are those of its own copy of the same API.
    serverAdapter: board as unknown as IServerAdapter,
    options: {
      uiConfig: {
        boardTitle: 'Gatehouse jobs',
        favIcon: { default: '/favicon.ico', alternative: '/favicon.ico' },
        hideDocsLink: true,
        miscLinks: [{ text: 'Console', url: '/console/' }],
        hideRedisDetails: true,
        showWorkers: false,
        showMetrics: false,
        sortQueues: false,
        theme: { light: boardFonts, dark: boardFonts },
      },
      // A further route is admitted when its effect on what waits is known.
      handlerHooks: { before: ({ method, route }) => refuseUnknown(`${method.toUpperCase()} ${route}`) },
    },
  });
  // Thrown on, to the handler that all doors share.
  board.setErrorHandler((error) => {
    throw error;
  });
  return board;
}

/** Routes that change something. */
const allowed = [
  'PUT /api/queues/:queueName/:jobId/retry',
  'PUT /api/queues/:queueName/:jobId/clean',
  'PUT /api/queues/:queueName/:jobId/promote',
  'PUT /api/queues/:queueName/retry/:queueStatus',
  'PUT /api/queues/:queueName/clean/:queueStatus',
  'PUT /api/queues/:queueName/promote',
];

function refuseUnknown(route: string) {
  if (route.startsWith('GET ') || allowed.includes(route)) return { allow: true };
  return {
    allow: false,
    status: 405 as const,
    errorKey: 'ERRORS.FORBIDDEN' as const,
    message: 'The jobs of Gatehouse are looked at, tried again and removed here; nothing else.',
  };
}

/** Allows only the page's own scripts and requests to this appliance. Some styles are made at run time. */
const boardPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page without its links to other hosts: it asks Google for fonts. The system's own are in `boardFonts`. */
const withoutForeignLinks = (html: string): string =>
  html.replaceAll(/<link\b[^>]*\bhref="https?:\/\/[^>]*>\s*/g, '');

const boardFonts = {
  'font-sans': 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  'font-mono': 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
};
