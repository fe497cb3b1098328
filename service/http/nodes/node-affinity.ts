import type { WebSocket } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';

/** As `server/node-affinity.ts` reads it. */
export type RoutedRequest = FastifyRequest;
type Find = (request: RoutedRequest) => string | undefined | Promise<string | undefined>;

/** How the node is found that has the work of a route in memory: the token of its run, or the tag of it; undefined for any node. */
export interface RouteAffinity {
  /** Before anything of the request is judged: it is passed on as it came. */
  head?: Find;
  /** Once the body is read. */
  body?: Find;
  /** Where nothing of the request names the node: whether the work is here. Where it is not, the others are asked in turn. */
  isHere?(request: FastifyRequest): boolean;
  /** A list of what each node has in memory: with the items of the others. */
  gathers?: true;
  /** Of a WebSocket, by the token in its first message. */
  socket?(token: string): string | undefined | Promise<string | undefined>;
}

export interface NodeAffinity {
  /** Of every route. */
  always: Find;
  /** By the pattern of the route. */
  routes: Readonly<Record<string, RouteAffinity>>;
}

/** The nodes that share the record, as requests need them. */
export interface NodePeers {
  /** Whether it is this run, by its token or its tag. */
  isSelf(run: string): boolean;
  /** Undefined for a node that is gone. */
  addressOf(run: string): Promise<string | undefined>;
  /** Addresses of the others. */
  others(): Promise<string[]>;
}

/** The first message of a client, as it came, and the token in it. */
export interface FirstMessage {
  token: string;
  text: string;
}

/** Whether another node serves the socket from here on. */
export type SocketRelay = (
  socket: WebSocket,
  request: FastifyRequest,
  first: FirstMessage,
) => Promise<boolean>;
