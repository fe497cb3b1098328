/** Runs `work` every so many milliseconds, the first time after one such pause, until what it gives is called. Passed in, so that tests own the time. */
export type Repeat = (work: () => void, milliseconds: number) => () => void;

/** Keeps no process alive. */
export const onTimers: Repeat = (work, milliseconds) => {
  const timer = setInterval(work, milliseconds);
  timer.unref();
  return () => clearInterval(timer);
};
