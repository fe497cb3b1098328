import type { IncomingMessage } from 'node:http';
import { Agent, request as send } from 'node:https';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Hop, headersOfHop } from './hop.ts';
import type { NodeCredentials } from './node-credentials.ts';

/** Milliseconds until a connection to another node is there. */
const CONNECTING = 3_000;
/** Milliseconds for which an idle connection is kept; the other end keeps it longer. */
const IDLE = 30_000;

export interface NodeClient {
  /** Resolves with the head of the answer. `body`: in place of what the caller still sends. */
  pass(
    address: string,
    request: FastifyRequest,
    reply: FastifyReply,
    order: { hop: Hop; body?: Buffer },
  ): Promise<IncomingMessage>;
  close(): void;
}

export function createNodeClient({ client: credentials, shown }: NodeCredentials): NodeClient {
  const newAgent = () => new Agent({ ...credentials, keepAlive: true, timeout: IDLE });
  /** By what its connections have shown. What was shown before is at requests that go on, or idle until the other end or `IDLE` ends it. */
  const agents = new Map<string, Agent>();
  function agentNow(): Agent {
    const now = shown();
    const agent = agents.get(now) ?? newAgent();
    agents.set(now, agent);
    return agent;
  }
  return {
    pass(address, request, reply, { hop, body }) {
      const { hostname, port } = new URL(address);
      const { method, url: path } = request.raw;
      return new Promise((resolve, reject) => {
        const headers = headersOfHop(request, hop, body);
        const order = send({ host: hostname, port, method, path, headers, agent: agentNow() }, resolve);
        const late = setTimeout(() => order.destroy(new Error('no connection')), CONNECTING);
        const connected = () => clearTimeout(late);
        order.once('socket', (socket) => {
          if (socket.connecting) socket.once('secureConnect', connected);
          else connected();
        });
        order.once('close', () => {
          connected();
          // Of an answer that came before the end of the body: the caller's connection goes on with its next request.
          request.raw.unpipe(order);
          request.raw.resume();
        });
        order.once('error', reject);
        reply.raw.once('close', () => order.destroy());
        if (body) order.end(body);
        else request.raw.pipe(order);
      });
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}
