import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { Problem, type ProblemCode } from '../lib/problem.ts';
import type { WireErrors } from './default-errors.ts';
import { explainBrokenRequest } from './proxies/broken-request.ts';
import { acceptsHtml, prefixNotSupported, prefixOf } from './proxies/path-prefix.ts';
import type { PublishedRoute } from './published-route.ts';
import { describeError } from './structured-log.ts';
import { toProblem } from './to-problem.ts';
import { renderProblem } from './wire-error.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The answered problem, for the log; null on success. */
    problem: ProblemCode | null;
  }
}

/** Answers a thrown error in the family's format. A bug is logged in full, and the answer shows nothing of it. */
export function sendProblem(
  log: Log,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = toProblem(error);
  const errors = request.is404 ? familyOf(request) : request.server.wireErrors;
  const { status, headers, body } = renderProblem(problem, request.id, errors);
  request.problem = problem.code;
  if (problem.code === 'INTERNAL') {
    log.error(
      { requestId: request.id, route: routeOf(request), err: describeError(problem.extra.cause ?? problem) },
      'a bug, or a part of the box that broke',
    );
  } else if (status >= 500) {
    log.warn(
      { requestId: request.id, code: problem.code, err: describeError(problem.extra.cause) },
      problem.message,
    );
  }
  // Fastify closes the connection when a body is refused; a client still sending would then never read why.
  reply.removeHeader('connection');
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body);
}

/** The pattern that matched; never the address, which may hold a token. */
export const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unmatched';

/** An unknown path is answered in the format of the family with the nearest path. */
function familyOf(request: FastifyRequest): WireErrors {
  const parts = segmentsOf(pathOf(request));
  let nearest: { shared: number; errors: WireErrors } = { shared: 0, errors: {} };
  for (const { url, errors } of request.server.published) {
    const pattern = segmentsOf(url);
    let shared = 0;
    while (shared < pattern.length && pattern[shared] === parts[shared]) shared++;
    if (shared > nearest.shared) nearest = { shared, errors };
  }
  return nearest.errors;
}

const pathOf = (request: FastifyRequest) => request.url.split('?', 1)[0] ?? '';

/** NOT_FOUND, or METHOD_NOT_ALLOWED with the header Allow where the path takes other methods. */
export function notFound(request: FastifyRequest, reply: FastifyReply, published: PublishedRoute[]): Problem {
  const path = pathOf(request);
  const known = published.filter(({ url }) => matchesPath(url, path));
  const methods = methodsOf(known);
  if (methods.length === 0) {
    const prefix = prefixOf(
      path,
      (rest) => isServed(rest, published) || (rest === '/' && path.endsWith('/') && acceptsHtml(request)),
    );
    return prefix === undefined
      ? new Problem('NOT_FOUND', 'There is nothing at this address.')
      : prefixNotSupported(prefix);
  }
  reply.header('allow', methods.join(', '));
  return new Problem(
    'METHOD_NOT_ALLOWED',
    `${path} does not take ${request.method}; it takes ${methods.join(' or ')}.`,
  );
}

/** Whether `path` belongs to a route that begins with a name. */
const isServed = (path: string, published: PublishedRoute[]): boolean =>
  path !== '/' && published.some(({ url }) => /^\/\w/.test(url) && matchesPath(url, path));

/** Whether a request for `path` reaches the pattern `url` (`/hosted/v/:token`, `/jobs/*`) with some method. */
function matchesPath(url: string, path: string): boolean {
  const pattern = segmentsOf(url);
  const segments = segmentsOf(path);
  const rest = pattern.at(-1) === '*';
  if (rest ? segments.length < pattern.length - 1 : segments.length !== pattern.length) return false;
  return pattern.every(
    (part, i) => (rest && i === pattern.length - 1) || part.startsWith(':') || part === segments[i],
  );
}

/** Without empty segments: doubled and trailing slashes reach the same route. */
const segmentsOf = (path: string) => path.split('/').filter((part) => part !== '');

/** Methods of these routes, without HEAD and OPTIONS. */
export function methodsOf(routes: PublishedRoute[]): string[] {
  const methods = routes.flatMap((route) => route.methods);
  return [...new Set(methods)].filter((method) => method !== 'HEAD' && method !== 'OPTIONS');
}

/** What never became a request (broken HTTP, a head too long, a sender too slow, a tunnel), in the same shape. */
export function answerBrokenRequests(app: FastifyInstance, ids: Ids): void {
  const shaken = new WeakSet<Socket>();
  app.server.on('secureConnection', (socket: Socket) => shaken.add(socket));
  app.server.removeAllListeners('clientError');
  const noted = new Set<string>();
  /** Once a run, of whichever caller: a proxy that is set up wrongly sends nothing else. */
  function note(error: Error, socket: Socket): string {
    const { says, known } = explainBrokenRequest(error);
    if (known && !noted.has(says)) {
      noted.add(says);
      app.log.warn({ address: socket.remoteAddress }, says);
    }
    return says;
  }
  app.server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    const says = note(error, socket);
    // No answer is possible before the TLS handshake is done.
    const mute = socket instanceof TLSSocket && !shaken.has(socket);
    if (error.code === 'ECONNRESET' || mute || !socket.writable || hasAnswered(socket)) {
      socket.destroy();
      return;
    }
    const [line, code, sentence]: [string, ProblemCode, string] =
      error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'TIMEOUT', 'The request did not arrive in time.']
        : error.code === 'HPE_HEADER_OVERFLOW'
          ? [
              '431 Request Header Fields Too Large',
              'PAYLOAD_TOO_LARGE',
              'The head of the request is too long.',
            ]
          : ['400 Bad Request', 'INVALID_REQUEST', says];
    refuse(socket, line, code, sentence);
  });
  app.server.on('connect', (_: IncomingMessage, socket: Duplex) =>
    refuse(socket, '405 Method Not Allowed', 'INVALID_REQUEST', 'This is no proxy.'),
  );
  app.server.on('checkExpectation', ({ socket }: IncomingMessage) =>
    refuse(
      socket,
      '417 Expectation Failed',
      'INVALID_REQUEST',
      'The header Expect supports only 100-continue.',
    ),
  );

  function refuse(socket: Duplex, line: string, code: ProblemCode, sentence: string): void {
    const requestId = ids.next('request');
    const body = JSON.stringify({ error: sentence, code, requestId });
    socket.end(
      `HTTP/1.1 ${line}\r\nContent-Type: application/json; charset=utf-8\r\nX-Request-Id: ${requestId}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
}

/** A second answer on a connection in the middle of one would be read as part of it. */
function hasAnswered(socket: Socket): boolean {
  const { _httpMessage: answer } = socket as Socket & {
    _httpMessage?: { headersSent: boolean; req: IncomingMessage };
  };
  return answer?.headersSent === true;
}
