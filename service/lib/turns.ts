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

interface Patience {
  /** Milliseconds; work whose turn comes later is not begun. */
  patience: number;
  /** Makes what is thrown then. */
  refuse: () => Error;
}

export function createOneAtATime(bound?: Patience): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const since = performance.now();
    const begin = () => {
      if (bound && performance.now() - since > bound.patience) throw bound.refuse();
      return work();
    };
    const mine = last.then(begin, begin);
    last = mine.catch(() => {});
    return mine;
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
