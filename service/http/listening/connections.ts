import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Log } from '../../lib/log.ts';
import type { Sender, SlicedResponse } from '../leaving/unsent-bytes.ts';

interface ConnectionStats {
  open: number;
  /** Connections that wait for a request, but for new ones of a proxy. */
  idle: number;
  /** Connections closed to make room for another. */
  displaced: number;
  /** New connections closed at once: every other had a request under way. */
  refused: number;
}

export interface ConnectionsDeps {
  limits: ConnectionLimits;
  /** The source of a connection; the limit per address counts by it. */
  sourceOf(address: string): string;
  /** The IPv6 /48 of an address. */
  siteOf?(address: string): string | undefined;
  /** A proxy serves many clients: only the total limit applies to it. */
  isProxy(address: string): boolean;
  /** The address of the client of a request, which a proxy passes on. */
  clientOf?(message: IncomingMessage): string;
  /** Milliseconds within which a request has to be whole. */
  deadline: number;
  /** Whether one more of an address, or an IPv6 /48, is taken now; of a proxy all are. */
  isTaken?(network: string): boolean;
  /** Called when a connection is displaced or refused. */
  crowded?(stats: ConnectionStats): void;
  /** Milliseconds that only ever grow. */
  elapsed?(): number;
}

/** Event of the server, with the raw socket and the address of the client: the caller of a WebSocket was let in, or, later, one of its frames was judged. */
export const LET_IN = 'gatehouse:let-in';

interface Connections {
  stats(): ConnectionStats;
  /** Closes those on which no whole request is under way: nothing came, half a head or half a body. */
  closeUnfinished(): void;
  /** What each has to send. */
  senders(): [object, Sender][];
}

interface Connection {
  socket: Socket;
  source: Source;
  /** Requests under way. */
  requests: number;
  /** When it was accepted, the last of them began, or the last frame of a WebSocket was judged. */
  since: number;
  /** The last of them, and its answer. */
  message?: IncomingMessage;
  answer?: ServerResponse;
  /** When its body was last seen to come as fast as it has to, while room was sought, and the bytes that had come by then. */
  pace?: { at: number; came: number };
  /** When its answer was first seen to wait for the reader alone, while room was sought. */
  unreadSince?: number;
  /** With TLS: what answers are written to. */
  secure?: TLSSocket;
  /** A WebSocket whose caller was let in: as if a request were under way. */
  isLetIn?: true;
  /** A WebSocket behind a proxy whose caller has still to be let in. */
  isOpened?: boolean;
  /** Whose it is: of one that was let in, and of one with a request or a handshake behind a proxy. */
  client?: Client;
  /** A frame of it was judged. */
  isJudged?: true;
}

interface Source {
  name: string;
  open: number;
  /** Of these, WebSockets whose callers were let in. */
  letIn: number;
  /** Its IPv6 /48, or itself alone. */
  site: Site;
  /** Longest idle first. */
  idle: Set<Connection>;
  /** None of a proxy. */
  limit: number;
}

type Site = Pick<Source, 'name' | 'open' | 'letIn' | 'idle'>;

/** An address, or an IPv6 /48: how many connections are known to be its, and from how many on they are many. */
interface Client {
  name: string;
  open: number;
  letIn: number;
  few: number;
}

/**
 * Bounds the connections of a server. Where one more would be too many, one makes room: of the same source when that has its share,
 * otherwise of all. The first of these that there is:
 * - The longest idle of the source or IPv6 /48 with the most idle ones, or one that is overdue, where its client has more connections (as
 *   many, where that idle one is new):
 *   for GRACE (no time where the client has many) a body has come too slowly to be whole in time, or an answer has waited for its caller,
 *   or a new one of a proxy for its request.
 *   So who opens connections and sends nothing, or half, or reads nothing, displaces only itself. Where that idle one is new, so that its
 *   first request may be on its way, also a body or an answer that waits for less goes in its place, of a client with more connections.
 * - Of the client with the most: a body or an answer that waits for less, or a WebSocket whose caller was let in and has had no frame
 *   judged for GRACE, or none at all. WebSockets of clients with very many go before what is overdue, not before what is idle.
 * - A new one of a proxy.
 * A connection whose request is worked on is never closed.
 */
export function boundConnections(server: Server, deps: ConnectionsDeps): Connections {
  const register = createRegister(deps);
  const bySocket = new WeakMap<Socket, Connection>();
  /** For TLS: raw connections by their ends, until the TLS socket is known. */
  const byEnds = new Map<string, Connection>();

  server.on('connection', (socket: Socket) => {
    const connection = register.enter(socket);
    if (!connection) {
      socket.destroy();
      return;
    }
    bySocket.set(socket, connection);
    const ends = endsOf(socket);
    byEnds.set(ends, connection);
    socket.once('close', () => {
      if (byEnds.get(ends) === connection) byEnds.delete(ends);
      register.leave(connection);
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const connection = byEnds.get(endsOf(socket));
    if (!connection) return;
    bySocket.set(socket, connection);
    connection.secure = socket;
    // On the first of the two to close.
    socket.once('close', () => register.leave(connection));
  });
  server.prependListener('request', (message: IncomingMessage, response: ServerResponse) => {
    const connection = bySocket.get(message.socket);
    if (!connection) return;
    connection.message = message;
    connection.answer = response;
    register.begin(connection, message);
    response.once('close', () => register.end(connection));
  });
  // Before the handshake is answered.
  server.prependListener('upgrade', (message: IncomingMessage, socket: Socket) => {
    const connection = bySocket.get(socket);
    if (connection && isProxys(connection)) register.opened(connection, message);
  });
  server.on(LET_IN, (socket: Socket, address: string) => {
    const connection = bySocket.get(socket);
    if (!connection) return;
    if (connection.isLetIn) {
      connection.isJudged = true;
      return register.judged(connection);
    }
    register.letIn(connection, address);
  });

  return {
    stats: register.stats,
    closeUnfinished() {
      for (const { socket, requests, message, isLetIn, isOpened } of register.all()) {
        if (isLetIn || isOpened || requests === 0 || message?.complete === false) socket.destroy();
      }
    },
    senders: () => register.all().map((connection) => [connection, senderOf(connection)]),
  };
}

function senderOf({ socket, secure, answer, source }: Connection): Sender {
  const { bytesWritten, writableLength } = secure ?? socket;
  const held = (answer as Partial<SlicedResponse> | undefined)?.unsent ?? 0;
  return {
    source: source.name,
    // What waits in its answer counts as given to it.
    written: bytesWritten + held,
    unsent: writableLength + held,
    close: () => socket.destroy(),
  };
}

/** Identifies a connection among those of this server. */
const endsOf = (socket: Socket | TLSSocket): string =>
  [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(' ');

/**
 * Milliseconds for which a body may come slower than it has to, an answer wait for its reader, or a WebSocket be without a frame that is judged, before the
 * connection makes room; for bodies and answers none where its source, or its client behind a proxy, has more than FEW, or its IPv6 /48 four times as many.
 */
const GRACE = 3_000;
/** Milliseconds for which the first request of a new connection may be on its way. */
const NEW = 1_000;
const FEW = 8;
const OF_SITE = 4;
/** A WebSocket that was let in counts as a part of a connection: many people have one network address, and each showed a token. */
const OF_TOKEN = 4;
const FIRST = 1_000_000;
const NEVER = -1;

/** The open connections by source, and how many more there may be. */
function createRegister({
  limits,
  sourceOf,
  siteOf,
  isProxy,
  clientOf,
  deadline,
  isTaken = () => true,
  crowded,
  elapsed = () => performance.now(),
}: ConnectionsDeps) {
  const sources = new Map<string, Source>();
  const sites = new Map<string, Site>();
  const open = new Set<Connection>();
  /** With a request under way, or with the first of a proxy on its way; in the order of their beginning. */
  const busy = new Set<Connection>();
  const idle = createIdle();
  const counts = { displaced: 0, refused: 0 };
  const clients = new Map<string, Client>();
  /** How many count beside it: the WebSockets of people who were let in do not make others of their address go first. */
  const among = (one: Connection, { open, letIn }: Pick<Source, 'open' | 'letIn'>) =>
    one.isLetIn ? open : open - letIn;
  /** Whether its source, or its client behind a proxy, has so many that none of them has grace. */
  const isMany = (one: Connection) =>
    isProxys(one)
      ? one.client !== undefined && among(one, one.client) > one.client.few
      : among(one, one.source) > FEW || among(one, one.source.site) > OF_SITE * FEW;

  const stats = () => ({ open: open.size, idle: idle.count(), ...counts });

  /** Since when it waits for its caller: for a frame, for a body that comes too slowly, or to read the answer. */
  function waitsSince(one: Connection, now: number): number | undefined {
    if (one.isLetIn || one.isOpened || one.requests === 0) return one.since;
    if (one.message?.complete === false) return bodyWaitsSince(one, one.message, now);
    const isEnding = (one.answer as Partial<SlicedResponse> | undefined)?.isEnding;
    if (!isEnding || senderOf(one).unsent === 0) return undefined;
    one.unreadSince ??= now;
    return one.unreadSince;
  }

  function bodyWaitsSince(one: Connection, { headers, socket }: IncomingMessage, now: number): number {
    const { at, came } = one.pace!;
    const more = socket.bytesRead - came;
    const size = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
    if (more === 0 || more < (size * (now - at)) / deadline) return at;
    one.pace = { at: now, came: socket.bytesRead };
    return now;
  }

  /**
   * Which goes before which: how many connections its client has, and FIRST more where it is overdue, or a WebSocket of very many.
   * NEVER where its request is worked on, and, with `isOverdueOnly`, where it is not overdue.
   */
  function loadOf(one: Connection, now: number, isOverdueOnly: boolean): number {
    const since = waitsSince(one, now);
    if (since === undefined) return NEVER;
    const isLate = since <= now - GRACE;
    // Without a judged frame a new WebSocket is worth no more than the one before it.
    if (one.isLetIn && one.isJudged && !isLate) return NEVER;
    const isOverdue = !one.isLetIn && (isLate || isMany(one));
    if (isOverdueOnly && !isOverdue) return NEVER;
    const load = sizeOf(one, isLate);
    return isOverdue || (one.isLetIn && load > FEW) ? FIRST + load : load;
  }

  /** The same for one that has waited for less, beside a new idle one. */
  const loadBesideNew = (one: Connection, now: number): number =>
    one.isLetIn || waitsSince(one, now) === undefined ? NEVER : sizeOf(one, false);

  function sizeOf(one: Connection, isLate: boolean): number {
    // Whose it is, is not known: the first request of a proxy's connection is on its way, or it is idle.
    if (one.requests === 0 && isProxys(one)) return isLate ? FEW : 0;
    return among(one, one.client ?? one.source.site) / (one.isLetIn ? OF_TOKEN : 1);
  }

  /** Of the busy ones, of `source` or of any, the one with the greatest load above `least`. */
  function heaviest(
    source: Source | undefined,
    least: number,
    load: (one: Connection) => number,
  ): Connection | undefined {
    let chosen: Connection | undefined;
    let most = least;
    for (const one of busy) {
      if (source && one.source !== source) continue;
      const its = load(one);
      if (its <= most) continue;
      chosen = one;
      most = its;
    }
    return chosen;
  }

  /** Closes one of `source`, or of any; false where a request of each is worked on. */
  function makeRoom(source: Source | undefined): boolean {
    const now = elapsed();
    const idlest = first((source ?? idle.largest())?.idle);
    const size = idlest ? sizeOf(idlest, true) : 0;
    // Those of one source do not displace each other: people who wait would, one after the other.
    const isOverdueOnly = idlest !== undefined || source !== undefined;
    const isYoung = idlest !== undefined && isNew(idlest, now);
    // What is overdue goes before a new one of a client with as many, too.
    const least = idlest ? FIRST + size - (isYoung ? 1 / (2 * OF_TOKEN) : 0) : NEVER;
    let chosen = heaviest(source, least, (one) => loadOf(one, now, isOverdueOnly));
    if (!chosen && isYoung) chosen = heaviest(source, size, (one) => loadBesideNew(one, now));
    chosen ??= idlest;
    if (!chosen) return false;
    counts.displaced++;
    leave(chosen);
    chosen.socket.destroy();
    return true;
  }

  function joinClient(connection: Connection, address: string): void {
    leaveClient(connection);
    const site = siteOf?.(address);
    const name = site ?? sourceOf(address);
    const client = clients.get(name) ?? {
      name,
      open: 0,
      letIn: 0,
      few: site === undefined ? FEW : OF_SITE * FEW,
    };
    clients.set(name, client);
    client.open++;
    connection.client = client;
  }

  function leaveClient(connection: Connection): void {
    const { client } = connection;
    if (!client) return;
    delete connection.client;
    client.open--;
    if (connection.isLetIn) client.letIn--;
    if (client.open === 0) clients.delete(client.name);
  }

  /** It has waited for its caller from now on. */
  function toEnd(connection: Connection): void {
    if (!open.has(connection)) return;
    connection.since = elapsed();
    busy.delete(connection);
    busy.add(connection);
  }

  function leave(connection: Connection): void {
    if (!open.delete(connection)) return;
    idle.remove(connection);
    busy.delete(connection);
    const { source } = connection;
    for (const one of [source, source.site]) {
      one.open--;
      if (connection.isLetIn) one.letIn--;
    }
    leaveClient(connection);
    if (source.open === 0) sources.delete(source.name);
    if (source.site.open === 0) sites.delete(source.site.name);
  }

  function begin(connection: Connection, message?: IncomingMessage): void {
    connection.requests++;
    delete connection.unreadSince;
    if (message) connection.pace = { at: elapsed(), came: message.socket.bytesRead };
    if (message && clientOf && isProxys(connection) && open.has(connection))
      joinClient(connection, clientOf(message));
    idle.remove(connection);
    toEnd(connection);
  }

  return {
    stats,
    all: () => [...open],
    leave,
    /** Undefined where there is no room. */
    enter(socket: Socket): Connection | undefined {
      const address = socket.remoteAddress ?? '';
      const name = sourceOf(address);
      const siteName = siteOf?.(address) ?? name;
      if (!isProxy(address) && !isTaken(siteName)) return undefined;
      const site = sites.get(siteName) ?? { name: siteName, open: 0, letIn: 0, idle: new Set() };
      const source: Source = sources.get(name) ?? {
        name,
        open: 0,
        letIn: 0,
        site,
        idle: new Set(),
        limit: isProxy(address) ? Number.POSITIVE_INFINITY : limits.perAddress,
      };
      const hasShare = source.open >= source.limit;
      if (hasShare || open.size >= limits.total) {
        const room = makeRoom(hasShare ? source : undefined);
        if (!room) counts.refused++;
        crowded?.(stats());
        if (!room) return undefined;
      }
      const connection: Connection = { socket, source, requests: 0, since: elapsed() };
      sources.set(name, source);
      sites.set(siteName, site);
      open.add(connection);
      source.open++;
      site.open++;
      // A proxy opens one for a request that is on its way.
      if (isProxys(connection)) busy.add(connection);
      else idle.add(connection);
      return connection;
    },
    begin,
    opened(connection: Connection, message: IncomingMessage): void {
      if (!open.has(connection)) return;
      connection.isOpened = true;
      begin(connection, message);
    },
    letIn(connection: Connection, address: string): void {
      if (!open.has(connection)) return;
      joinClient(connection, address);
      connection.isLetIn = true;
      connection.isOpened = false;
      for (const one of [connection.source, connection.source.site, connection.client!]) one.letIn++;
      begin(connection);
    },
    judged: toEnd,
    end(connection: Connection): void {
      connection.requests--;
      if (connection.requests > 0 || !open.has(connection)) return;
      leaveClient(connection);
      busy.delete(connection);
      idle.add(connection);
    },
  };
}

/** No request came on it yet, and it was accepted lately. */
const isNew = ({ message, since }: Connection, now: number) => message === undefined && since > now - NEW;

const isProxys = ({ source }: Connection) => source.limit === Number.POSITIVE_INFINITY;

/** The one that is in it for the longest time. */
const first = <T>(of: ReadonlySet<T> | undefined): T | undefined => of?.values().next().value;

/** The idle connections. Sites are ordered by their number, so that the largest is found at once. */
function createIdle() {
  const bySize: Set<Site>[] = [];
  let largest = 0;
  let count = 0;

  /** Moves a site to those that have as many as it has now. */
  function move(site: Site, sizeBefore: number): void {
    const { size } = site.idle;
    bySize[sizeBefore]?.delete(site);
    if (size > 0) {
      bySize[size] ??= new Set();
      bySize[size].add(site);
    }
    largest = Math.max(largest, size);
    while (largest > 0 && !bySize[largest]?.size) largest--;
  }

  return {
    count: () => count,
    add(connection: Connection): void {
      const { idle, site } = connection.source;
      idle.add(connection);
      site.idle.add(connection);
      move(site, site.idle.size - 1);
      count++;
    },
    remove(connection: Connection): void {
      const { idle, site } = connection.source;
      if (!idle.delete(connection)) return;
      site.idle.delete(connection);
      move(site, site.idle.size + 1);
      count--;
    },
    /** The largest site; of equal ones the one that has been so longest. */
    largest(): Site | undefined {
      return first(bySize[largest]);
    },
  };
}

interface ConnectionLimits {
  /** Connections open at a time. */
  total: number;
  /** The same of one source address (an IPv4 address, or an IPv6 /64). */
  perAddress: number;
}

/** Descriptors reserved for databases, the control socket, webhooks and files: half of all, within these bounds. */
const RESERVED = { least: 128, most: 1024 };
/** Upper bound for any number of descriptors: each connection also takes memory. */
const MOST = 10_000;
const PER_ADDRESS = 256;

/**
 * How many connections from the network a process takes that may hold `openFiles` descriptors (RLIMIT_NOFILE). Throws RangeError
 * where there would be fewer than 64.
 */
export function connectionLimitsFor(openFiles: number): ConnectionLimits {
  const reserved = Math.min(RESERVED.most, Math.max(RESERVED.least, Math.ceil(openFiles / 2)));
  const total = Math.min(MOST, openFiles - reserved);
  if (total < 64) {
    throw new RangeError(
      `This process may open only ${openFiles} files and connections; at least ${RESERVED.least + 64} are needed, 4096 are ` +
        'advisable. Raise the limit: "ulimit -n 4096" in a shell, LimitNOFILE=4096 in a systemd unit.',
    );
  }
  return { total, perAddress: Math.min(PER_ADDRESS, Math.max(16, Math.floor(total / 4))) };
}

const PAUSE = 60_000;

/** Warns in the log that a limit of connections is reached, at most once a minute. */
export function sayWhenCrowded(log: Log, limits: ConnectionLimits): (stats: ConnectionStats) => void {
  let saidLately = false;
  return (stats) => {
    if (saidLately) return;
    saidLately = true;
    setTimeout(() => {
      saidLately = false;
    }, PAUSE).unref();
    log.warn(
      { ...stats, limits },
      'a limit of connections is reached: the longest idle ones are closed for new ones',
    );
  };
}
