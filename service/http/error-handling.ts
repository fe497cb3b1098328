import type { IncomingMessage } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ids } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import { toDependencyProblem } from '../lib/machine/dependency-problem.ts';
import { Problem, type ProblemCode } from '../lib/problem.ts';
import { renderProblem, type WireErrors } from './default-errors.ts';
import type { SlicedResponse } from './leaving/unsent-bytes.ts';
import { type BeginTlsDeps, beginTls } from './listening/begin-tls.ts';
import { whenClosed } from './listening/listen-on-host.ts';
import { acceptsHtml, prefixNotSupported, prefixOf } from './proxies/forwarded.ts';
import type { PublishedRoute } from './published-route.ts';
import { describeError } from './structured-log.ts';

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
  const { status, headers, body } = renderProblem(
    problem,
    request.id,
    errors,
    errorPagesOf(request, problem.code),
  );
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

/** Where the pages of error codes are, on a server that serves them; undefined for a request without a host to name. */
function errorPagesOf({ server, headers, protocol }: FastifyRequest, code: ProblemCode): string | undefined {
  if (!server.published.some(({ url }) => url === '/docs/errors/:code')) return undefined;
  // A host that is none of this appliance's is named in no link.
  const host = code === 'HOST_NOT_ALLOWED' ? '' : (headers.host ?? '');
  const origin = URL.parse(`${protocol}://${host}`)?.origin;
  return `${origin === undefined || origin === 'null' ? '' : origin}/docs/errors/`;
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
  // Once for all routes: 15 kB have 7,500 of them.
  const segments = segmentsOf(path);
  const known = published.filter(({ url }) => isMatch(url, segments));
  const methods = methodsOf(known);
  if (methods.length === 0) {
    const prefix = prefixOf(
      segments,
      (rest) =>
        isServed(rest, published) || (rest.length === 0 && path.endsWith('/') && acceptsHtml(request)),
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

/** Whether a path belongs to a route that begins with a name. */
const isServed = (segments: readonly string[], published: PublishedRoute[]): boolean =>
  segments.length > 0 && published.some(({ url }) => /^\/\w/.test(url) && isMatch(url, segments));

/** Whether a request for a path reaches the pattern `url` (`/hosted/v/:token`, `/jobs/*`) with some method. */
function isMatch(url: string, segments: readonly string[]): boolean {
  const pattern = segmentsOf(url);
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
export function answerBrokenRequests(
  app: FastifyInstance,
  { ids, ...tls }: { ids: Ids } & Pick<BeginTlsDeps, 'patience' | 'inTurn' | 'charge'>,
): void {
  const shaken = new WeakSet<Socket>();
  app.server.on('secureConnection', (socket: Socket) => shaken.add(socket));
  // Node gives some sockets away without a listener of its own, and an error that nothing listens for ends the process.
  for (const event of ['connection', 'secureConnection'])
    app.server.on(event, (socket: Socket) => socket.on('error', () => {}));
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
  if (app.server instanceof HttpsServer)
    beginTls(app.server, {
      ...tls,
      note: (socket) => void note(plainHttp, socket),
      refuse: (socket) =>
        refuse(socket, '400 Bad Request', 'INVALID_REQUEST', explainBrokenRequest(plainHttp).says),
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

/**
 * As Fastify's `handlerTimeout`, which makes and aborts an AbortController for each request: a twentieth of what a small one costs. A route
 * with a `handlerTimeout` of its own keeps that. A request that is not answered by then is answered TIMEOUT.
 */
export function limitHandlers(app: FastifyInstance, milliseconds: number): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.handlerTimeout) return done();
    const deadline = setTimeout(() => {
      if (reply.sent || (reply.raw as Partial<SlicedResponse>).isEnding) return;
      const problem = tookTooLong();
      // An answer that has begun cannot become a refusal any more.
      if (reply.raw.headersSent) reply.raw.destroy(problem);
      else void reply.send(problem);
    }, milliseconds);
    // Of a caller that left, no hook of Fastify runs where its request had come whole: a timer would hold up a process that stops.
    whenClosed(reply, () => clearTimeout(deadline));
    done();
  });
}

const tookTooLong = () =>
  new Problem('TIMEOUT', 'This took longer than the box allows; try again.', { retryAfterSeconds: 2 });

type Refusal = () => Problem;

const tooLarge: Refusal = () =>
  new Problem('PAYLOAD_TOO_LARGE', 'The request is larger than this call takes.');
const tooManyParts: Refusal = () =>
  new Problem('PAYLOAD_TOO_LARGE', 'The form has more fields or files than this call takes.');
const badForm: Refusal = () =>
  new Problem('INVALID_REQUEST', 'The multipart form is broken or was cut off; send it again.');
const wrongMediaType: Refusal = () =>
  new Problem(
    'UNSUPPORTED_MEDIA_TYPE',
    'Send application/json, or multipart/form-data where the call takes files.',
  );
const brokenBody: Refusal = () =>
  new Problem('INVALID_REQUEST', 'The body is shorter or longer than its Content-Length says.');
const badUrl: Refusal = () => new Problem('INVALID_REQUEST', 'The path of this request cannot be decoded.');

/** Refusals of Fastify and its multipart plugin, by their codes. */
const refusals: Record<string, Refusal> = {
  FST_ERR_CTP_BODY_TOO_LARGE: tooLarge,
  FST_REQ_FILE_TOO_LARGE: tooLarge,
  FST_PARTS_LIMIT: tooManyParts,
  FST_FILES_LIMIT: tooManyParts,
  FST_FIELDS_LIMIT: tooManyParts,
  FST_PROTO_VIOLATION: () =>
    new Problem('INVALID_REQUEST', 'The form has a field whose name is not allowed.'),
  FST_INVALID_JSON_FIELD_ERROR: () =>
    new Problem('INVALID_REQUEST', 'The form has a field with the type JSON that is not JSON.'),
  FST_MP_PREMATURE_CLOSE: badForm,
  FST_INVALID_MULTIPART_CONTENT_TYPE: wrongMediaType,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: wrongMediaType,
  FST_ERR_CTP_INVALID_TYPE: wrongMediaType,
  FST_ERR_CTP_EMPTY_TYPE: wrongMediaType,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: brokenBody,
  FST_ERR_BAD_URL: badUrl,
  FST_ERR_MAX_PARAM_LENGTH: () => new Problem('INVALID_REQUEST', 'A part of the path is longer than any id.'),
  // A path that leads out of the folder of the files.
  FST_STATIC_FORBIDDEN_PATH: () => new Problem('NOT_FOUND', 'There is nothing at this address.'),
  FST_ERR_HANDLER_TIMEOUT: tookTooLong,
};

/** busboy's errors for a broken form have no code; these are its messages. */
const formErrors = [
  /^Multipart: Boundary not found$/,
  /^Unexpected end of (multipart data|form)$/,
  /^Part terminated early due to unexpected end of multipart data$/,
  /^Malformed (part header|content type)/,
  /^Missing Content-Type/,
  /^Unsupported content type/,
];

/**
 * Converts any thrown value to a Problem. Fastify's own refusals (JSON, size, media type, form) keep their meaning; a fault of
 * PostgreSQL, a disk, the network or the machine is named as that; anything
 * unknown is a bug: INTERNAL with the original as `cause`, and a sentence that shows nothing of it.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const refusal = typeof code === 'string' && Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (refusal) return refusal();
  if (typeof message === 'string' && formErrors.some((pattern) => pattern.test(message))) {
    return badForm();
  }
  const ofDependency = toDependencyProblem(error);
  if (ofDependency) return ofDependency;
  return new Problem(
    'INTERNAL',
    'Something went wrong inside Gatehouse, not with your request. The log has the details under this requestId.',
    { cause: error },
  );
}

/** Why something that came to the port is no HTTP request, as a sentence with what to do. */
interface Cause {
  is(bytes: string, code: string | undefined): boolean;
  says: string;
}

const causes: readonly Cause[] = [
  {
    is: (bytes) => bytes.startsWith('PROXY ') || bytes.startsWith('\r\n\r\n\0\r\nQUIT\n'),
    says: 'A proxy sends the PROXY protocol, which is not read here. Turn it off there (HAProxy: without send-proxy; nginx: proxy_protocol off; AWS: target group attribute), and let the proxy send X-Forwarded-For.',
  },
  {
    is: (bytes) => bytes.startsWith('\x16\x03'),
    says: 'TLS was sent to a port of plain HTTP. Begin the address with http://, let the proxy connect without TLS, or give the service a certificate.',
  },
  {
    is: (bytes) => bytes.startsWith('PRI * HTTP/2.0'),
    says: 'HTTP/2 is not spoken here. Let the proxy or client speak HTTP/1.1.',
  },
  {
    is: (_, code) => code === 'ERR_SSL_HTTP_REQUEST',
    says: 'Plain HTTP was sent to a port of HTTPS. Begin the address with https://, or let the proxy connect with TLS.',
  },
  {
    is: (_, code) => code === 'HPE_UNEXPECTED_CONTENT_LENGTH' || code === 'HPE_INVALID_CONTENT_LENGTH',
    says: 'The header Content-Length is there twice, beside Transfer-Encoding, or no number. Let one program alone write it.',
  },
  {
    is: (_, code) => code === 'HPE_INVALID_TRANSFER_ENCODING' || code === 'HPE_INVALID_CHUNK_SIZE',
    says: 'The body is not in the chunks that Transfer-Encoding announces. Send it with Content-Length.',
  },
];

/** As TLS names it. */
const plainHttp = Object.assign(new Error('http request'), { code: 'ERR_SSL_HTTP_REQUEST' });

const UNKNOWN = 'This is not a valid HTTP request.';

/** `error` of `clientError` or `tlsClientError`. `known`: the cause is one of the settings of a proxy or client. */
function explainBrokenRequest(error: Error & { code?: string; rawPacket?: Buffer }): {
  says: string;
  known: boolean;
} {
  const bytes = error.rawPacket?.subarray(0, 16).toString('latin1') ?? '';
  const says = causes.find((cause) => cause.is(bytes, error.code))?.says;
  return { says: says ?? UNKNOWN, known: says !== undefined };
}
