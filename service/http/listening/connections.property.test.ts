import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundConnections, LET_IN } from './connections.ts';

const GRACE = 3_000;
const NEW = 1_000;
const FEW = 8;
const PROXY = 'proxy';
const SHARE = 14;
const DEADLINE = 60_000;
/** Bytes of each body: one a second is enough. */
const SIZE = 60;

/** What the peer of a connection did last. `fresh`: nothing yet. `letIn`: a WebSocket with its token, `shaken` one before it. */
type State = 'fresh' | 'idle' | 'working' | 'half' | 'unread' | 'shaken' | 'letIn';

interface Peer {
  address: string;
  /** Whose it is, as far as the register can know. */
  client: string | undefined;
  state: State;
  since: number;
  unreadSince?: number;
  /** When a half body was last seen to come as fast as it has to, and bytes that had come by then. */
  pace: { at: number; came: number };
  /** Which of all that became idle it was. */
  idleAs: number;
  isJudged: boolean;
  isClosed: boolean;
  socket: EventEmitter & Record<string, unknown>;
  message?: { complete: boolean };
  answer?: EventEmitter & Record<string, unknown>;
}

const siteOf = (address: string) => (address.startsWith('v6') ? address.slice(0, 3) : undefined);
const groupOf = (address: string) => siteOf(address) ?? address;
const fewOf = (client: string) => (siteOf(client) ? 4 * FEW : FEW);

/** A server whose connections are made of events, beside a plain list of who has done what. */
function createWorld(total: number) {
  const time = { now: 0 };
  const server = new EventEmitter();
  let port = 0;
  let idled = 0;
  const connections = boundConnections(server as Server, {
    limits: { total, perAddress: SHARE },
    sourceOf: (address) => address,
    siteOf,
    isProxy: (address) => address === PROXY,
    deadline: DEADLINE,
    clientOf: (message) => (message as unknown as { client: string }).client,
    elapsed: () => time.now,
  });
  const peers: Peer[] = [];
  const closing: Peer[] = [];

  /** How many are open by who they count for, with and without WebSockets that were let in. */
  function tally() {
    const counts = new Map<string, { all: number; others: number }>();
    for (const { address, client, state } of peers)
      for (const whose of [`source ${address}`, `group ${groupOf(address)}`, `client ${client}`]) {
        const count = counts.get(whose) ?? { all: 0, others: 0 };
        count.all++;
        if (state !== 'letIn') count.others++;
        counts.set(whose, count);
      }
    return (one: Peer, whose: string) => counts.get(whose)?.[one.state === 'letIn' ? 'all' : 'others'] ?? 0;
  }
  type Counted = ReturnType<typeof tally>;
  const sizeOf = (one: Peer, counted: Counted) =>
    counted(one, one.client ? `client ${one.client}` : `group ${groupOf(one.address)}`);
  function hasMany(one: Peer, counted: Counted): boolean {
    if (isProxys(one)) return one.client !== undefined && sizeOf(one, counted) > fewOf(one.client);
    return counted(one, `source ${one.address}`) > FEW || sizeOf(one, counted) > 4 * FEW;
  }
  function waitsSince(one: Peer): number {
    if (one.state === 'unread') return one.unreadSince ?? time.now;
    return one.state === 'half' ? one.pace.at : one.since;
  }
  /** What is seen of it where room is sought. */
  function see(one: Peer): void {
    if (one.state === 'unread') one.unreadSince ??= time.now;
    const came = one.socket.bytesRead as number;
    const isSteady = came > one.pace.came && came - one.pace.came >= (time.now - one.pace.at) / 1_000;
    if (one.state === 'half' && isSteady) one.pace = { at: time.now, came };
  }
  const isRecent = (one: Peer) => waitsSince(one) > time.now - GRACE;
  const isProxys = (one: Peer) => one.address === PROXY;

  /** Nothing was asked on it. */
  const isIdle = ({ state, address }: Peer) => state === 'idle' || (state === 'fresh' && address !== PROXY);

  /** Its first request may be on its way. */
  const isNew = ({ state, since }: Peer) => state === 'fresh' && time.now - since < NEW;
  /** A request or a handshake of it began, and its caller has to do the rest. */
  const isBegun = ({ state }: Peer) => state === 'half' || state === 'unread' || state === 'shaken';

  /** What its caller loses where it is closed, and how many its caller has. */
  function judgeLoss(one: Peer, counted: Counted) {
    const { state } = one;
    if (state === 'working' || (state === 'letIn' && one.isJudged && isRecent(one)))
      return { loses: 'work', weight: 0 };
    if (state === 'letIn') return { loses: 'place', weight: sizeOf(one, counted) / 4 };
    // Whose they are is not known.
    if (isProxys(one) && !one.client)
      return state === 'fresh' && isRecent(one)
        ? { loses: 'place', weight: 0 }
        : { loses: 'nothing', weight: FEW };
    const hasGrace = isBegun(one) && isRecent(one) && !hasMany(one, counted);
    return { loses: hasGrace ? 'place' : 'nothing', weight: sizeOf(one, counted) };
  }

  function close(one: Peer): void {
    peers.splice(peers.indexOf(one), 1);
    one.answer?.emit('close');
    one.socket.emit('close');
  }

  /** Connects, and says what the register did wrong. */
  function enter(address: string): Peer {
    const before = [...peers];
    const ofSource = before.filter((one) => one.address === address);
    const isShare = address !== PROXY && ofSource.length >= SHARE;
    const among = isShare ? ofSource : before;
    const isFull = isShare || before.length >= total;
    if (isFull) for (const one of among) see(one);
    const counted = tally();
    const judged = among.map((one) => ({ one, ...judgeLoss(one, counted) }));
    const socket = Object.assign(new EventEmitter(), {
      remoteAddress: address,
      remotePort: ++port,
      bytesWritten: 0,
      bytesRead: 0,
      writableLength: 0,
    }) as unknown as Peer['socket'];
    const peer: Peer = {
      address,
      client: undefined,
      state: 'fresh',
      since: time.now,
      pace: { at: time.now, came: 0 },
      idleAs: idled++,
      isJudged: false,
      isClosed: false,
      socket,
    };
    socket.destroy = () => {
      peer.isClosed = true;
      closing.push(peer);
    };
    server.emit('connection', socket);
    const closed = closing.splice(0);
    if (!closed.includes(peer)) peers.push(peer);
    const lost = closed.filter((one) => one !== peer);
    for (const one of lost) close(one);

    if (!isFull) {
      expect(closed, 'closed although there was room').toEqual([]);
      return peer;
    }
    expect(closed, 'closed for one').toHaveLength(1);
    const idle = judged.filter(({ one }) => isIdle(one));
    const isPatient = isShare || idle.length > 0;
    const idleWith = ({ address }: Peer) =>
      idle.filter(({ one }) => groupOf(one.address) === groupOf(address));
    const idlest = idle.filter(({ one }) => {
      const own = idleWith(one);
      return (
        idle.every((other) => idleWith(other.one).length <= own.length) &&
        own.every((other) => other.one.idleAs >= one.idleAs)
      );
    });
    /** What has just begun gives its place to a new one of a client that has fewer. */
    const insteadOf = (idler: (typeof judged)[number]) =>
      judged.filter(
        ({ one, loses, weight }) =>
          isNew(idler.one) && isBegun(one) && loses === 'place' && weight > idler.weight,
      );
    const able = judged.filter((each) => {
      if (each.loses !== 'place') return each.loses === 'nothing';
      return isPatient ? idlest.some((idler) => insteadOf(idler).includes(each)) : true;
    });
    const chosen = able.find(({ one }) => one === lost[0]);
    if (lost.length > 0) expect(chosen, 'closed, though it is not to be closed now').toBeDefined();
    if (!chosen) {
      expect(able, 'refused, though these can be closed').toEqual([]);
      return peer;
    }
    const goesFirst = ({ one, loses, weight }: typeof chosen) =>
      loses === 'nothing' || (one.state === 'letIn' && weight > FEW);
    const isAlike = (other: typeof chosen) =>
      isPatient ? other.loses === chosen.loses : goesFirst(other) || !able.some(goesFirst);
    const alike = able.filter(isAlike);
    expect(alike, 'closed before those that go first').toContain(chosen);
    const isYoung = isIdle(chosen.one) && isNew(chosen.one);
    for (const other of alike.filter((other) => !isIdle(other.one)))
      expect(other.weight, 'stays, though its client has more').toBeLessThanOrEqual(
        chosen.weight - (isYoung ? 0.1 : 0),
      );
    if (idle.length === 0) return peer;
    if (isIdle(chosen.one)) {
      expect(idlest, 'others have more idle ones, or longer').toContain(chosen);
      expect(insteadOf(chosen), 'new, and these have just begun and have more').toEqual([]);
      return peer;
    }
    // One of these stays in its stead.
    const stays = idlest.filter(
      (idler) =>
        idler.weight < chosen.weight + (chosen.loses === 'nothing' && isNew(idler.one) ? 0.1 : 0) &&
        (chosen.loses === 'nothing' ||
          (isNew(idler.one) &&
            able.every(
              (other) => isIdle(other.one) || other.loses === 'place' || other.weight <= idler.weight,
            ))),
    );
    expect(stays, 'goes before the idle ones of a client with more').not.toEqual([]);
    return peer;
  }

  function begin(one: Peer, client: string, state: 'working' | 'half' | 'unread'): void {
    if (one.state !== 'fresh' && one.state !== 'idle') return;
    if (isProxys(one)) one.client = groupOf(client);
    one.state = state;
    one.since = time.now;
    delete one.unreadSince;
    one.pace = { at: time.now, came: one.socket.bytesRead as number };
    const headers = { 'content-length': String(SIZE) };
    one.message = Object.assign({ socket: one.socket, client, headers, complete: state !== 'half' });
    one.answer = Object.assign(new EventEmitter(), {
      isEnding: state === 'unread',
    }) as unknown as Peer['answer'];
    one.socket.writableLength = state === 'unread' ? 1 : 0;
    server.emit('request', one.message, one.answer);
  }
  function send(one: Peer, bytes: number): void {
    if (one.state === 'half') one.socket.bytesRead = (one.socket.bytesRead as number) + bytes;
  }
  function rest(one: Peer): void {
    if (one.state !== 'half') return;
    one.message!.complete = true;
    one.state = 'working';
  }
  function finish(one: Peer): void {
    if (!one.answer) return;
    const { answer } = one;
    delete one.answer;
    one.state = 'idle';
    one.idleAs = idled++;
    one.client = undefined;
    one.socket.writableLength = 0;
    answer.emit('close');
  }
  function shake(one: Peer, client: string): void {
    if (one.state !== 'fresh' && one.state !== 'idle') return;
    server.emit('upgrade', { socket: one.socket, client }, one.socket);
    // Without a proxy it counts as idle until its caller is let in.
    if (!isProxys(one)) return;
    one.client = groupOf(client);
    one.state = 'shaken';
    one.since = time.now;
  }
  function letIn(one: Peer, client: string): void {
    if (one.answer || one.state === 'letIn') return;
    const address = isProxys(one) ? client : one.address;
    one.client = groupOf(address);
    one.state = 'letIn';
    one.since = time.now;
    server.emit(LET_IN, one.socket, address);
  }
  function judge(one: Peer): void {
    if (one.state !== 'letIn') return;
    one.isJudged = true;
    one.since = time.now;
    server.emit(LET_IN, one.socket, '');
  }
  return { time, peers, connections, enter, begin, send, rest, finish, shake, letIn, judge, close };
}

const address = fc.constantFrom(PROXY, PROXY, PROXY, 'a', 'b', 'v6x1', 'v6x2', 'v6y1');
const client = fc.constantFrom('k', 'k', 'l', 'm', 'v6k1', 'v6k2', 'v6l1');
const state = fc.constantFrom<State>(
  'fresh',
  'fresh',
  'idle',
  'working',
  'half',
  'half',
  'unread',
  'shaken',
  'letIn',
  'letIn',
);
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      is: fc.constant('come' as const),
      address,
      client,
      state,
      judged: fc.boolean(),
      times: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constantFrom('send', 'send', 'rest', 'finish', 'judge', 'letIn', 'leave'),
      client,
      at: fc.nat(),
      times: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('pass' as const),
      ms: fc.constantFrom(100, 999, 1_000, 1_400, 2_999, 3_000),
    }),
  },
);

test('who is closed, who is refused and who never is, whatever comes in whatever order', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(6, 20, 60),
      fc.array(happening, { minLength: 12, maxLength: 60, size: 'max' }),
      (total, happenings) => {
        const world = createWorld(total);
        for (const one of happenings) {
          if (one.is === 'pass') world.time.now += one.ms;
          else if (one.is === 'come') {
            for (let i = 0; i < one.times; i++) {
              const peer = world.enter(one.address);
              if (peer.isClosed) continue;
              if (one.state === 'letIn') world.letIn(peer, one.client);
              if (one.state === 'letIn' && one.judged) world.judge(peer);
              if (one.state === 'shaken') world.shake(peer, one.client);
              if (one.state === 'working' || one.state === 'half' || one.state === 'unread')
                world.begin(peer, one.client, one.state);
              if (one.state === 'idle') {
                world.begin(peer, one.client, 'working');
                world.finish(peer);
              }
            }
          } else {
            for (let i = 0; i < one.times; i++) {
              const peer = world.peers[(one.at + i) % (world.peers.length || 1)];
              if (!peer) break;
              if (one.is === 'send') world.send(peer, 1 + (one.at % 3));
              if (one.is === 'rest') world.rest(peer);
              if (one.is === 'finish') world.finish(peer);
              if (one.is === 'judge') world.judge(peer);
              if (one.is === 'letIn') world.letIn(peer, one.client);
              if (one.is === 'leave') world.close(peer);
            }
          }
          expect(world.connections.stats().open).toBe(world.peers.length);
        }
        for (const peer of [...world.peers]) world.close(peer);
        expect(world.connections.stats()).toMatchObject({ open: 0, idle: 0 });
      },
    ),
    { numRuns: 100 },
  );
});
