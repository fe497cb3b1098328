/** Milliseconds by which the client's clock may run ahead of ours since the first frame, and share of the time since then. */
const AHEAD = 2000;
const AHEAD_SHARE = 0.02;
/** Milliseconds by which a frame may arrive later than the fastest one did. */
const LATEST = 5000;
/** Milliseconds over which the frame rate is counted. */
const WINDOW = 2000;

/** Times of the frames of one attempt: the client's own, held against ours. */
export interface FrameTimes {
  /** Whether the time is later than all before and plausible for the moment of arrival. */
  plausible(frame: { at: number; receivedAt: number }): boolean;
  /** Frames a second over the last two seconds; undefined before half a second has passed. */
  rate(): number | undefined;
}

export function createFrameTimes(): FrameTimes {
  let first: { at: number; receivedAt: number } | undefined;
  let last = Number.NEGATIVE_INFINITY;
  /** Arrival less the client's time, of the frame that arrived fastest. */
  let least = Number.POSITIVE_INFINITY;
  const recent: number[] = [];
  return {
    plausible({ at, receivedAt }) {
      if (!Number.isFinite(at) || !Number.isFinite(receivedAt) || at <= last) return false;
      last = at;
      first ??= { at, receivedAt };
      const ours = receivedAt - first.receivedAt;
      const theirs = at - first.at;
      if (theirs > ours * (1 + AHEAD_SHARE) + AHEAD) return false;
      least = Math.min(least, receivedAt - at);
      if (receivedAt - at > least + LATEST) return false;
      recent.push(at);
      while (at - recent[0]! > WINDOW) recent.shift();
      return true;
    },
    rate() {
      const span = recent.length > 1 ? recent.at(-1)! - recent[0]! : 0;
      return span < 500 ? undefined : ((recent.length - 1) * 1000) / span;
    },
  };
}
