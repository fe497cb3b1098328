import type { LiveState } from '../../service/engine/live/index.ts';
import { goThrough } from '../live/go-through.ts';
import { createPost } from '../live/live-door.ts';
import type { Act } from '../live/live-pictures.ts';

/** A person in front of a camera, and the next one when the session is over. */
export interface LiveClient {
  /** How the session stands, by the last message. */
  readonly state: LiveState | undefined;
  /** Counts from now on. */
  watch(): void;
  /** Milliseconds from a frame to the state that judges it, since `watch`. */
  readonly latencies: readonly number[];
  /** Frames that were judged, but for the first of each attempt. */
  readonly judgedFrames: number;
  /** Milliseconds from each of them back to the one before in the same attempt. */
  readonly judgedFor: number;
  end(): void;
}

/** `key` creates the sessions. */
export function startLiveClient(url: string, key: string, act: () => Act): LiveClient {
  const { session, begin } = createPost(url);
  let over = false;
  let since = performance.now();
  let latencies: number[] = [];
  let judgedFor = 0;
  let judgedFrames = 0;
  /** When the frame before was judged in the same attempt. */
  let last: number | undefined;
  let state: LiveState | undefined;
  let failure: unknown;
  const watcher = {
    state(now: LiveState) {
      const at = performance.now();
      state = now;
      if (!isJudged(now)) last = undefined;
      if (now.judged === undefined || now.judged < since) return;
      latencies.push(at - now.judged);
      if (!isJudged(now)) return;
      if (last !== undefined) {
        judgedFor += at - last;
        judgedFrames++;
      }
      last = at;
    },
    over: () => over,
  };

  const all = async () => {
    while (!over) {
      const { token } = await session(key);
      await begin(token);
      await goThrough(url, token, act(), watcher);
      state = undefined;
    }
  };
  all().catch((error: unknown) => {
    failure = error;
  });
  return {
    get state() {
      if (failure !== undefined) throw failure;
      return state;
    },
    watch() {
      since = performance.now();
      latencies = [];
      judgedFor = 0;
      judgedFrames = 0;
      last = undefined;
    },
    get latencies() {
      return latencies;
    },
    get judgedFrames() {
      return judgedFrames;
    },
    get judgedFor() {
      return judgedFor;
    },
    end() {
      over = true;
    },
  };
}

const isJudged = (state: LiveState | undefined): boolean =>
  state?.state === 'guiding' || state?.state === 'running';
