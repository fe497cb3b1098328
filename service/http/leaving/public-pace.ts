import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../../lib/problem.ts';
import { createFairLines, type Party } from '../../lib/turns.ts';
import { type BodyPace, createBodyPace } from '../bodies/body-pace.ts';
import type { ConnectionsDeps } from '../listening/connections.ts';

/** Requests without a credential of one address: those at once, then so many a second. */
export const publicRate = { perSecond: 200, burst: 1_000 } as const;
/**
 * TLS handshakes of one address, or one IPv6 /48: those at once, then so many a second. They cost the thread milliseconds and their caller
 * nothing (D(HE)at, CVE-2002-20001).
 */
const handshakeRate = { perSecond: 100, burst: 400, mostAhead: 10_000 } as const;
/** Requests, or handshakes, of one address that wait for their turn; a further one is refused. */
const MOST_WAITING = { requests: 64, handshakes: 128 } as const;
/** Times as many requests, and as many that wait, of one IPv6 /48. */
const OF_SITE = 4;

/** Waits for the turn of `source`, which has the pace of `addresses`; false at once where `most` of each wait. */
function createPacedTurns(pace: Pick<BodyPace, 'took'>, most: number) {
  const waiting = new Map<string, number>();
  return async (source: string, addresses = 1): Promise<boolean> => {
    const before = waiting.get(source) ?? 0;
    if (before >= most * addresses) return false;
    const pause = pace.took(source, 1 / addresses);
    if (!pause) return true;
    waiting.set(source, before + 1);
    try {
      await pause;
    } finally {
      const left = (waiting.get(source) ?? 1) - 1;
      if (left > 0) waiting.set(source, left);
      else waiting.delete(source);
    }
    return true;
  };
}

/**
 * Requests to public routes are taken from one address, and one IPv6 /48, at a pace: what is ahead of it waits. All requests are taken in
 * turns of the addresses and /48: those to public routes, those that need a credential, and questions for the state of the service each in a
 * line of their own, so that strangers from hundreds of addresses do not hold up the others.
 */
export function pacePublic(
  app: FastifyInstance,
  pace: Pick<BodyPace, 'took'>,
  { sourceOf, siteOf }: Pick<ConnectionsDeps, 'sourceOf' | 'siteOf'>,
): void {
  const isPaced = createPacedTurns(pace, MOST_WAITING.requests);
  const turn = createFairTurns();
  app.addHook('onRequest', async (request) => {
    const [source, site] = [sourceOf(request.ip), siteOf?.(request.ip)];
    // A route that is not there costs as much as one that is open to all.
    const { access, anyHost = false } = request.routeOptions.config;
    const isPublic = request.is404 || access === 'public';
    if (isPublic && (!(await isPaced(source)) || (site && !(await isPaced(site, OF_SITE))))) throw tooMany();
    await turn(anyHost ? 'state' : isPublic ? 'public' : 'keyed', [site ?? source, source]);
  });
}

type PaceTime = Pick<Parameters<typeof createBodyPace>[0], 'elapsed' | 'wait'>;

export const createPublicPace = (time: PaceTime) => createBodyPace({ ...publicRate, ...time });

export function paceHandshakes(time: PaceTime) {
  const pace = createBodyPace({ ...handshakeRate, ...time });
  return { inTurn: createPacedTurns(pace, MOST_WAITING.handshakes), charge: pace.charge };
}

const tooMany = () =>
  new Problem(
    'OVERLOADED',
    'Too many requests of this address at once: wait for their answers, then go on.',
    {
      retryAfterSeconds: 1,
    },
  );

/**
 * One turn of the event loop each, in fair turns of the lines and in each of their sources: many that come at once hold up neither what
 * else came nor a source with few. The first is not deferred.
 */
function createFairTurns(defer: (next: () => void) => void = setImmediate) {
  const line = createFairLines<() => void>;
  const lines = { state: line(), keyed: line(), public: line() };
  /** The next goes first. */
  const order = Object.keys(lines) as (keyof typeof lines)[];
  let isTaken = false;

  function take(): (() => void) | undefined {
    for (const name of [...order]) {
      const go = lines[name].take();
      if (!go) continue;
      order.splice(order.indexOf(name), 1);
      order.push(name);
      return go;
    }
    return undefined;
  }

  function next(): void {
    const go = take();
    isTaken = go !== undefined;
    if (!go) return;
    defer(next);
    go();
  }

  return async function turn(name: keyof typeof lines, source: Party): Promise<void> {
    if (isTaken) return new Promise<void>((go) => lines[name].add(go, source));
    isTaken = true;
    defer(next);
    return undefined;
  };
}

/** Requests of one connection that wait for the one before; a further one ends the connection. */
const MOST_PIPELINED = 32;

interface Line {
  /** Ends with the answer to the last request. */
  last: Promise<void>;
  waiting: number;
}

/**
 * Requests that are sent without waiting for the answers before are worked on one after the other, and not at all once their
 * caller has left. Before every other hook.
 */
export function serveInTurn(app: FastifyInstance): void {
  const lines = new WeakMap<Socket, Line>();
  app.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw;
    const line = lines.get(socket) ?? { last: Promise.resolve(), waiting: 0 };
    lines.set(socket, line);
    const before = line.last;
    line.last = new Promise((resolve) => reply.raw.once('close', () => resolve()));
    if (line.waiting >= MOST_PIPELINED) socket.destroy();
    line.waiting++;
    await before;
    line.waiting--;
    // Nothing is answered to a caller that has left.
    if (socket.destroyed) reply.hijack();
  });
}
