/** Runs `work` when everything asked before it has ended, however that ended. */
export type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>;

export interface Patience {
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
