/**
 * Gives a function that runs `work` unless an earlier one still runs. Unlike state that is rendered, it holds from the first call on: a
 * second submit that comes before the next render is dropped too.
 */
export function createOneAtATime(): (work: () => unknown) => Promise<void> {
  let isRunning = false;
  return async (work) => {
    if (isRunning) return;
    isRunning = true;
    try {
      await work();
    } finally {
      isRunning = false;
    }
  };
}
