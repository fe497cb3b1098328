import { AsyncLocalStorage } from 'node:async_hooks';

/** Runs work on one key after the other, in the order asked; work on different keys runs side by side. */
export type Turns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const done = mine.then(
      () => {},
      () => {},
    );
    last.set(key, done);
    void done.then(() => {
      if (last.get(key) === done) last.delete(key);
    });
    return mine;
  };
}

/** Runs `work` when everything asked before it has ended, however that ended. */
type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>;

export function createOneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => {});
    return mine;
  };
}

/** What work is done for: an organization, or callers without a credential; and one of its callers. */
export type Party = readonly [group: string, member: string];

const box: Party = ['', ''];
const acting = new AsyncLocalStorage<Party>();
/** All that `work` does is done for this one. */
export const actFor = <T>(party: Party, work: () => T): T => acting.run(party, work);
/** The same for what is shared: it does not wait for the other work of the caller that happened to ask first. */
export const actForBox = <T>(work: () => T): T => actFor(box, work);

/** Those that wait: `take` gives the groups a turn each, in a group its members, and of one member what came first. */
export function createFairLines<T>() {
  const groups = new Map<string, Map<string, T[]>>();
  return {
    /** Without `party`, for the one that it is done for. */
    add(item: T, [group, member]: Party = acting.getStore() ?? box): void {
      const members = groups.get(group) ?? new Map<string, T[]>();
      groups.set(group, members);
      const line = members.get(member);
      if (line) line.push(item);
      else members.set(member, [item]);
    },
    take(): T | undefined {
      const [group] = groups;
      const [member] = group?.[1] ?? [];
      if (!group || !member) return undefined;
      const item = member[1].shift();
      group[1].delete(member[0]);
      if (member[1].length > 0) group[1].set(...member);
      groups.delete(group[0]);
      if (group[1].size > 0) groups.set(...group);
      return item;
    },
  };
}

interface Patience {
  /** Milliseconds; work whose turn comes later is not begun. */
  patience: number;
  /** Makes what is thrown then. */
  refuse: () => Error;
}

/** Runs one work at a time, in fair turns of the parties. */
export function createFairOneAtATime({ patience, refuse }: Patience): OneAtATime {
  const lines = createFairLines<() => void>();
  let isTaken = false;
  return async (work) => {
    const since = performance.now();
    if (isTaken) await new Promise<void>((turn) => lines.add(turn));
    isTaken = true;
    try {
      if (performance.now() - since > patience) throw refuse();
      return await work();
    } finally {
      const next = lines.take();
      if (next) next();
      else isTaken = false;
    }
  };
}

/** Runs `work` after each call: calls at one time share a run that began after each of them, since the one under way may have begun before what a caller has to see. */
export function coalesce<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  function begin(): Promise<T> {
    running = work().finally(() => {
      running = undefined;
    });
    return running;
  }
  return () => {
    if (running === undefined) return begin();
    next ??= running
      .catch(() => {})
      .then((): Promise<T> => {
        next = undefined;
        return running ?? begin();
      });
    return next;
  };
}
