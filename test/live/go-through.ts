import type { LiveState } from '../../service/engine/live/index.ts';
import { connectFrames } from './frame-connection.ts';
import type { Act } from './live-pictures.ts';

/** Milliseconds between two frames, as renderer/capture/parts/use-frames.ts. */
const PACE = { usual: 100, slower: 125, queued: 1_000 };

export interface Watcher {
  /** Every state that comes. */
  state(state: LiveState): void;
  /** True: the client goes away. */
  over(): boolean;
}

/**
 * One session of a person in front of a camera, as the capture page does it, to its decision: the last state. The time of a frame is
 * `performance.now()` at its sending.
 */
export async function goThrough(
  url: string,
  token: string,
  person: Act,
  watcher?: Watcher,
): Promise<LiveState | undefined> {
  const onState = watcher?.state ?? (() => {});
  const connection = await connectFrames(url, { token, onState });
  let asked = -1;
  for await (const _ of ticks(() => PACE[paceOf(connection.state)])) {
    const { state } = connection;
    const isOver = state?.state === 'decided' || state?.state === 'ended';
    if (watcher?.over() || isOver || connection.closed) break;
    if (!state) continue;
    if ((state.state === 'ready' || state.state === 'between') && asked !== state.attempt) {
      asked = state.attempt;
      connection.say({ is: 'start' });
    }
    connection.frame(person(state), performance.now());
  }
  connection.close();
  return connection.state;
}

const paceOf = (state: LiveState | undefined): keyof typeof PACE =>
  state?.state === 'queued' ? 'queued' : state?.slower ? 'slower' : 'usual';

/** One after each pause, without drift. */
async function* ticks(pace: () => number): AsyncGenerator<void> {
  let next = performance.now();
  for (;;) {
    yield;
    next = Math.max(next + pace(), performance.now());
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
  }
}
