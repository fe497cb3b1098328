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

/** One way to the box, until it breaks. */
export interface Line {
  start(device: Device): void;
  /** False: nothing was sent, because the line is slow or not there yet. */
  send(frame: Frame): boolean;
  /** How the session stands; where the box says so by itself there is nothing to ask. */
  ask?(): void;
  close(): void;
}

export interface LineDeps {
  token: string;
  state(state: LiveState): void;
}

export interface SocketLineDeps extends LineDeps {
  openSocket: () => Socket;
  /** The box ended the session for this socket: it says how the session stands to a request. */
  ended(): void;
  /** `opened`: a state had come before. */
  closed(end: { code: number; opened: boolean }): void;
}

const OPEN = 1;
/** Bytes that wait in the browser; beyond this a frame is left out. */
const MOST_WAITING = 300_000;

export const browserSocket = (): Socket =>
  new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/live/frames`) as unknown as Socket;

/** The token first, then frames; the box sends states. */
export function openSocketLine({ token, openSocket, state, ended, closed }: SocketLineDeps): Line {
  const socket = openSocket();
  let opened = false;
  let over = false;
  socket.onopen = () => socket.send(JSON.stringify({ token }));
  socket.onmessage = ({ data }) => {
    if (over) return;
    const message = parse(data);
    if (message?.is === 'ended') ended();
    if (message?.is !== 'state') return;
    opened = true;
    state(message as LiveState);
  };
  socket.onclose = ({ code }) => {
    if (over) return;
    over = true;
    closed({ code, opened });
  };
  return {
    start: (device) => socket.readyState === OPEN && socket.send(JSON.stringify({ is: 'start', device })),
    send(frame) {
      if (!opened || socket.readyState !== OPEN || socket.bufferedAmount > MOST_WAITING) return false;
      socket.send(messageOf(frame));
      return true;
    },
    close() {
      over = true;
      socket.close();
    },
  };
}

/** Milliseconds since the page began, then the JPEG. */
function messageOf({ image, time }: Frame): Blob {
  const head = new DataView(new ArrayBuffer(8));
  head.setFloat64(0, time);
  return new Blob([head.buffer, image]);
}

function parse(data: unknown): { is?: string } | undefined {
  try {
    return typeof data === 'string' ? (JSON.parse(data) as { is?: string }) : undefined;
  } catch {
    return undefined;
  }
}
