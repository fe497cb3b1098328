import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { callerOf } from '../../http/authentication.ts';
import { untilClosed } from '../../http/listening/listen-on-host.ts';
import { ownOrigin } from '../../http/listening/own-hosts.ts';
import { ordering, relyingParty, WorldQuery } from '../../http/sign-in/relying-party.ts';
import { Problem } from '../../lib/problem.ts';
import { toCaller } from '../presence/translate.ts';
import { createEventStreams } from './event-streams.ts';
import { createToolServer, protocol, type ToolDeps, type ToolSession } from './tools.ts';

export interface McpDoorDeps extends ToolDeps {
  random: (into: Uint8Array) => void;
  /** Of this node, where others share the record. */
  tag?: string | undefined;
}

const access = ordering('presence');
/** A refusal of the protocol itself, such as of an unknown version. */
const RpcError = z
  .looseObject({
    jsonrpc: z.literal('2.0').describe('Version of JSON-RPC'),
    id: z.union([z.string(), z.number(), z.null()]).optional().describe('Of the message'),
    error: z
      .looseObject({ code: z.int().describe('Code of JSON-RPC'), message: z.string().describe('Sentence') })
      .describe('What was wrong'),
  })
  .meta({ id: 'JsonRpcError', description: 'An error of JSON-RPC 2.0.' });

const tags = ['mcp'];
const EVENTS = 'text/event-stream';
/** Bytes of a message: a token, and what is expected of it. */
const bodyLimit = 64 * 1024;
/** A stream lasts as long as its client; milliseconds, the longest that a timer takes. */
const handlerTimeout = 2 ** 31 - 1;

/** Each message counts as one request of the key. */
const noBatch = {
  jsonrpc: '2.0',
  id: null,
  error: { code: -32_600, message: 'Invalid request: send one message at a time; batches are not taken.' },
};

const Message = z.unknown().meta({
  description: 'A JSON-RPC 2.0 message of the Model Context Protocol',
  examples: [{ jsonrpc: '2.0', id: 1, method: 'tools/list' }],
});
const StreamQuery = WorldQuery.extend({
  sessionId: z.string().min(1).max(64).describe('Of the address that the stream named'),
});

/** `/mcp`: presence as tools for agents, by the Model Context Protocol over HTTP. */
export function createMcpDoor(deps: McpDoorDeps): FastifyPluginAsync {
  const streams = createEventStreams(deps);

  return async (app) => {
    app.addHook('onRequest', async (request) => requireKnownOrigin(request));
    app.addHook('preClose', async () => streams.closeAll());
    mountStreamableHttp(app, deps);
    mountEventStreams(app, deps, streams);
  };
}

function mountStreamableHttp(app: FastifyInstance, deps: McpDoorDeps): void {
  app.post(
    '/mcp',
    {
      bodyLimit,
      config: { access },
      schema: {
        operationId: 'callMcp',
        summary: 'Model Context Protocol',
        description:
          'Streamable HTTP transport with the tools `request_human_presence`, `get_presence_token` and `verify_presence_token`. It keeps no session.',
        tags,
        querystring: WorldQuery,
        body: Message,
        otherErrors: { 400: RpcError, 406: RpcError },
        response: {
          200: {
            description: 'Answer of the protocol, JSON-RPC 2.0',
            content: { 'application/json': { schema: z.looseObject({}).describe('JSON-RPC 2.0') } },
          },
        },
      },
    },
    async (request, reply) => {
      if (Array.isArray(request.body)) return reply.code(400 as 200).send(noBatch);
      const { createMcpHandler } = await protocol();
      const server = () => createToolServer(deps, toolSessionOf(request, reply));
      const handler = createMcpHandler(server, { maxSubscriptions: 0 });
      const response = await handler.fetch(toWebRequest(request, untilClosed(reply)), {
        parsedBody: request.body,
      });
      return (
        reply
          // Refusals of the protocol have a status of their own.
          .code(response.status as 200)
          .headers(keptHeaders(response))
          .send(await response.text())
      );
    },
  );
}

/** The deprecated transport HTTP+SSE, for clients of before 2025-03-26. */
function mountEventStreams(
  app: FastifyInstance,
  deps: McpDoorDeps,
  streams: ReturnType<typeof createEventStreams>,
): void {
  /** The post that a call came with: its credential counts, since a stream outlives the one that it was opened with. */
  const posted = new AsyncLocalStorage<FastifyRequest>();
  app.get(
    '/mcp/sse',
    {
      handlerTimeout,
      exposeHeadRoute: false,
      config: { access, refuses: ['OVERLOADED'] },
      schema: {
        operationId: 'openMcpStream',
        summary: 'Event stream of old MCP clients',
        description:
          'The deprecated transport HTTP+SSE: its first event names the address to post messages to. New clients use `POST /mcp`.',
        tags,
        querystring: WorldQuery,
        response: {
          200: {
            description: 'Stream of events',
            content: { [EVENTS]: { schema: z.string().describe('Server-sent events') } },
          },
        },
      },
    },
    async (request, reply) => {
      if (!request.headers.accept?.includes(EVENTS))
        throw new Problem('INVALID_REQUEST', `Send the header Accept with ${EVENTS}, or use POST /mcp.`);
      const session = toolSessionOf(request, reply, () => posted.getStore() ?? request);
      const server = await createToolServer(deps, session);
      const stream = await streams.open(relyingParty(request), '/mcp/messages', server);
      return reply.type(EVENTS).header('x-accel-buffering', 'no').send(stream);
    },
  );
  app.post(
    '/mcp/messages',
    {
      bodyLimit,
      config: { access, refuses: ['NOT_FOUND'] },
      schema: {
        operationId: 'postMcpMessage',
        summary: 'Message to an event stream',
        description: 'The answer comes on the stream, which has to be of the same key.',
        tags,
        querystring: StreamQuery,
        body: Message,
        response: { 202: z.null().describe('Taken') },
      },
    },
    async (request, reply) => {
      const { sessionId } = request.query;
      await posted.run(request, () => streams.post(relyingParty(request), sessionId, request.body));
      return reply.code(202).send();
    },
  );
}

/** `calling`: the request that the caller of a tool is read of. */
const toolSessionOf = (
  request: FastifyRequest,
  reply: FastifyReply,
  calling = () => request,
): ToolSession => ({
  async caller() {
    const call = calling();
    await call.readCallerAgain?.(0);
    const party = relyingParty(call);
    return { caller: toCaller(party), actor: party.actor };
  },
  origin: ownOrigin(request),
  signal: untilClosed(reply),
});

/** Against pages that were rebound to this address: a page calls only from this origin, or one that the key is bound to. */
function requireKnownOrigin(request: FastifyRequest): void {
  const { origin } = request.headers;
  if (origin === undefined || request.routeOptions.config.preflight || origin === ownOrigin(request)) return;
  const caller = callerOf(request);
  if (caller.is === 'key' && caller.origins?.includes(origin)) return;
  throw new Problem(
    'ORIGIN_NOT_ALLOWED',
    'Agents call this address without a page: a request of this origin is refused.',
  );
}

/** The head alone; the body was read already. */
function toWebRequest(request: FastifyRequest, signal: AbortSignal): Request {
  const headers = new Headers({ accept: `application/json, ${EVENTS}` });
  for (const name of ['accept', 'content-type', 'last-event-id']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  for (const [name, value] of Object.entries(request.headers))
    if (name.startsWith('mcp-') && typeof value === 'string') headers.set(name, value);
  return new Request(`${ownOrigin(request)}/mcp`, {
    method: 'POST',
    headers,
    body: JSON.stringify(request.body),
    signal,
  });
}

/** Of the answer, those that the transport speaks by; ours stay. */
const keptHeaders = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name === 'content-type' || name.startsWith('mcp-')));
