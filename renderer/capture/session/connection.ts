import { type LiveApi, Refusal } from './api.ts';
import type { Device, Frame, LiveState } from './wire.ts';

/** What of a WebSocket is used. */
export interface Socket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(message: string | Blob): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface ConnectionDeps {
  token: string;
  api: Pick<LiveApi, 'state' | 'frames'>;
  openSocket?(): Socket;
  state(state: LiveState): void;
  connected(is: boolean): void;
  /** The session is over for this browser: `ended`, or `taken` by another connection. */
  over(why: 'ended' | 'taken'): void;
}

export interface Connection {
  /** Asks for an attempt; again after a lost connection, until it is there. */
  start(device: Device): void;
  /** False: nothing was sent, because the line is slow or broken. */
  send(frame: Frame): boolean;
  close(): void;
}

const OPEN = 1;
/** Bytes that wait in the browser; beyond this a frame is left out. */
const MOST_WAITING = 300_000;
/** Milliseconds without a message after which the box is asked. */
const SILENT = 4_000;
/** Sockets that never open until requests are used. */
const MOST_FAILURES = 2;
/** Frames of one request. */
const MOST_FRAMES = 5;
const pauses = [300, 700, 1_500, 3_000];
const closeCodes = { refused: 4401, taken: 4409 };

const browserSocket = (): Socket =>
  new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/live/frames`) as unknown as Socket;

/** Milliseconds since the page began, then the JPEG. */
export function messageOf({ image, time }: Frame): Blob {
  const head = new DataView(new ArrayBuffer(8));
  head.setFloat64(0, time);
  return new Blob([head.buffer, image]);
}

/** Frames over a WebSocket; where none gets through, by requests. A lost connection is opened again until `close`. */
export function createConnection(deps: ConnectionDeps): Connection {
  const { token, api } = deps;
  let socket: Socket | undefined;
  let ready = false;
  let failures = 0;
  let tries = 0;
  let posting = false;
  let closed = false;
  let wish: Device | undefined;
  let heardAt = performance.now();
  let sentSince = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting: Frame[] = [];
  let underWay = false;

  const receive = (state: LiveState) => {
    heardAt = performance.now();
    sentSince = false;
    tries = 0;
    // The attempt that was asked for is there.
    if (state.state !== 'ready' && state.state !== 'between') wish = undefined;
    deps.state(state);
  };
  const end = (why: 'ended' | 'taken') => {
    if (closed) return;
    close();
    deps.over(why);
  };
  const later = (act: () => void) => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(act, pauses[Math.min(tries++, pauses.length - 1)]);
  };

  function open(): void {
    if (closed) return;
    if (posting) return void post();
    const own = (deps.openSocket ?? browserSocket)();
    socket = own;
    let opened = false;
    own.onopen = () => own.send(JSON.stringify({ token }));
    own.onmessage = ({ data }) => {
      if (socket !== own) return;
      const message = parse(data);
      if (message?.is === 'ended') return void ask();
      if (message?.is !== 'state') return;
      opened = true;
      failures = 0;
      if (!ready) {
        ready = true;
        deps.connected(true);
        if (wish) own.send(JSON.stringify({ is: 'start', device: wish }));
      }
      receive(message as LiveState);
    };
    own.onclose = ({ code }) => {
      if (socket !== own) return;
      drop();
      if (closed) return;
      // A newer connection of this session took its place, as that of another tab.
      if (code === closeCodes.taken && opened) return end('taken');
      if (!opened && ++failures >= MOST_FAILURES && code !== closeCodes.refused) posting = true;
      later(code === closeCodes.refused ? () => void ask().then(open) : open);
    };
  }

  function drop(): void {
    const own = socket;
    socket = undefined;
    if (ready) deps.connected(false);
    ready = false;
    own?.close();
  }

  /** How the session stands, by a request. */
  async function ask(): Promise<boolean> {
    try {
      receive(await api.state(token));
      return true;
    } catch (error) {
      if (isOver(error)) end('ended');
      return false;
    }
  }

  async function post(): Promise<void> {
    if (underWay || closed) return;
    underWay = true;
    try {
      const frames = await Promise.all(
        waiting.splice(0).map(async ({ image, time }) => ({ image: await toBase64(image), time })),
      );
      const order = { ...(wish && { is: 'start' as const, device: wish }), frames };
      const state = wish || frames.length > 0 ? await api.frames(token, order) : await api.state(token);
      if (closed) return;
      if (!ready) deps.connected(true);
      ready = true;
      receive(state);
    } catch (error) {
      if (isOver(error)) return end('ended');
      if (error instanceof Refusal && error.status === 409) return end('taken');
      if (ready && !isBusy(error)) deps.connected(false);
      ready = ready && isBusy(error);
      later(() => void post());
    } finally {
      underWay = false;
    }
    if (!closed && (wish || waiting.length > 0) && ready) void post();
  }

  const watch = setInterval(() => {
    if (closed || performance.now() - heardAt < (posting ? 1_000 : SILENT)) return;
    if (posting) return void post();
    if (!ready) return;
    const mute = sentSince;
    heardAt = performance.now();
    void ask().then((answered) => {
      // Frames went out, and nothing came back: the socket is dead, whatever it says.
      if ((mute || !answered) && !closed && socket) {
        drop();
        later(open);
      }
    });
  }, 1_000);

  function close(): void {
    closed = true;
    clearInterval(watch);
    clearTimeout(timer);
    const own = socket;
    socket = undefined;
    own?.close();
  }

  open();
  return {
    start(device) {
      wish = device;
      if (posting) void post();
      else if (ready) socket?.send(JSON.stringify({ is: 'start', device }));
    },
    send(frame) {
      if (!ready) return false;
      if (posting) {
        if (waiting.length >= MOST_FRAMES) return false;
        waiting.push(frame);
        void post();
        return true;
      }
      if (!socket || socket.readyState !== OPEN || socket.bufferedAmount > MOST_WAITING) return false;
      socket.send(messageOf(frame));
      sentSince = true;
      return true;
    },
    close,
  };
}

const isOver = (error: unknown) => error instanceof Refusal && [401, 403, 404, 410].includes(error.status);
const isBusy = (error: unknown) => error instanceof Refusal && [429, 503].includes(error.status);

function parse(data: unknown): { is?: string } | undefined {
  try {
    return typeof data === 'string' ? (JSON.parse(data) as { is?: string }) : undefined;
  } catch {
    return undefined;
  }
}

async function toBase64(image: Blob): Promise<string> {
  const bytes = new Uint8Array(await image.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
