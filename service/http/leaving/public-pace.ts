import { hash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createRecent } from '../../lib/collections/recent.ts';
import { Problem } from '../../lib/problem.ts';
import { createFairLines, type Party } from '../../lib/turns.ts';
import { partyOf, sentCredential } from '../authentication.ts';
import { type BodyPace, createBodyPace } from '../bodies/body-pace.ts';
import type { ConnectionsDeps } from '../listening/connections.ts';
import { accessListOf } from '../route-access.ts';

/** Requests of one address without a credential that was accepted lately: those at once, then so many a second. */
export const publicRate = { perSecond: 200, burst: 1_000 } as const;
/**
 * TLS handshakes of one address, or one IPv6 /48: those at once, then so many a second. They cost the thread milliseconds and their caller
 * nothing (D(HE)at, CVE-2002-20001).
 */
const handshakeRate = { perSecond: 100, burst: 400, mostAhead: 10_000 } as const;
/**
 * New connections of one address, or one IPv6 /48: those at once, then so many a second. One that is opened and left again costs the
 * thread half a millisecond.
 */
export const connectionRate = { perSecond: 300, burst: 600 } as const;
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
 * Requests are taken in turns of the addresses and /48, in three lines: those with a credential that was accepted here lately, the same
 * with one that any visitor gets, and all others, which are also taken from one address, and one IPv6 /48, at a pace: what is ahead of it
 * waits. So strangers from hundreds of addresses do not hold up the others, whatever they send for a credential. Questions for the
 * state of the service have the pace, and a fourth line.
 */
export function pacePublic(
  app: FastifyInstance,
  pace: Pick<BodyPace, 'took'>,
  { sourceOf, siteOf }: Pick<ConnectionsDeps, 'sourceOf' | 'siteOf'>,
): void {
  const isPaced = createPacedTurns(pace, MOST_WAITING.requests);
  const turn = createFairTurns();
  const accepted = createAccepted();
  app.addHook('onRequest', async (request) => {
    const [source, site] = [sourceOf(request.ip), siteOf?.(request.ip)];
    const line = accepted.lineOf(request);
    if (line === 'public' && (!(await isPaced(source)) || (site && !(await isPaced(site, OF_SITE)))))
      throw tooMany();
    await turn(request.routeOptions.config.anyHost ? 'state' : line, [site ?? source, source]);
  });
  app.addHook('onResponse', (request, reply, done) => {
    accepted.note(request, reply);
    done();
  });
}

/** How many are taken in one turn: those for the state share an answer. */
const AT_ONCE = { state: 8, keyed: 1, visitors: 1, public: 1 } as const;
type LineName = keyof typeof AT_ONCE;

/** Credentials that are remembered; those that were not sent for long are forgotten first. */
const MOST_ACCEPTED = 20_000;

/** The credentials that were accepted lately, by their hashes. The first request of each is like one without. */
function createAccepted() {
  const lines = createRecent<string, { line: LineName }>(MOST_ACCEPTED);
  /** Undefined where none is sent, or asked for. */
  function nameOf(request: FastifyRequest): string | undefined {
    if (request.is404 || !accessListOf(request.routeOptions.config.access)) return undefined;
    const credential = sentCredential(request.raw);
    return credential === undefined ? undefined : hash('sha256', credential);
  }
  return {
    lineOf(request: FastifyRequest): LineName {
      const name = nameOf(request);
      return (name !== undefined && lines.get(name)?.line) || 'public';
    },
    note(request: FastifyRequest, { statusCode }: FastifyReply): void {
      const name = nameOf(request);
      if (name === undefined) return;
      const [group] = partyOf(request, String);
      if (statusCode === 401) lines.delete(name);
      else if (request.caller) lines.set(name, { line: group === 'public' ? 'visitors' : 'keyed' });
      // Another node read it, and did what was asked.
      else if (statusCode < 300) lines.set(name, lines.get(name) ?? { line: 'visitors' });
    },
  };
}

type PaceTime = Pick<Parameters<typeof createBodyPace>[0], 'elapsed' | 'wait'>;

export const createPublicPace = (time: PaceTime) => createBodyPace({ ...publicRate, ...time });

export function paceHandshakes(time: PaceTime) {
  const pace = createBodyPace({ ...handshakeRate, ...time });
  return { inTurn: createPacedTurns(pace, MOST_WAITING.handshakes), charge: pace.charge };
}

/** Whether one more connection is taken now; those that are not count for nothing. */
export function paceConnections(elapsed: PaceTime['elapsed']): (network: string) => boolean {
  const pace = createBodyPace({ ...connectionRate, elapsed, wait: async () => {} });
  return (network) => {
    if (pace.took(network, 0)) return false;
    pace.charge(network, 1);
    return true;
  };
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
  const lines = { state: line(), keyed: line(), visitors: line(), public: line() };
  /** The next goes first. */
  const order = Object.keys(lines) as LineName[];
  let isTaken = false;

  function take(): (() => void)[] {
    for (const name of [...order]) {
      const taken = Array.from({ length: AT_ONCE[name] }, lines[name].take).filter((go) => go !== undefined);
      if (taken.length === 0) continue;
      order.splice(order.indexOf(name), 1);
      order.push(name);
      return taken;
    }
    return [];
  }

  function next(): void {
    const taken = take();
    isTaken = taken.length > 0;
    if (isTaken) defer(next);
    for (const go of taken) go();
  }

  return async function turn(name: LineName, source: Party): Promise<void> {
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
