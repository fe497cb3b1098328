import { setImmediate as pause } from 'node:timers/promises';

/** For long work in this thread: called with what was done since the last call, it lets others have a turn after every `most` of it. */
export function turnsEvery(most: number): (done: number) => Promise<void> | undefined {
  let since = 0;
  return (done) => {
    since += done;
    if (since < most) return undefined;
    since = 0;
    return pause();
  };
}
