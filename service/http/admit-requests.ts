import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Access } from '../engine/accounts/index.ts';
import { defined } from '../lib/defined.ts';
import { Problem, type ProblemCode, type RateLimit } from '../lib/problem.ts';
import { authenticate, meteredAs } from './authentication.ts';
import { createBodyBudget, type IncomingBody } from './bodies/body-pace.ts';
import { rateLimitHeaders } from './default-errors.ts';
import { notFound } from './error-handling.ts';
import { whenClosed } from './listening/listen-on-host.ts';
import type { OwnHosts } from './listening/own-hosts.ts';
import type { NodeProxy } from './nodes/node-proxy.ts';
import { acceptsHtml, prefixNotSupported, statedPrefix } from './proxies/forwarded.ts';
import { accessListOf } from './route-access.ts';
import type { AdministratorSessions } from './sign-in/administrator-sessions.ts';
import type { KioskSessions, PersonSessions } from './sign-in/person-sessions.ts';
import { type CountedCaller, countedCaller } from './sign-in/relying-party.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request as it was counted, on routes that ask for a key; null elsewhere, and when it was refused for its number. */
    admitted: Admitted | null;
    /** Whether its `Host` is one of this appliance: false only on routes with `anyHost`. */
    isForOwnHost: boolean;
    /** Whether the administrator who calls still may; null for other callers. */
    callerGoesOn: (() => Promise<boolean>) | null;
    /**
     * Where the caller was read some time ago, reads them once more from their credential: after each body, which may take a minute. Throws as
     * at the head where it does not hold any more. Null without a credential. `late`: how long ago, milliseconds; a second unless given.
     */
    readCallerAgain: ((late?: number) => Promise<void>) | null;
  }
}

export interface Admitted {
  /** Those that it was counted for; absent: none. */
  limits?: readonly RateLimit[];
  /** The outcome: the answered problem, or null. */
  answered(problem: ProblemCode | null): void;
}

export interface AdmissionDeps {
  /** Absent on the control socket, where every caller is an operator: no route there can ask for a credential. */
  access?: Access;
  /** Sessions of administrators; absent: none can sign in. */
  sessions?: AdministratorSessions;
  /** Sessions of kiosks; absent: there are none. */
  kiosks?: KioskSessions;
  /** Sessions of people who are verified; absent: there are none. */
  persons?: PersonSessions;
  /** Counts the requests of keys, and of administrators in their place; absent: no counting. Throws a Problem for a request over a limit. */
  admission?: {
    /** `address`: of a browser key alone, which every visitor of its page has. */
    admit(caller: CountedCaller, request: { metered: boolean; address?: string }): Promise<Admitted>;
    /** For the month alone. */
    meter(caller: CountedCaller): Promise<Admitted>;
  };
  /** Before anything is answered from memory: brings it up to what other nodes have written. */
  position?: { catchUp(): Promise<void> };
  /** Absent: no other node has work of a request in memory. */
  nodes?: Pick<NodeProxy, 'passOn' | 'isPassedOn' | 'gather'>;
  /** The hosts that a request may name; absent: not checked, as on the control socket. */
  hosts?: OwnHosts;
}

export interface AdmissionRules {
  /** Bytes of bodies in memory at a time, over all connections. */
  most: number;
  /** Milliseconds within which a body has to be whole. */
  deadline: number;
  /** Milliseconds after which the credential of a request is read again. */
  late: number;
  /** The source of a request without a credential, and its IPv6 /48. */
  sourceOf(address: string): string;
  siteOf: ((address: string) => string | undefined) | undefined;
  /** Whether it is metered once it is known to be no repeat. */
  metersLater(request: FastifyRequest): boolean;
}

/** Part of the room for bodies that is for requests without a credential: they cannot shut out those with one. */
const PUBLIC_SHARE = 1 / 4;

/** Before a body is read: the host, the route, the credential, the number of requests, the media type, and room for the body. */
export function admitRequests(
  app: FastifyInstance,
  { access, sessions, kiosks, persons, admission, hosts, position, nodes }: AdmissionDeps,
  { most, deadline, late, sourceOf, siteOf, metersLater }: AdmissionRules,
): void {
  const keyed = createBodyBudget({ total: most * (1 - PUBLIC_SHARE), deadline });
  const open = createBodyBudget({ total: most * PUBLIC_SHARE, deadline });
  app.decorateRequest('caller', null);
  app.decorateRequest('admitted', null);
  app.decorateRequest('isForOwnHost', true);
  app.decorateRequest('callerGoesOn', null);
  app.decorateRequest('readCallerAgain', null);
  const credentials = access && { access, ...defined({ sessions, kiosks, persons }) };
  app.addHook('onRequest', async (request, reply) => {
    const { anyHost = false } = request.routeOptions.config;
    if (anyHost) request.isForOwnHost = hosts?.isOwn(request.raw) ?? true;
    else if (!nodes?.isPassedOn(request.raw)) hosts?.check(request.raw);
    refusePrefix(request);
    refuseZero(request);
    if (request.is404) throw notFound(request, reply, app.published);
    // The other node does all that follows.
    if (await nodes?.passOn(request, reply, 'head')) return reply;
    const { access: who, metered = false } = request.routeOptions.config;
    const list = accessListOf(who);
    if (!anyHost) await position?.catchUp();
    if (credentials && list) {
      const caller = await authenticate(credentials, request, list);
      request.caller = caller;
      if (sessions && caller.is === 'administrator') request.callerGoesOn = () => sessions.goesOn(caller);
      let readAt = performance.now();
      request.readCallerAgain = async (ago = late) => {
        if (performance.now() - readAt <= ago) return;
        await position?.catchUp();
        request.caller = await authenticate(credentials, request, list);
        readAt = performance.now();
      };
      const counted = countedCaller(request);
      if (admission && counted)
        request.admitted = await admission.admit(counted, {
          metered: metered && !metersLater(request),
          ...(caller.is === 'key' && caller.browser && { address: request.ip }),
        });
      reply.headers(rateLimitHeaders(request.admitted?.limits ?? []));
    }
    checkMediaType(request);
    const bytes = expectedBytes(request);
    // On the control socket every caller is an operator.
    if (bytes === 0 || !access) return undefined;
    const { caller, ip } = request;
    const body = bodyOf(request.raw);
    const source = sourceOf(ip);
    const release = caller
      ? keyed.take({ caller: meteredAs(caller), group: caller.organization }, bytes, body)
      : open.take({ caller: source, group: siteOf?.(ip) ?? source }, bytes, body);
    whenClosed(reply, release);
    return undefined;
  });
  // A form is read later, by its route, and before anything is waited for.
  app.addHook('preValidation', async (request) => {
    if (request.method !== 'GET' && !isForm(request)) await request.readCallerAgain?.();
  });
  if (nodes) {
    app.addHook('preHandler', async (request, reply) =>
      (await nodes.passOn(request, reply, 'body')) ? reply : undefined,
    );
    app.addHook('onSend', (request, reply, payload) => nodes.gather(request, reply, payload));
  }
}

const isForm = ({ headers }: FastifyRequest) => /^\s*multipart\//i.test(headers['content-type'] ?? '');

/** Under a prefix a page would ask for its scripts and styles at the root, and stay blank. */
function refusePrefix(request: FastifyRequest): void {
  const prefix = statedPrefix(request);
  if (prefix !== undefined && acceptsHtml(request)) throw prefixNotSupported(prefix);
}

/** PostgreSQL has no text with it, as bodies have none. */
function refuseZero({ url }: FastifyRequest): void {
  if (url.includes('%00'))
    throw new Problem('INVALID_REQUEST', 'The address of this request has the character U+0000.');
}

function bodyOf(message: IncomingMessage): IncomingBody {
  const { socket } = message;
  const before = socket.bytesRead;
  return {
    isWhole: () => message.complete,
    came: () => socket.bytesRead - before,
    close: () => void socket.destroy(),
  };
}

/**
 * Announced size of the body, or the maximum of the route; a larger body is refused later. Nothing with a GET, of which no body is kept, so
 * none with the handshake of a WebSocket either, whose connection stays.
 */
function expectedBytes({ method, headers, routeOptions }: FastifyRequest): number {
  if (method === 'GET' || method === 'HEAD') return 0;
  const most = routeOptions.bodyLimit ?? 0;
  if (headers['transfer-encoding'] !== undefined) return most;
  const announced = Number(headers['content-length'] ?? 0);
  return Number.isFinite(announced) ? Math.min(Math.max(0, announced), most) : most;
}

/**
 * Fastify validates a body by its media type's schema, and not at all when there is none for it:
 * a route with such schemas takes nothing else.
 */
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
