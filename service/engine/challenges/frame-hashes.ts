/** A camera in bad light shows a frame for longer; more of that is a picture that stands. */
const MOST_STANDING = 5;

/** Pixel hashes of one attempt. */
export interface FrameHashes {
  /** `ignored`: the same as the frame before; `fault`: an earlier one again, or the same one for too long. */
  add(hash: string): 'new' | 'ignored' | 'fault';
  all(): string[];
  counts(): { frames: number; repeated: number };
}

export function createFrameHashes(): FrameHashes {
  const seen = new Set<string>();
  let last: string | undefined;
  /** In a row. */
  let standing = 0;
  let repeated = 0;
  return {
    add(hash) {
      if (hash === last) {
        standing += 1;
        repeated += 1;
        return standing > MOST_STANDING ? 'fault' : 'ignored';
      }
      if (seen.has(hash)) return 'fault';
      seen.add(hash);
      last = hash;
      standing = 0;
      return 'new';
    },
    all: () => [...seen],
    counts: () => ({ frames: seen.size, repeated }),
  };
}
