import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer as createListener, type Server as Listener } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance, FastifyReply } from 'fastify';
import ipaddr from 'ipaddr.js';
import type { Log } from '../../lib/log.ts';

interface ListenDeps {
  log: Pick<Log, 'warn'>;
  /** Every address of a host name, the preferred one first. */
  lookUp?: (host: string) => Promise<readonly { address: string }[]>;
}

/** Connections that may wait to be accepted, where the system allows as many (`net.core.somaxconn`): a proxy opens hundreds at once. */
const BACKLOG = 4096;

/**
 * Listens on `host` and returns the URL. `localhost` is listened on at each of its loopback addresses (127.0.0.1 and ::1), as callers
 * try either. Fastify would start a further server for the second one, without what was set on `app.server`: bounds of connections,
 * timeouts, renewed certificates. So the listener of a further address gives its connections to `app.server`, which treats
 * them as its own. A further address that cannot be listened on is logged. Call it before `app.ready()`.
 */
export async function listenOnHost(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
  { log, lookUp = (name) => lookup(name, { all: true }) }: ListenDeps,
): Promise<string> {
  if (host.toLowerCase() !== 'localhost') return app.listen({ host, port, backlog: BACKLOG });
  const found = (await lookUp(host)).map(({ address }) => address).filter(isLoopback);
  const [first, ...others] = new Set(found);
  if (first === undefined) {
    throw new Error(
      `"${host}" has no loopback address on this machine: correct the hosts file, or listen on 127.0.0.1.`,
    );
  }
  const listeners: Listener[] = [];
  let closed: Promise<unknown> = Promise.resolve();
  app.addHook('preClose', async () => {
    closed = Promise.all(listeners.map((one) => new Promise((resolve) => one.close(resolve))));
  });
  app.addHook('onClose', async () => void (await closed));
  const url = await app.listen({ host: first, port, backlog: BACKLOG });
  const { port: listened } = app.server.address() as AddressInfo;
  for (const address of others) {
    const listener = createFeeder(app.server);
    try {
      await once(listener.listen({ host: address, port: listened, backlog: BACKLOG }), 'listening');
      listeners.push(listener);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const shown = address.includes(':') ? `[${address}]` : address;
      log.warn(
        { address, port: listened, code },
        `localhost is not listened on at ${shown}:${listened}: clients that choose this address do not reach the service`,
      );
    }
  }
  return url;
}

/** Its connections come in at `server`, which also closes them; Node documents emitting 'connection' for this. */
const createFeeder = (server: FastifyInstance['server']): Listener =>
  // Half-open as in Node's own HTTP server, where a caller may end its side before the answer.
  createListener({ allowHalfOpen: !(server instanceof TlsServer), noDelay: true }, (socket) => {
    server.emit('connection', socket);
  });

const isLoopback = (address: string) =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';

const IDLE_SWEEP = 50;
/** Milliseconds a stop waits for the rest of requests that have come in part. */
const STOP_PATIENCE = 2_000;

/** Ends a stop when the requests under way are answered: connections that would hold it up are closed. */
export function stopGently(app: FastifyInstance, closeUnfinished: () => void): void {
  let stopping = false;
  let endStop = () => {};
  app.addHook('preClose', async () => {
    stopping = true;
    if (!app.server.listening) return;
    // Node closes what is idle when the stop begins; what becomes idle later would hold it until its timeout.
    const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP);
    // It also stops checking how long a request takes to arrive.
    const cut = setTimeout(closeUnfinished, STOP_PATIENCE);
    endStop = () => {
      clearInterval(sweep);
      clearTimeout(cut);
    };
  });
  // After the server and what else feeds it have closed: hooks of this kind run in reverse order.
  app.addHook('onClose', async () => endStop());
  app.addHook('onSend', async (_, reply) => {
    if (stopping) reply.header('connection', 'close');
  });
}

/**
 * Calls `done` when the answer is sent or the caller has disconnected: at once where that is so already, as it may be wherever something was
 * waited for before.
 */
export function whenClosed({ raw }: FastifyReply, done: () => void): void {
  if (raw.closed) done();
  else raw.once('close', done);
}

/**
 * Aborts when the answer is sent or the caller has disconnected: further work for the request has no reader. Not
 * Fastify's `request.signal`, which aborts as soon as the body has been read.
 */
export function untilClosed(reply: FastifyReply): AbortSignal {
  const given = new AbortController();
  whenClosed(reply, () => given.abort());
  return given.signal;
}
