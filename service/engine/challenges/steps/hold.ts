/** Frames in which a held pose must be seen. */
const FEWEST = 2;

/** Milliseconds without the pose after which holding it begins again: one frame may be read wrongly. */
const SLIP = 250;
/** The same without any frame that could be judged. */
const BROKEN = 600;

/** How long a pose has been held. */
export interface Hold {
  /** 0..1 of the time to hold. */
  observe(at: number, held: boolean): number;
}

export function createHold(holdMs: number): Hold {
  let since: number | undefined;
  let last = 0;
  let frames = 0;
  return {
    observe(at, held) {
      if (held) {
        if (at - last > BROKEN) since = undefined;
        if (since === undefined) frames = 0;
        since ??= at;
        last = at;
        frames += 1;
      } else if (since !== undefined && at - last > SLIP) {
        since = undefined;
      }
      if (since === undefined) return 0;
      const share = holdMs === 0 ? 1 : (last - since) / holdMs;
      return frames < FEWEST ? Math.min(0.5, share) : Math.min(1, share);
    },
  };
}
