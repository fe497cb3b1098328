/** Looks, ten seconds apart, at all of which it must be there: a copy of the server that is made streams for a moment like a standby. */
const LOOKS = 6;
/** Looks after which what is gone was taken away for good, a day. */
const FORGOTTEN = 8_640;

/** How many standbys there should be, by what looks at the server found. */
export function createStandbyCount() {
  let newest: number[] = [];
  let most = 0;
  let below = 0;
  return {
    saw(count: number): void {
      newest = [...newest, count].slice(-LOOKS);
      if (newest.length === LOOKS) most = Math.max(most, Math.min(...newest));
      below = count < most ? below + 1 : 0;
      if (below < FORGOTTEN) return;
      most = count;
      below = 0;
    },
    read: (): { most: number; now: number } => ({ most, now: newest.at(-1) ?? 0 }),
  };
}
