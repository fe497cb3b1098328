import { WebSocket } from 'undici';
import type { LiveState } from '../../service/engine/live/index.ts';

/** A message of the box, or how it closed the connection. */
export type Received =
  | LiveState
  | { is: 'refused' | 'ended'; code: string; message: string }
  | { is: 'closed'; code: number };

/** The WebSocket of a capture page. */
export interface FrameConnection {
  /** The last state that came. */
  readonly state: LiveState | undefined;
  readonly closed: boolean;
  /** In the order in which they came; after the end again and again how it closed. */
  next(): Promise<Received>;
  /** The first that fits, and leaves out those before it. */
  nextThat<T extends Received>(fits: (received: Received) => received is T): Promise<T>;
  say(text: string | object): void;
  frame(jpeg: Uint8Array, at: number): void;
  close(): void;
}

export const isState = (received: Received): received is LiveState => received.is === 'state';

/** Opens the connection; `token` is its first message, where one is given. `onState` is called for every state. */
export async function connectFrames(
  url: string,
  {
    token,
    origin = url,
    onState,
  }: { token?: string; origin?: string; onState?: (state: LiveState) => void } = {},
): Promise<FrameConnection> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/live/frames`, {
    headers: { origin: new URL(origin).origin },
  });
  socket.binaryType = 'arraybuffer';
  const received: Received[] = [];
  let wake = Promise.withResolvers<void>();
  let state: LiveState | undefined;
  let end: Received | undefined;
  const put = (one: Received) => {
    received.push(one);
    wake.resolve();
    wake = Promise.withResolvers();
  };
  socket.addEventListener('message', ({ data }) => {
    const one = JSON.parse(String(data)) as Received;
    if (isState(one)) {
      state = one;
      onState?.(one);
    }
    if (!onState) put(one);
  });
  const opened = Promise.withResolvers<void>();
  socket.addEventListener('open', () => opened.resolve());
  socket.addEventListener('close', ({ code }) => {
    end = { is: 'closed', code };
    opened.resolve();
    put(end);
  });
  await opened.promise;
  const send = (message: string | Uint8Array<ArrayBuffer>) => {
    if (!end) socket.send(message);
  };
  if (token !== undefined) send(JSON.stringify({ token }));

  async function next(): Promise<Received> {
    while (received.length === 0) {
      if (end) return end;
      await wake.promise;
    }
    return received.shift()!;
  }
  return {
    get state() {
      return state;
    },
    get closed() {
      return end !== undefined;
    },
    next,
    async nextThat<T extends Received>(fits: (one: Received) => one is T) {
      for (;;) {
        const one = await next();
        if (fits(one)) return one;
        if (one.is === 'closed') throw new Error(`The connection was closed with ${one.code}.`);
      }
    },
    say: (text) => send(typeof text === 'string' ? text : JSON.stringify(text)),
    frame(jpeg, at) {
      const head = Buffer.alloc(8);
      head.writeDoubleBE(at);
      send(new Uint8Array(Buffer.concat([head, jpeg])));
    },
    close: () => socket.close(),
  };
}
