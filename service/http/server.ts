import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawRequestDefaultExpression,
  type RouteOptions,
} from 'fastify';
import { defined } from '../lib/defined.ts';
import type { Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { actFor } from '../lib/turns.ts';
import { type AdmissionDeps, admitRequests } from './admit-requests.ts';
import { meteredAs, partyOf } from './authentication.ts';
import { type BodyPace, bodyRate, createBodyPace, paceRequests } from './bodies/body-pace.ts';
import { drainBody, readJsonBodies } from './bodies/read-json-bodies.ts';
import { allowPages } from './cross-origin.ts';
import {
  answerBrokenRequests,
  limitHandlers,
  methodsOf,
  notFound,
  routeOf,
  sendProblem,
} from './error-handling.ts';
import {
  createPublicPace,
  paceConnections,
  paceHandshakes,
  pacePublic,
  serveInTurn,
} from './leaving/public-pace.ts';
import { closeSlowReaders, SlicedResponse } from './leaving/unsent-bytes.ts';
import { boundConnections, type ConnectionsDeps, sayWhenCrowded } from './listening/connections.ts';
import { stopGently } from './listening/listen-on-host.ts';
import { createProxyList } from './listening/own-hosts.ts';
import { tlsSettings } from './listening/tls-files.ts';
import type { Metrics } from './metrics.ts';
import { clientOf, readForwarded, transportSecurityOf } from './proxies/forwarded.ts';
import type { PublishedRoute } from './published-route.ts';
import {
  answerRepeats,
  type IdempotentRequests,
  mayBeRepeat,
  repeatRefusals,
} from './repeats/answer-repeats.ts';
import { accessListOf } from './route-access.ts';
import { fastifyLog } from './structured-log.ts';
import { zodValidator } from './validation.ts';

export interface ServerLimits {
  /** Default limit of a body, in bytes. */
  body: number;
  /** Bytes of bodies in memory at a time, over all connections. */
  bodies: number;
  /** Milliseconds until the head of a request has arrived, and until a TLS handshake is done. */
  head: number;
  /** Milliseconds until a whole request has arrived. */
  request: number;
  /** Milliseconds after which the credential of a request that may change something is read again. */
  late: number;
  /** Milliseconds a handler may take before TIMEOUT is answered. */
  handler: number;
  /** Milliseconds a connection may be silent between two requests. */
  keepAlive: number;
  /** Milliseconds in which nothing is sent or taken during a request, as by a caller who does not read the answer; 0: any. */
  silent: number;
  /** Interval, in milliseconds, at which connections are checked against `head` and `request`. */
  poll: number;
}

const serverLimits: ServerLimits = {
  body: 1024 * 1024,
  bodies: 512 * 1024 * 1024,
  head: 15_000,
  request: 60_000,
  late: 1_000,
  handler: 60_000,
  keepAlive: 72_000,
  silent: 120_000,
  poll: 5_000,
};

const unbounded: NonNullable<ServerDeps['connections']> = {
  limits: { total: Number.POSITIVE_INFINITY, perAddress: Number.POSITIVE_INFINITY },
  sourceOf: () => 'anywhere',
};

export interface ServerDeps extends AdmissionDeps {
  log: Log;
  ids: Ids;
  limits?: Partial<ServerLimits>;
  /** How fast bodies are read; default `bodyRate`. */
  pace?: BodyPace;
  /** Proxies whose X-Forwarded-For is trusted (own-hosts.ts). createServer throws for an entry that is no proxy. */
  trustedProxies?: readonly string[];
  /** Whether a page of this origin may read errors; asked of `access` when absent. */
  knowsOrigin?: (origin: string) => Promise<boolean>;
  /** Bounds the connections; without it there is no bound. */
  connections?: Pick<ConnectionsDeps, 'limits' | 'sourceOf' | 'siteOf' | 'elapsed'>;
  /** Of handshakes. Absent: real time. */
  handshakes?: ReturnType<typeof paceHandshakes>;
  /** PEM. `strict`: whether HSTS is sent; true when absent. */
  tls?: { cert: string | Buffer; key: string | Buffer; strict?: () => boolean };
  metrics?: Pick<Metrics, 'request'>;
  /** Absent: the header `Idempotency-Key` is ignored. */
  repeats?: IdempotentRequests;
}

/**
 * The server all doors share, not listening yet: request ids, keys, limits, errors, log, metrics. A door is registered as
 * a plugin; it decorates `wireErrors` with its family's table, and each of its routes says in `config.access` who may call.
 */
export function createServer(deps: ServerDeps): FastifyInstance {
  const { access, log } = deps;
  const limits = { ...serverLimits, ...deps.limits };
  const isProxy = createProxyList(deps.trustedProxies ?? []);
  const published: PublishedRoute[] = [];
  const pace = deps.pace ?? realPace();

  const read = new WeakSet<IncomingMessage>();
  function readProxies(message: IncomingMessage): void {
    if (read.has(message)) return;
    read.add(message);
    readForwarded(message, isProxy);
  }

  const app = Fastify({
    ...settingsOf(deps, limits),
    // Before anything is read of the request.
    rewriteUrl(request) {
      readProxies(request);
      return request.url ?? '/';
    },
    trustProxy: deps.trustedProxies?.length ? (address: string) => isProxy(address) : false,
    frameworkErrors: (error, request, reply) => {
      setHead(request as FastifyRequest, reply as FastifyReply, deps);
      // Fastify runs no hooks for what it cannot route.
      void pages
        .markReadable(request as FastifyRequest, (reply as FastifyReply).code(400))
        .finally(() => sendProblem(log, error, request as FastifyRequest, reply as FastifyReply));
    },
  }) as unknown as FastifyInstance;
  // Until there are WebSockets: Node would read nothing more of a request that asks for another protocol.
  Object.assign(app.server, { shouldUpgradeCallback: () => false });
  app.server.headersTimeout = Math.min(limits.head, limits.request);
  const { limits: bounds, sourceOf, siteOf, elapsed } = deps.connections ?? unbounded;
  const networkOf = (address: string) => siteOf?.(address) ?? sourceOf(address);
  const connections = boundConnections(app.server, {
    limits: bounds,
    sourceOf,
    isProxy,
    clientOf(message) {
      readProxies(message);
      return clientOf(message, isProxy);
    },
    deadline: limits.request,
    crowded: sayWhenCrowded(log, bounds),
    ...(deps.connections && { isTaken: paceConnections(elapsed ?? realTime.elapsed) }),
    ...defined({ siteOf, elapsed }),
  });

  app.decorate('wireErrors', {});
  app.decorate('published', published);
  app.decorateRequest('problem', null);
  app.setValidatorCompiler(zodValidator);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  readJsonBodies(app, pace);

  app.addHook('onRoute', function (route) {
    published.push(publish(route, this));
  });
  app.addHook('onReady', async () => checkAccess(published, access !== undefined));

  serveInTurn(app);
  // Before everything that may be waited for.
  limitHandlers(app, limits.handler);
  app.addHook('onRequest', (request, reply, done) => {
    setHead(request, reply, deps);
    done();
  });
  const pages = allowPages(app, {
    knowsOrigin: deps.knowsOrigin ?? (async (origin) => (await access?.knowsOrigin(origin)) ?? false),
    methodsOf: (url) => methodsOf(published.filter((route) => route.url === url)),
  });
  if (access && deps.connections)
    pacePublic(app, createPublicPace(realTime), { sourceOf, ...defined({ siteOf }) });
  const metersLater = deps.repeats ? mayBeRepeat : () => false;
  admitRequests(app, deps, {
    most: limits.bodies,
    deadline: limits.request,
    late: limits.late,
    sourceOf,
    siteOf,
    metersLater,
  });
  paceRequests(app, pace);
  // Once the body is read: its events have no party.
  if (access)
    app.addHook('preValidation', (request, _reply, done) => actFor(partyOf(request, networkOf), done));
  if (deps.repeats) answerRepeats(app, deps.repeats, { log, ...defined({ admission: deps.admission }) });

  app.setErrorHandler((error, request, reply) => {
    drainBody(request.raw, (bytes) =>
      pace.took(request.caller ? meteredAs(request.caller) : sourceOf(request.ip), bytes),
    );
    return sendProblem(log, error, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    throw notFound(request, reply, published);
  });
  const handshakes = deps.handshakes ?? paceHandshakes(realTime);
  answerBrokenRequests(app, {
    ids: deps.ids,
    patience: limits.head,
    // A proxy serves many clients.
    inTurn: async (address) => isProxy(address) || handshakes.inTurn(networkOf(address)),
    charge: (address, count) => handshakes.charge(networkOf(address), count),
  });
  closeSlowReaders(app, connections.senders, log);
  stopGently(app, connections.closeUnfinished);
  reportRequests(app, log, deps.metrics);
  return app;
}

function settingsOf({ log, ids, tls }: ServerDeps, limits: ServerLimits) {
  return {
    loggerInstance: fastifyLog(log),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request: RawRequestDefaultExpression) => requestIdOf(request.headers['x-request-id'], ids),
    bodyLimit: limits.body,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    connectionTimeout: limits.silent,
    forceCloseConnections: 'idle' as const,
    // While stopping, a request that still arrives on an open connection is served, and the connection closed after it.
    return503OnClosing: false,
    // Some clients join a base URL and a path with a double slash.
    routerOptions: { ignoreDuplicateSlashes: true, ignoreTrailingSlash: true },
    ...(tls
      ? {
          https: {
            cert: tls.cert,
            key: tls.key,
            ...tlsSettings,
            handshakeTimeout: limits.head,
            ServerResponse: SlicedResponse,
            connectionsCheckingInterval: limits.poll,
            requireHostHeader: false,
          },
        }
      : {
          http: {
            connectionsCheckingInterval: limits.poll,
            ServerResponse: SlicedResponse,
            // Health checks come without one; all else is refused with a sentence (own-hosts.ts).
            requireHostHeader: false,
          },
        }),
  };
}

const realPace = () => createBodyPace({ ...bodyRate, ...realTime });

const realTime = {
  elapsed: () => performance.now(),
  wait: (milliseconds: number) => delay(milliseconds),
};

/** A route may set a content security policy of its own where it serves a page. */
function setHead(request: FastifyRequest, reply: FastifyReply, { tls }: ServerDeps): void {
  const transportSecurity = (tls?.strict?.() ?? true) ? transportSecurityOf(request.raw) : undefined;
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
    refuses: [...(route.config?.refuses ?? []), ...(route.config?.idempotent ? repeatRefusals : [])],
    readsTextAsJson: owner.hasContentTypeParser('text/plain'),
    idempotent: route.config?.idempotent ?? false,
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

/** Gives the outcome of each request to its admission, the log and the metrics. */
function reportRequests(app: FastifyInstance, log: Log, metrics: Pick<Metrics, 'request'> | undefined): void {
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

/** What `x-request-id` may be. */
export const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,127}$/;

/** The caller's `x-request-id` where it is up to 128 harmless characters; otherwise one of ours (`req_…`). */
function requestIdOf(header: string | string[] | undefined, ids: Ids): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : ids.next('request');
}
