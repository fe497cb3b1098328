/** How many are leased together: few of what is slow, so that little is held; many of what is fast, so that it seldom waits. */
export interface LeaseBatch {
  size(): number;
  /** Another one is leased at `now`: larger than the last when that was used up at once. */
  next(now: number): number;
}

const SMALLEST = 4;
const LARGEST = 128;
/** Milliseconds in which a fast one uses up its batch. */
const FAST = 250;

export function createLeaseBatch(): LeaseBatch {
  let size = SMALLEST;
  let leasedAt = 0;
  return {
    size: () => size,
    next(now) {
      const fast = Math.abs(now - leasedAt) < FAST;
      size = fast ? Math.min(LARGEST, size * 2) : Math.max(SMALLEST, Math.floor(size / 2));
      leasedAt = now;
      return size;
    },
  };
}
