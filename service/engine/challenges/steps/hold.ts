/** Frames in which a held pose must be seen. */
const FEWEST = 2;

/** Milliseconds without the pose after which holding it begins again; a second such slip does too: one frame may be read wrongly. */
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
  let slips = 0;
  let slipped = false;
  return {
    observe(at, held) {
      if (!held && !slipped) slips += 1;
      slipped = !held;
      if (at - last > (held ? BROKEN : SLIP) || slips > 1) since = undefined;
      if (held) {
        if (since === undefined) {
          since = at;
          frames = 0;
          slips = 0;
        }
        last = at;
        frames += 1;
      }
      if (since === undefined) return 0;
      const share = holdMs === 0 ? 1 : (last - since) / holdMs;
      return frames < FEWEST ? Math.min(0.5, share) : Math.min(1, share);
    },
  };
}
