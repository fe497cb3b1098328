import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { LinkKind, LinkResolver, Sessions } from '../../engine/live/index.ts';
import { isCapability } from '../../http/sign-in/person-sessions.ts';
import { requireOwnOrigin } from '../../http/web-sockets.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { answerFrame, type FramesDeps, serveFrames } from './frames.ts';
import { deviceOf, fromBegun, fromDescription, toImage } from './translate.ts';
import {
  BeginRequest,
  Begun,
  BehaviorRequest,
  Denied,
  DenyRequest,
  DescribeRequest,
  Description,
  FramesRequest,
  Handover,
  HandoverAcceptRequest,
  HandoverDescribeRequest,
  HandoverRequest,
  type Link,
  Result,
  State,
} from './wire.ts';

export interface LiveDoorDeps extends FramesDeps {
  liveSessions: Sessions;
  /** Links of flows; a kind without one is refused. */
  resolvers: Partial<Record<LinkKind, LinkResolver>>;
}

/** Every capability is in the body, the first message, or a header: never in an address. */
const open = { access: 'public', quiet: true } as const;
const hide = true;
/** Bytes of five frames in base64. */
const FRAMES_LIMIT = 2 * 1024 * 1024;
/** The longest that a timer can wait, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/** `/api/live`: what the capture page does. Nothing else uses it; it is not part of the OpenAPI document. */
export const createLiveDoor =
  (deps: LiveDoorDeps): FastifyPluginAsync =>
  async (app) => {
    // A page of another origin reads no answer; it also may not act.
    app.addHook('onRequest', async (request) => {
      if (request.headers.origin !== undefined || request.ws) requireOwnOrigin(request);
    });
    linkRoutes(app, deps);
    handoverRoutes(app, deps);
    sessionRoutes(app, deps);
  };

/** Before a browser has a session. */
function linkRoutes(app: FastifyInstance, deps: LiveDoorDeps): void {
  const { liveSessions } = deps;

  app.post(
    '/api/live/describe',
    {
      config: open,
      schema: { hide, operationId: 'liveDescribe', body: DescribeRequest, response: { 200: Description } },
    },
    async ({ ip, body: { link } }) => {
      if (link.kind === 'session')
        return fromDescription(await liveSessions.describe(await sessionOf(deps, link)));
      if (link.kind === 'handover') return fromDescription(await liveSessions.describeHandover(link.token));
      const description = await resolverOf(deps, link).describe(link.token, {
        ...testOf(link),
        address: ip,
      });
      const { realm, steps, withoutMotion } = description;
      return fromDescription({
        ...description,
        // Of a link that is used up the text was agreed to.
        page:
          description.state === 'ready' ? await liveSessions.pageOf(realm, description) : description.page,
        steps: steps ?? (await liveSessions.stepsOf(realm, description)),
        withoutMotion: withoutMotion ?? (await liveSessions.withoutMotionOf(realm, description)),
      });
    },
  );

  app.post(
    '/api/live/begin',
    {
      config: open,
      schema: { hide, operationId: 'liveBegin', body: BeginRequest, response: { 200: Begun } },
    },
    async (request) => {
      const { link, textVersion, purposes, path, secret, device, proof } = request.body;
      const order = {
        consent: { version: textVersion, ...defined({ purposes }) },
        path,
        device: deviceOf(device, request.ip, request.headers['user-agent']),
        request: request.id,
        link: link.token,
        ...defined({ secret }),
      };
      if (link.kind === 'session')
        return fromBegun(await liveSessions.open(await sessionOf(deps, link), order));
      // The answer to the first time was lost.
      if (secret !== undefined && (await liveSessions.holder(secret))?.agreed)
        return fromBegun(await liveSessions.open(secret, order));
      const resolver = resolverOf(deps, link);
      return fromBegun(
        await resolver.begin(link.token, { ...order, ...testOf(link), ...defined({ proof }) }),
      );
    },
  );

  app.post(
    '/api/live/deny',
    { config: open, schema: { hide, operationId: 'liveDeny', body: DenyRequest, response: { 200: Denied } } },
    async (request) => {
      const { link } = request.body;
      const token = bearerOf(request) ?? (link.kind === 'session' ? await sessionOf(deps, link) : undefined);
      if (token !== undefined) return liveSessions.deny(token, request.id);
      return resolverOf(deps, link).deny(link.token, { ...testOf(link), request: request.id });
    },
  );
}

/** From a desk to a phone. */
function handoverRoutes(app: FastifyInstance, { liveSessions }: LiveDoorDeps): void {
  app.post(
    '/api/live/handover',
    {
      config: open,
      schema: { hide, operationId: 'liveHandover', body: HandoverRequest, response: { 200: Handover } },
    },
    async ({ body: { token } }) => {
      const handover = await liveSessions.handOver(token);
      return {
        url: `/verify/h/${handover.token}`,
        number: handover.number,
        expiresAt: new Date(handover.expiresAt).toISOString(),
      };
    },
  );
  app.post(
    '/api/live/handover/describe',
    {
      config: open,
      schema: {
        hide,
        operationId: 'liveHandoverDescribe',
        body: HandoverDescribeRequest,
        response: { 200: Description },
      },
    },
    async ({ body: { link } }) => fromDescription(await liveSessions.describeHandover(link)),
  );
  app.post(
    '/api/live/handover/accept',
    {
      config: open,
      schema: {
        hide,
        operationId: 'liveHandoverAccept',
        body: HandoverAcceptRequest,
        response: { 200: Begun },
      },
    },
    async (request) => {
      const { link, number } = request.body;
      return fromBegun(await liveSessions.acceptHandover(link, { number, request: request.id }));
    },
  );
}

/** With the capability of a session. */
function sessionRoutes(app: FastifyInstance, deps: LiveDoorDeps): void {
  const { liveSessions } = deps;

  app.get(
    '/api/live/state',
    { config: open, schema: { hide, operationId: 'liveState', response: { 200: State } } },
    async (request): Promise<z.output<typeof State>> => liveSessions.state(capabilityOf(request)),
  );
  app.post(
    '/api/live/finalize',
    { config: open, schema: { hide, operationId: 'liveFinalize', response: { 200: Result } } },
    async (request): Promise<z.output<typeof Result>> => liveSessions.finalizeByToken(capabilityOf(request)),
  );
  app.post(
    '/api/live/behavior',
    { config: open, schema: { hide, operationId: 'liveBehavior', body: BehaviorRequest } },
    async (request, reply) => {
      const holder = await liveSessions.holder(capabilityOf(request));
      if (!holder) throw new Problem('MISSING_AUTH', 'The token of the session is unknown.');
      if (!holder.collects || !holder.agreed)
        throw new Problem(
          'CONFLICT',
          'The page of this session collects no behavior: its profile does not say so, or the person has not agreed yet.',
        );
      liveSessions.noteBehavior(holder.id, request.body);
      return reply.code(204).send();
    },
  );
  app.route({
    method: 'GET',
    url: '/api/live/frames',
    config: open,
    schema: { hide },
    exposeHeadRoute: false,
    handlerTimeout: FOREVER,
    handler: async () => {
      throw new Problem('INVALID_REQUEST', 'This is a WebSocket: connect with ws:// or wss://.');
    },
    wsHandler: (socket, request) => serveFrames(socket, deps, request.ip),
  });
  app.post(
    '/api/live/frames',
    {
      config: { ...open, longTexts: false },
      bodyLimit: FRAMES_LIMIT,
      // Before the body is read: it is large.
      onRequest: async (request) => void capabilityOf(request),
      schema: { hide, operationId: 'liveFrames', body: FramesRequest, response: { 200: State } },
    },
    async (request) => {
      const { is, device, frames } = request.body;
      const link = await liveSessions.connect(capabilityOf(request), { posts: true, address: request.ip });
      try {
        let answer: object =
          is === undefined
            ? await link.state()
            : await (is === 'start' ? link.start(device && defined(device)) : link.stop());
        for (const { image, time } of frames) answer = await answerFrame(link, toImage(image), time);
        return answer;
      } finally {
        link.close();
      }
    },
  );
}

function resolverOf({ resolvers }: LiveDoorDeps, { kind }: Link): LinkResolver {
  const resolver = resolvers[kind];
  if (resolver) return resolver;
  throw new Problem('NOT_FOUND', 'This link is unknown: open the link that you were given again.');
}

/** The capability of a session's link. A page under the address of another session may be in a frame of that one's origins: it gets none. */
async function sessionOf({ liveSessions }: LiveDoorDeps, { token, client }: Link): Promise<string> {
  if (client === undefined || client === (await liveSessions.idOf(token))) return token;
  throw new Problem('NOT_FOUND', 'This link is of another session: open the link that you were given again.');
}

const testOf = ({ test = false }: Link) => ({ test });

function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^Bearer\s+(\S{1,200})$/i.exec(headers.authorization ?? '')?.[1];
}

function capabilityOf(request: FastifyRequest): string {
  const token = bearerOf(request);
  if (token !== undefined && isCapability(token)) return token;
  throw new Problem('MISSING_AUTH', 'Send the token of the session as "Authorization: Bearer …".');
}
