import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RouteOptions,
} from 'fastify';
import { z } from 'zod';
import type { Access, KeyCaller } from '../engine/access/index.ts';
import type { Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { Problem, type ProblemCode } from '../lib/problem.ts';
import { authenticate, meteredAs } from './authentication.ts';
import { createBodyBudget } from './bodies/body-budget.ts';
import { type BodyPace, bodyRate, createBodyPace } from './bodies/body-pace.ts';
import { drainBody } from './bodies/drain-body.ts';
import { parseJson } from './bodies/json-body.ts';
import { readBody } from './bodies/read-body.ts';
import { allowPages } from './cross-origin.ts';
import { defaultErrors } from './default-errors.ts';
import { answerBrokenRequests, methodsOf, notFound, routeOf, sendProblem } from './error-handling.ts';
import { fastifyLog } from './fastify-log.ts';
import { boundConnections, type ConnectionsDeps } from './listening/connections.ts';
import type { OwnHosts } from './listening/own-hosts.ts';
import { createProxyList } from './listening/proxy-list.ts';
import { sayWhenCrowded } from './listening/say-when-crowded.ts';
import { tlsSettings } from './listening/tls-settings.ts';
import { transportSecurityOf } from './listening/transport-security.ts';
import type { Metrics } from './metrics.ts';
import type { PublishedRoute } from './published-route.ts';
import { requestIdOf } from './request-id.ts';
import { accessListOf } from './route-access.ts';
import { zodValidator } from './validation.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request as it was counted, on routes that ask for a key; null elsewhere, and when it was refused for its number. */
    admitted: Admitted | null;
  }
}

interface Admitted {
  /** What became of it: the problem that was answered, or null. */
  answered(problem: ProblemCode | null): void;
}

interface ServerLimits {
  /** Bytes of a body where a route says nothing else. */
  body: number;
  /** Bytes of bodies in memory at a time, over all connections. */
  bodies: number;
  /** Milliseconds until the head of a request has arrived, and until a TLS handshake is done. */
  head: number;
  /** Milliseconds until a whole request has arrived. */
  request: number;
  /** Milliseconds a handler may take before TIMEOUT is answered. */
  handler: number;
  /** Milliseconds a connection may be silent between two requests. */
  keepAlive: number;
  /** Milliseconds in which nothing is sent or taken during a request, as by a caller who does not read the answer. */
  silent: number;
  /** Milliseconds between two looks at which connections have passed `head` or `request`. */
  look: number;
}

const serverLimits: ServerLimits = {
  body: 1024 * 1024,
  bodies: 512 * 1024 * 1024,
  head: 15_000,
  request: 60_000,
  handler: 60_000,
  keepAlive: 72_000,
  silent: 120_000,
  look: 5_000,
};

const IDLE_SWEEP = 50;
/** Milliseconds a stop waits for the rest of requests that have come in part. */
const STOP_PATIENCE = 2_000;

const unbounded: NonNullable<ServerDeps['connections']> = {
  limits: { total: Number.POSITIVE_INFINITY, perAddress: Number.POSITIVE_INFINITY },
  sourceOf: () => 'anywhere',
};

export interface ServerDeps {
  /** Absent on the control socket, where whoever gets through is an operator: no route there can ask for a credential. */
  access?: Access;
  /** Counts what keys send; nothing is counted without. Throws a Problem for a request that is too many. */
  admission?: { admit(caller: KeyCaller, request: { metered: boolean }): Promise<Admitted> };
  log: Log;
  ids: Ids;
  limits?: Partial<ServerLimits>;
  /** How fast bodies are read; `bodyRate` without. */
  pace?: BodyPace;
  /** Proxies whose X-Forwarded-For is believed (proxy-list.ts); whatever is none makes createServer throw. */
  trustedProxies?: readonly string[];
  /** Whether a page of this origin may read errors; asked of `access` when absent. */
  knowsOrigin?: (origin: string) => Promise<boolean>;
  /** Which hosts a request may name; not checked without, as on the control socket. */
  hosts?: OwnHosts;
  /** Bounds the connections; without it there is no bound. */
  connections?: Pick<ConnectionsDeps, 'limits' | 'sourceOf'>;
  /** PEM. */
  tls?: { cert: string | Buffer; key: string | Buffer };
  metrics?: Pick<Metrics, 'request'>;
}

/**
 * The server all doors share, not listening yet: request ids, keys, limits, errors, log, metrics. A door is registered as
 * a plugin; it decorates `wireErrors` with its family's table, and each of its routes says in `config.access` who may call.
 */
export function createServer(deps: ServerDeps): FastifyInstance {
  const { access, admission, log, ids, metrics } = deps;
  const limits = { ...serverLimits, ...deps.limits };
  const isProxy = createProxyList(deps.trustedProxies ?? []);
  const published: PublishedRoute[] = [];
  const bodies = createBodyBudget(limits.bodies);
  const pace = deps.pace ?? realPace();

  const app = Fastify({
    loggerInstance: fastifyLog(log),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => requestIdOf(request.headers['x-request-id'], ids),
    bodyLimit: limits.body,
    requestTimeout: limits.request,
    handlerTimeout: limits.handler,
    keepAliveTimeout: limits.keepAlive,
    connectionTimeout: limits.silent,
    forceCloseConnections: 'idle',
    // While stopping, a request that still arrives on an open connection is served, and the connection closed after it.
    return503OnClosing: false,
    // Clients join a base URL and a path with one slash too many.
    routerOptions: { ignoreDuplicateSlashes: true, ignoreTrailingSlash: true },
    trustProxy: deps.trustedProxies?.length ? (address: string) => isProxy(address) : false,
    ...(deps.tls
      ? {
          https: {
            ...deps.tls,
            ...tlsSettings,
            handshakeTimeout: limits.head,
            connectionsCheckingInterval: limits.look,
          },
        }
      : { http: { connectionsCheckingInterval: limits.look } }),
    frameworkErrors: (error, request, reply) => {
      setHead(request as FastifyRequest, reply as FastifyReply);
      // Fastify runs no hooks for what it cannot route.
      void pages
        .markReadable(request as FastifyRequest, (reply as FastifyReply).code(400))
        .finally(() => sendProblem(log, error, request as FastifyRequest, reply as FastifyReply));
    },
  }) as unknown as FastifyInstance;
  app.server.headersTimeout = Math.min(limits.head, limits.request);
  const { limits: bounds, sourceOf } = deps.connections ?? unbounded;
  const connections = boundConnections(app.server, {
    limits: bounds,
    sourceOf,
    isProxy,
    crowded: sayWhenCrowded(log, bounds),
  });

  app.decorate('wireErrors', defaultErrors);
  app.decorate('published', published);
  app.decorateRequest('caller', null);
  app.decorateRequest('problem', null);
  app.decorateRequest('admitted', null);

  app.setValidatorCompiler(zodValidator);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: IncomingMessage) => {
    const { bodyLimit, config } = request.routeOptions;
    const { caller } = request;
    const body = await readBody(payload, bodyLimit, request.headers['content-length'], (bytes) =>
      caller ? pace.took(meteredAs(caller), bytes) : undefined,
    );
    if (body.length === 0 && isBodyNeedless(request)) return undefined;
    return parseJson(body, {
      longTexts: config.longTexts === true,
      ...(config.jsonTokens !== undefined && { limits: { tokens: config.jsonTokens } }),
    });
  });

  app.addHook('onRoute', function (route) {
    published.push(publish(route, this));
  });
  app.addHook('onReady', async () => checkAccess(published, access !== undefined));

  app.addHook('onRequest', async (request, reply) => setHead(request, reply));
  const pages = allowPages(app, {
    knowsOrigin: deps.knowsOrigin ?? (async (origin) => (await access?.knowsOrigin(origin)) ?? false),
    methodsOf: (url) => methodsOf(published.filter((route) => route.url === url)),
  });
  app.addHook('onRequest', async (request, reply) => {
    deps.hosts?.check(request.raw);
    if (request.is404) throw notFound(request, reply, published);
    const { access: who, metered = false } = request.routeOptions.config;
    const list = accessListOf(who);
    if (access && list) {
      const caller = await authenticate(access, request, list);
      request.caller = caller;
      if (admission && caller.is === 'key') request.admitted = await admission.admit(caller, { metered });
    }
    checkMediaType(request);
    if (request.caller)
      reply.raw.once('close', bodies.take(meteredAs(request.caller), expectedBytes(request)));
  });

  app.setErrorHandler((error, request, reply) => {
    drainBody(request.raw, (bytes) =>
      pace.took(request.caller ? meteredAs(request.caller) : request.ip, bytes),
    );
    return sendProblem(log, error, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    throw notFound(request, reply, published);
  });
  answerBrokenRequests(app, ids);

  let stopping = false;
  let endStop = () => {};
  app.addHook('preClose', async () => {
    stopping = true;
    if (!app.server.listening) return;
    // Node closes what is idle when the stop begins; what becomes idle later would hold it until its timeout.
    const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP);
    // Nor does it look any more at how long a request takes to come.
    const cut = setTimeout(connections.closeUnfinished, STOP_PATIENCE);
    endStop = () => {
      clearInterval(sweep);
      clearTimeout(cut);
    };
  });
  // After the server and what else feeds it (listen-on-host.ts) have closed: hooks of this kind run in reverse order.
  app.addHook('onClose', async () => endStop());
  app.addHook('onSend', async (_, reply) => {
    if (stopping) reply.header('connection', 'close');
  });

  app.addHook('onResponse', async (request, reply) => {
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
  });
  app.addHook('onRequestAbort', async (request) => {
    log.info({ requestId: request.id, route: routeOf(request) }, 'the caller hung up');
  });
  return app;
}

const realPace = () =>
  createBodyPace({
    ...bodyRate,
    elapsed: () => performance.now(),
    wait: (milliseconds) => delay(milliseconds),
  });

/** A route may set a content security policy of its own where it serves a page. */
function setHead(request: FastifyRequest, reply: FastifyReply): void {
  const transportSecurity = transportSecurityOf(request.raw);
  reply.headers({
    'x-request-id': request.id,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    ...(transportSecurity && { 'strict-transport-security': transportSecurity }),
  });
}

function publish(route: RouteOptions, owner: FastifyInstance): PublishedRoute {
  return {
    methods: [route.method].flat(),
    url: route.url,
    schema: route.schema ?? {},
    access: () => route.config?.access,
    refuses: route.config?.refuses ?? [],
    errors: owner.wireErrors,
  };
}

function checkAccess(published: PublishedRoute[], hasKeys: boolean): void {
  for (const { methods, url, access } of published) {
    const who = access();
    if (hasKeys && who === undefined)
      throw new Error(`${methods} ${url} does not say who may call it (config.access)`);
    if (!hasKeys && accessListOf(who) !== undefined) {
      throw new Error(`${methods} ${url} asks for a key, but this server has none to check`);
    }
  }
}

/** Of the body: what it announces, or the most the route takes when it announces nothing; more than that is refused later. */
function expectedBytes({ headers, routeOptions }: FastifyRequest): number {
  const most = routeOptions.bodyLimit ?? 0;
  if (headers['transfer-encoding'] !== undefined) return most;
  const announced = Number(headers['content-length'] ?? 0);
  return Number.isFinite(announced) ? Math.min(Math.max(0, announced), most) : most;
}

/**
 * Before the body is read. Fastify validates a body by its media type's schema, and not at all when there is none for it:
 * a route with such schemas takes nothing else.
 */
/** Some clients announce JSON with every call, also where there is nothing to say. */
function isBodyNeedless({ routeOptions: { schema } }: FastifyRequest): boolean {
  const body = schema?.body;
  return body === undefined || (body instanceof z.ZodObject && Object.keys(body.shape).length === 0);
}

function checkMediaType(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the body as it is: compressed bodies are not read.');
  }
  const body = request.routeOptions.schema?.body as { content?: Record<string, unknown> } | undefined;
  if (body?.content === undefined) return;
  const known = Object.keys(body.content);
  if (request.mediaType !== undefined && known.includes(request.mediaType)) return;
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers;
  if (transfer === undefined && (length === undefined || length === '0')) {
    throw new Problem('INVALID_REQUEST', `The body is missing; send ${known.join(' or ')}.`);
  }
  throw new Problem('UNSUPPORTED_MEDIA_TYPE', `The Content-Type must be ${known.join(' or ')}.`);
}
