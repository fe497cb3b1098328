import type { Clock } from '../clock.ts';
import { siteOf, sourceOf } from '../source.ts';

/** Whose turn something scarce is: work of a thread, a place, a stream. */
export interface Share {
  world: 'live' | 'test';
  /** '': of none, as before a sign-in from an unknown source. */
  organization: string;
  /** An API key, a published flow, or another caller of the organization. */
  key: string;
  /**
   * Of the person or browser, where many share the key: a network address, of which the /48 and in it the /64 count for IPv6, or another name.
   */
  address?: string;
  /** Work of some tens of milliseconds, such as a frame of a camera: the seat that is kept for others is for it too. */
  brief?: true;
}

export interface FairQueue<T extends { share: Share }> {
  readonly waiting: number;
  add(item: T): void;
  /**
   * The next to be worked on, counted as at work until `finish`; undefined when none waits, or when those that wait have all the
   * seats they may have.
   */
  take(): T | undefined;
  finish(item: T): void;
  /** Takes a waiting one out; false when it does not wait. */
  remove(item: T): boolean;
  /** Takes every waiting one out. */
  empty(): T[];
  /**
   * Takes out who gives way where more than `most` wait: the newest of the address, key, organization and world with the most; of equals
   * of `newcomer`'s.
   */
  dropExcess(newcomer: T, most: number): T | undefined;
  /** Those that wait, in about the order in which they will be taken. */
  order(): T[];
  /**
   * Whether its world, organization, key, network or address has at least two more at work than another beside it that waits; for the test
   * world, whether the live one waits.
   */
  isBeyondShare(item: T): boolean;
  /** How many of the same organization, key and address wait. */
  waitingOf(share: Share): number;
}

export interface FairQueueDeps {
  /** How many may be at work; asked each time. */
  seats: number | (() => number);
  clock: Clock;
  /** Among what a seat is kept for another: organizations and worlds alone, or keys and addresses too, the default. */
  keepsFor?: 'organizations';
  /** The last so many seats are for organizations that have nothing at work. None by default. */
  forNewcomers?: number;
}

/** Milliseconds for which a seat is kept for a party that had work lately. */
const LATELY = 10 * 60_000;
/** Members of a party that are remembered, beside those that wait or are at work. */
const MOST_MEMBERS = 1_000;

interface Party<T> {
  atWork: number;
  waiting: number;
  seen: number;
  /** When it was last given a seat, as a number that only grows. */
  served: number;
  /** Last those that last had something, or began to wait. */
  members: Map<string, Party<T>>;
  /** Waiting items of an address. */
  items: T[];
}

/**
 * Shares `seats` fairly. The live world goes before the test world; within a world the organization with the fewest at work is next,
 * of equals the one that was served longest ago; within an organization the same holds for its keys, within a key for its networks (an
 * address of IPv4, a /48 of IPv6), and within a network for its addresses (a /64). Where another address, key, organization or the live world had work in the last ten minutes, none gets the last seat: long work of one does not make
 * the others wait for its end. Brief work may have it, since it is free again in a moment; but not of the test world, for which the
 * live one does not wait at all.
 */
export function createFairQueue<T extends { share: Share }>({
  seats,
  clock,
  keepsFor,
  forNewcomers = 0,
}: FairQueueDeps): FairQueue<T> {
  const root = createParty<T>();
  let turn = 0;
  const keptLevels = keepsFor === 'organizations' ? 1 : LEVELS;

  function remove(item: T): boolean {
    const parties = pathOf(root, item.share);
    const { items } = parties.at(-1)!;
    const at = items.indexOf(item);
    if (at < 0) return false;
    items.splice(at, 1);
    for (const party of [root, ...parties]) party.waiting--;
    return true;
  }

  return {
    get waiting() {
      return root.waiting;
    },
    add(item) {
      const parties = touch(root, item.share, clock.now());
      for (const party of parties) party.waiting++;
      parties.at(-1)!.items.push(item);
    },
    take() {
      const all = typeof seats === 'number' ? seats : seats();
      const newcomersAlone = forNewcomers > 0 && root.atWork >= all - forNewcomers;
      const parties = choosePath(root, { seats: all, now: clock.now(), keptLevels, newcomersAlone });
      if (!parties) return undefined;
      turn++;
      for (const party of [root, ...parties]) {
        party.waiting--;
        party.atWork++;
        party.served = turn;
      }
      return parties.at(-1)!.items.shift();
    },
    finish({ share }) {
      for (const party of touch(root, share, clock.now())) party.atWork--;
    },
    remove,
    isBeyondShare({ share }) {
      const parties = pathOf(root, share);
      return parties.some((party, level) => {
        const { members } = level === 0 ? root : parties[level - 1]!;
        const waiting = [...members.values()].filter((other) => other !== party && other.waiting > 0);
        return level === 0
          ? share.world === 'test' && waiting.length > 0
          : waiting.some(({ atWork }) => atWork + 1 < party.atWork);
      });
    },
    empty: () => itemsOf(root).filter(remove),
    dropExcess({ share }, most) {
      if (root.waiting <= most) return undefined;
      const world = memberOf(root, (root.members.get('test')?.waiting ?? 0) > 0 ? 'test' : 'live');
      const [, ...names] = namesOf(share);
      const last = names.reduce(fullest<T>, world).items.at(-1)!;
      remove(last);
      return last;
    },
    order: () =>
      [root.members.get('live'), root.members.get('test')].flatMap((world) => (world ? inOrder(world) : [])),
    waitingOf: (share) =>
      namesOf(share).reduce<Party<T> | undefined>((party, name) => party?.members.get(name), root)?.waiting ??
      0,
  };
}

const hadWorkLately = <T>(party: Party<T>, now: number): boolean =>
  party.atWork > 0 || party.waiting > 0 || now - party.seen < LATELY;

/** Seats that a party may have beside the other `siblings`. */
function allowance<T>(party: Party<T>, siblings: Party<T>[], seats: number, now: number): number {
  const shared = siblings.some((other) => other !== party && hadWorkLately(other, now));
  return shared ? Math.max(1, seats - 1) : seats;
}

interface Choice {
  seats: number;
  now: number;
  /** Levels below the world at which a seat is kept for others. */
  keptLevels: number;
  /** Whether an organization with something at work gets none. */
  newcomersAlone?: boolean;
}

/** The world, the organization, the key and the address to serve next. */
function choosePath<T extends { share: Share }>(root: Party<T>, choice: Choice): Party<T>[] | undefined {
  const live = root.members.get('live');
  for (const world of ['live', 'test'] as const) {
    const party = root.members.get(world);
    if (!party || party.waiting === 0) continue;
    // The live world never waits for the test world.
    if (world === 'test' && live && party.atWork >= allowance(party, [live], choice.seats, choice.now))
      continue;
    const rest = chooseWithin(party, choice, false);
    if (rest) return [party, ...rest];
  }
  return undefined;
}

/** The members of `party` from the one to serve down to its address. `briefAlone`: one of them has all the seats that long work may have. */
function chooseWithin<T extends { share: Share }>(
  party: Party<T>,
  { seats, now, keptLevels, newcomersAlone }: Choice,
  briefAlone: boolean,
): Party<T>[] | undefined {
  const [first] = party.items;
  if (first) return briefAlone && !first.share.brief ? undefined : [];
  const members = [...party.members.values()];
  const candidates = members
    .filter((member) => member.waiting > 0 && !(newcomersAlone && member.atWork > 0))
    .toSorted((a, b) => a.atWork - b.atWork || a.served - b.served);
  for (const member of candidates) {
    const full = keptLevels > 0 && member.atWork >= allowance(member, members, seats, now);
    const rest = chooseWithin(member, { seats, now, keptLevels: keptLevels - 1 }, briefAlone || full);
    if (rest) return [member, ...rest];
  }
  return undefined;
}

/** Those that wait below a party: each round one of each member, first of those with the fewest at work. */
function inOrder<T>(party: Party<T>): T[] {
  if (party.items.length > 0) return party.items;
  return [...party.members.values()]
    .flatMap((member) =>
      inOrder(member).map((item, at) => ({ item, round: member.atWork + at, served: member.served })),
    )
    .toSorted((a, b) => a.round - b.round || a.served - b.served)
    .map(({ item }) => item);
}

/** Organization, key, network and address. */
const LEVELS = 4;
function namesOf({ world, organization, key, address = '' }: Share): string[] {
  const network = siteOf(address);
  return [world, organization, key, network ?? address, network ? sourceOf(address) : ''];
}

/** The world, the organization, the key, the network and the address of a share. */
function pathOf<T>(root: Party<T>, share: Share): Party<T>[] {
  let party = root;
  return namesOf(share).map((name) => {
    party = memberOf(party, name);
    return party;
  });
}

/** As `pathOf`, from the root on; each was seen now. Forgets members that have had nothing for long, and of too many the oldest. */
function touch<T>(root: Party<T>, share: Share, now: number): Party<T>[] {
  const parties = [root];
  for (const name of namesOf(share)) {
    const party = parties.at(-1)!;
    const { members } = party;
    const member = memberOf(party, name);
    member.seen = now;
    // One that waits keeps its turn among equals.
    if (member.waiting === 0) {
      members.delete(name);
      members.set(name, member);
    }
    for (const [other, { atWork, waiting, seen }] of members) {
      if (other === name || (members.size <= MOST_MEMBERS && now - seen < LATELY)) break;
      if (atWork === 0 && waiting === 0) members.delete(other);
    }
    parties.push(member);
  }
  return parties;
}

function createParty<T>(): Party<T> {
  return { atWork: 0, waiting: 0, seen: Number.NEGATIVE_INFINITY, served: 0, members: new Map(), items: [] };
}

function memberOf<T>(party: Party<T>, name: string): Party<T> {
  const found = party.members.get(name);
  if (found) return found;
  const made = createParty<T>();
  party.members.set(name, made);
  return made;
}

/** The member with the most waiting; of equals the one named. */
function fullest<T>(party: Party<T>, name: string): Party<T> {
  const most = Math.max(...[...party.members.values()].map(({ waiting }) => waiting));
  const named = party.members.get(name);
  return named?.waiting === most
    ? named
    : [...party.members.values()].find(({ waiting }) => waiting === most)!;
}

function itemsOf<T>({ items, members }: Party<T>): T[] {
  return [...items, ...[...members.values()].flatMap(itemsOf)];
}
