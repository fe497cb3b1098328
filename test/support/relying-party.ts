import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { verifyWebhook, type WebhookEvent } from '../../sdk/gatehouse/src/verify-webhook.ts';

/** A POST as it came over the wire. */
export interface ReceivedPost {
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Milliseconds for one delivery; the first attempt is made at once. */
const PATIENCE = 240_000;

/** The program of a relying party on a port of this machine: it takes webhooks and callbacks, and has a page to come back to. */
export interface RelyingParty {
  /** As a grant names it, and as a redirect target does with `http://` in front. */
  host: string;
  url(path: string): string;
  /** The oldest POST to the path that was not taken yet; waits for it. */
  next(path: string): Promise<ReceivedPost>;
  /** The same, with its signatures checked as a receiver has to. */
  nextEvent(path: string, secret: string): Promise<ReceivedPost & { event: WebhookEvent }>;
  stop(): void;
}

export async function startRelyingParty(): Promise<RelyingParty> {
  const waiting = new Map<string, ReceivedPost[]>();
  const wakes = new Set<() => void>();
  const server = createServer(async (request, answer) => {
    if (request.method !== 'POST') {
      answer
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><title>Shop</title><h1>Welcome back</h1>');
      return;
    }
    const post = { headers: request.headers, body: await buffer(request) };
    const { pathname } = new URL(request.url!, 'http://shop');
    waiting.set(pathname, [...(waiting.get(pathname) ?? []), post]);
    answer.writeHead(204).end();
    for (const wake of wakes) wake();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function next(path: string): Promise<ReceivedPost> {
    const late = AbortSignal.timeout(PATIENCE);
    for (;;) {
      const post = waiting.get(path)?.shift();
      if (post) return post;
      const { promise, resolve } = Promise.withResolvers<void>();
      wakes.add(resolve);
      late.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      wakes.delete(resolve);
      if (late.aborted) throw new Error(`Nothing was posted to ${path} in ${PATIENCE / 1000} s.`);
    }
  }

  return {
    host,
    url: (path) => `http://${host}${path}`,
    next,
    async nextEvent(path, secret) {
      const post = await next(path);
      const { event } = await verifyWebhook(post.body, post.headers, secret);
      return { ...post, event };
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
