import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { Problem, type ProblemCode } from '../lib/problem.ts';
import { defaultErrors } from './default-errors.ts';
import type { PublishedRoute } from './published-route.ts';
import { describeError } from './structured-log.ts';
import { toProblem } from './to-problem.ts';
import { renderProblem, type WireErrors } from './wire-error.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What was answered, for the log; null when the request went well. */
    problem: ProblemCode | null;
  }
}

/** Answers with the family's spelling of whatever was thrown. A bug is logged whole and shown not at all. */
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

/** An unknown path is answered in the words of the family it comes nearest to. */
function familyOf(request: FastifyRequest): WireErrors {
  const parts = pathOf(request).split('/');
  let nearest: { shared: number; errors: WireErrors } = { shared: 1, errors: defaultErrors };
  for (const { url, errors } of request.server.published) {
    const pattern = url.split('/');
    let shared = 0;
    while (shared < pattern.length && pattern[shared] === parts[shared]) shared++;
    if (shared > nearest.shared) nearest = { shared, errors };
  }
  return nearest.errors;
}

const pathOf = (request: FastifyRequest) => request.url.split('?', 1)[0] ?? '';

/** NOT_FOUND, with the methods a known path does take. */
export function notFound(request: FastifyRequest, reply: FastifyReply, published: PublishedRoute[]): Problem {
  const path = pathOf(request);
  const methods = methodsOf(published, path);
  if (methods.length === 0) return new Problem('NOT_FOUND', 'There is nothing at this address.');
  reply.header('allow', methods.join(', '));
  return new Problem(
    'NOT_FOUND',
    `${path} does not take ${request.method}; it takes ${methods.join(' or ')}.`,
  );
}

export function methodsOf(published: PublishedRoute[], url: string): string[] {
  const methods = published.filter((route) => route.url === url).flatMap((route) => route.methods);
  return [...new Set(methods)].filter((method) => method !== 'HEAD' && method !== 'OPTIONS');
}

/** What never became a request (broken HTTP, a head too long, a sender too slow, a tunnel), in the same shape. */
export function answerBrokenRequests(app: FastifyInstance, ids: Ids): void {
  app.server.removeAllListeners('clientError');
  app.server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || hasAnswered(socket)) {
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
          : ['400 Bad Request', 'INVALID_REQUEST', 'This is not HTTP as the box understands it.'];
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
      'Of the header Expect only 100-continue is known.',
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
