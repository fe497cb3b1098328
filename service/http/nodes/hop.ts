import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** What one node says to another of a request that it passes on. Read at the listener for nodes alone; from elsewhere it is a header like any other. */
const Hop = z.strictObject({
  /** Of the caller, as the first node found it behind the proxies that it trusts. */
  address: z.string(),
  secure: z.boolean(),
  host: z.string(),
  /** The first node asks each other one whether the work is there. */
  asks: z.literal(true).optional(),
});
export type Hop = z.output<typeof Hop>;

export const HOP = 'x-gatehouse-hop';

/** Headers of one connection, of proxies, and those that the first node writes anew. */
const DROPPED: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect', 'host'],
  ...['accept-encoding', 'x-request-id', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', HOP],
  'x-forwarded-proto',
]);

export const hopOf = ({ ip, protocol, host }: FastifyRequest): Hop => ({
  address: ip,
  secure: protocol === 'https',
  host,
});

/** Names and values in turn, each as often as the caller sent it. `body`: in place of the one that came. */
export function headersOfHop(request: FastifyRequest, hop: Hop, body?: Buffer): string[] {
  const { rawHeaders } = request.raw;
  const headers = ['host', hop.host, 'x-request-id', request.id, HOP, JSON.stringify(hop)];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const isOfBody = name === 'content-length' || name === 'transfer-encoding';
    if (!DROPPED.has(name) && !(body && isOfBody)) headers.push(name, rawHeaders[i + 1]!);
  }
  if (body) headers.push('content-length', String(body.length));
  return headers;
}

/**
 * Of a request at the listener for nodes: from here on it is as if the caller had sent it to this node. Undefined, and nothing changed,
 * for a request without it.
 */
export function takeHop({ headers, socket }: IncomingMessage): Hop | undefined {
  const hop = Hop.safeParse(parse(headers[HOP])).data;
  if (!hop) return undefined;
  delete headers[HOP];
  headers.host = hop.host;
  // One request at a time is on a connection.
  Object.defineProperties(socket, {
    remoteAddress: { value: hop.address, configurable: true },
    encrypted: { value: hop.secure, configurable: true },
  });
  return hop;
}

function parse(header: string | string[] | undefined): unknown {
  try {
    return JSON.parse(String(header));
  } catch {
    return undefined;
  }
}
