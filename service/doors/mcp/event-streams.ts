import { PassThrough, type Readable } from 'node:stream';
import type { JSONRPCMessage, McpServer, Transport } from '@modelcontextprotocol/server';
import type { RelyingParty } from '../../http/sign-in/relying-party.ts';
import { systemClock } from '../../lib/clock.ts';
import { createFairQueue, type Share } from '../../lib/fair/fair-queue.ts';
import { withTag } from '../../lib/node-tag.ts';
import { Problem } from '../../lib/problem.ts';
import { protocol } from './tools.ts';

/** Milliseconds between two signs of life: proxies cut a silent connection. */
const KEEP_ALIVE = 15_000;
/** Open at a time: by one key and its successors, and in all. Where those are open, the newest of the organization with the most ends. */
const MOST = { perKey: 8, all: 64 };
/** Bytes of answers that a client has not read. */
const MOST_UNREAD = 256 * 1024;

/** A key and its successors, or an administrator. */
type Owner = Pick<RelyingParty, 'lineage' | 'organization' | 'world'>;

interface Opened {
  caller: Owner;
  share: Share;
  transport: Transport;
  end(): void;
}

export interface EventStreamsDeps {
  random: (into: Uint8Array) => void;
  /** Of this node, where others share the record. */
  tag?: string | undefined;
}

/**
 * The transport of clients from before 2025-03-26 ("HTTP+SSE"): a stream of answers, and an address to post requests to. A stream serves
 * the caller that opened it; each post is authenticated by itself.
 */
export function createEventStreams({ random, tag }: EventStreamsDeps) {
  const streams = new Map<string, Opened>();
  const open = createFairQueue<Opened>({ seats: 0, clock: systemClock });

  function idOf(): string {
    const bytes = new Uint8Array(24);
    random(bytes);
    return withTag(Buffer.from(bytes).toString('base64url'), tag);
  }
  /** Ends the stream of another where all are open. */
  function admit(newcomer: Opened): void {
    if (open.waitingOf(newcomer.share) >= MOST.perKey) throw tooMany();
    open.add(newcomer);
    const last = open.dropExcess(newcomer, MOST.all);
    if (last === newcomer) throw tooMany();
    last?.end();
  }

  return {
    /** `address`: of the posts, without their stream's id. */
    async open(caller: Owner, address: string, server: McpServer): Promise<Readable> {
      const id = idOf();
      const stream = new PassThrough();
      const say = (event: string) => {
        stream.write(event);
        // What the stream itself holds is in no bound of the server.
        if (stream.writableLength + stream.readableLength > MOST_UNREAD) stream.destroy();
      };
      const beat = setInterval(() => say(': alive\n\n'), KEEP_ALIVE);
      const transport: Transport = {
        sessionId: id,
        start: async () => say(`event: endpoint\ndata: ${address}?sessionId=${id}\n\n`),
        send: async (message: JSONRPCMessage) => say(`event: message\ndata: ${JSON.stringify(message)}\n\n`),
        close: async () => end(),
      };
      const { organization, world, lineage } = caller;
      const end = () => {
        open.remove(opened);
        if (!streams.delete(id)) return;
        clearInterval(beat);
        stream.end();
        transport.onclose?.();
      };
      const opened: Opened = { caller, share: { organization, world, key: lineage }, transport, end };
      try {
        admit(opened);
      } catch (error) {
        clearInterval(beat);
        throw error;
      }
      streams.set(id, opened);
      stream.once('close', end);
      await server.connect(transport);
      return stream;
    },

    /** Throws NOT_FOUND for a stream that is not there, or another key's. */
    async post(caller: Owner, id: string, body: unknown): Promise<void> {
      const opened = streams.get(id);
      // An administrator names the world with each request.
      const isOwn = opened?.caller.lineage === caller.lineage && opened.caller.world === caller.world;
      if (!opened || !isOwn)
        throw new Problem('NOT_FOUND', 'There is no such event stream: open one with GET /mcp/sse.');
      opened.transport.onmessage?.(await messageOf(body));
    },

    closeAll(): void {
      for (const { end } of streams.values()) end();
    },
  };
}

const tooMany = () =>
  new Problem('OVERLOADED', 'Too many event streams are open: close one, or use POST /mcp.');

async function messageOf(body: unknown): Promise<JSONRPCMessage> {
  const { parseJSONRPCMessage } = await protocol();
  try {
    return parseJSONRPCMessage(body);
  } catch {
    throw new Problem('INVALID_REQUEST', 'The body is no JSON-RPC 2.0 message.');
  }
}
