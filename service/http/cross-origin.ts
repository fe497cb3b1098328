import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A preflight that is answered alike for every origin. */
    preflight?: boolean;
  }
}

export interface CrossOriginDeps {
  /** Whether some key of the appliance is bound to this origin. */
  knowsOrigin(origin: string): Promise<boolean>;
  /** Methods of the routes with this pattern. */
  methodsOf(url: string): string[];
}

interface PageReading {
  /** For answers outside the hooks. Sets the headers by the status set so far. */
  markReadable(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

const REQUEST_HEADERS = ['authorization', 'content-type', 'idempotency-key', 'x-api-key', 'x-request-id'];
/** Further headers that a preflight may ask for. */
const REQUEST_HEADERS_MOST = 40;
const RESPONSE_HEADERS =
  'allow, deprecation, idempotent-replayed, link, ratelimit, ratelimit-policy, retry-after, sunset, x-request-id';
const PREFLIGHT_SECONDS = '600';

/**
 * Lets pages of other origins call the routes that take keys. A script may read an answer only when the key it sent, or the
 * session of a person that such a key made, is bound to the page's origin; an error, and a public route of the OpenAPI document, when any key of the appliance is: a
 * page must be able to read why its key was refused. ORIGIN_NOT_ALLOWED can be read by every page: only the holder of a valid credential gets it,
 * and a page that could not read it would take it for an outage. A preflight carries no key, so that of a route that takes keys is
 * answered alike for every origin: it grants nothing but the sending of a request which then needs the key. Cookies are
 * never allowed.
 */
export function allowPages(app: FastifyInstance, { knowsOrigin, methodsOf }: CrossOriginDeps): PageReading {
  const isKnown = (origin: string) => knowsOrigin(origin).catch(() => false);

  app.addHook('onRoute', function (route) {
    const { url, config } = route;
    if (config?.access === undefined || config.access === 'public') return;
    if (this.hasRoute({ method: 'OPTIONS', url: url })) return;
    this.route({
      method: 'OPTIONS',
      url: route.routePath,
      config: { access: 'public', quiet: true, preflight: true },
      schema: { hide: true },
      handler: async (request, reply) => {
        const methods = methodsOf(url).join(', ');
        reply.header('allow', methods);
        return sendPreflight(request, reply, methods);
      },
    });
  });

  // Of any path and method, before anything is refused: a known page reads the refusal of the request itself.
  app.addHook('onRequest', (request, reply, done) => {
    const method = methodAskedFor(request);
    const { origin } = request.headers;
    if (method === undefined || origin === undefined) return done();
    isKnown(origin).then((known) => {
      if (!known) return done();
      const { config, url = '' } = request.routeOptions;
      const methods = config?.preflight ? methodsOf(url) : [];
      sendPreflight(request, reply, methods.includes(method) ? methods.join(', ') : method);
    }, done);
  });

  /** A promise where the database is asked. */
  function mark(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    const { caller, routeOptions } = request;
    const { origin } = request.headers;
    const takesKey = (routeOptions.config?.access ?? 'public') !== 'public';
    const isPublished = !takesKey && routeOptions.schema?.operationId !== undefined;
    if (!reply.hasHeader('vary') && (origin !== undefined || takesKey || isPublished)) {
      reply.header('vary', 'Origin');
    }
    if (origin === undefined || reply.hasHeader('access-control-allow-origin')) return undefined;
    const isOpen = reply.statusCode >= 400 || isPublished;
    const bound = caller?.is === 'key' || caller?.is === 'session' ? caller.origins : undefined;
    const isOwn = bound?.includes(origin) === true;
    const isOfOtherOrigin = takesKey && request.problem === 'ORIGIN_NOT_ALLOWED';
    const allow = () =>
      void reply.headers({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': RESPONSE_HEADERS,
      });
    const isReadable = isOwn || isOfOtherOrigin;
    if (isReadable) allow();
    return !isReadable && isOpen ? isKnown(origin).then((known) => (known ? allow() : undefined)) : undefined;
  }
  app.addHook('onSend', (request, reply, _, done) => {
    const marked = mark(request, reply);
    if (marked) marked.then(() => done(), done);
    else done();
  });
  return { markReadable: async (request, reply) => mark(request, reply) };
}

/** The method of a preflight; undefined for other requests. */
function methodAskedFor({ method, headers }: FastifyRequest): string | undefined {
  const asked = headers['access-control-request-method'];
  return method === 'OPTIONS' && asked !== undefined && isToken(asked) ? asked : undefined;
}

function sendPreflight(request: FastifyRequest, reply: FastifyReply, methods: string): FastifyReply {
  const { origin } = request.headers;
  reply.code(204);
  if (origin === undefined || request.headers['access-control-request-method'] === undefined)
    return reply.send();
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methods,
    'access-control-allow-headers': headersFor(request).join(', '),
    'access-control-max-age': PREFLIGHT_SECONDS,
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  });
  return reply.send();
}

/** Our headers, and those that clients add: `x-…`, tracing. The latter are ignored. */
function headersFor({ headers }: FastifyRequest): string[] {
  const asked = (headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  const further = asked.filter((name) => isToken(name)).slice(0, REQUEST_HEADERS_MOST);
  return [...new Set([...REQUEST_HEADERS, ...further])];
}

const isToken = (text: string) => /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/i.test(text);
