/** Passed in, so that tests own the time. */
export interface Timer {
  /** Runs `work` once after so many milliseconds, unless what it gives is called before. Keeps no process alive. */
  after(milliseconds: number, work: () => void): () => void;
}

export const systemTimer: Timer = {
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
