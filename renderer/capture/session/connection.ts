import { base64Of } from '../../ui/base64.ts';
import { Refusal } from '../../ui/refusal.ts';
import type { LiveApi } from './api.ts';
import { browserSocket, type Line, type LineDeps, openSocketLine, type Socket } from './socket-line.ts';
import type { Device, Frame, LiveState } from './wire.ts';

export interface ConnectionDeps {
  token: string;
  api: Pick<LiveApi, 'state' | 'frames'>;
  openSocket?(): Socket;
  state(state: LiveState): void;
  connected(is: boolean): void;
  /** The session is over for this browser: `ended`, or `taken` by another connection. */
  over(why: 'ended' | 'taken'): void;
}

/** `start` asks for an attempt; again after a lost connection, until it is there. */
export type Connection = Line;

/** Milliseconds without a message after which the box is asked. */
const SILENT = 4_000;
const POLL = 1_000;
/** Sockets that never open until requests are used. */
const MOST_FAILURES = 2;
const pauses = [300, 700, 1_500, 3_000];
const WITHOUT_ATTEMPT = new Set<LiveState['state']>(['ready', 'queued', 'guiding', 'between']);
const closeCodes = { refused: 4401, taken: 4409 };

interface Upkeep extends ConnectionDeps {
  line: Line | undefined;
  /** Asked for, and not there yet. */
  wish: Device | undefined;
  /** Attempts in the last state. */
  attempt: number | undefined;
  ready: boolean;
  closed: boolean;
  /** No WebSocket gets through. */
  posting: boolean;
  failures: number;
  tries: number;
  lastAnswer: number;
  sentSince: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Frames over a WebSocket; where none gets through, by requests. A lost connection is opened again until `close`. */
export function createConnection(deps: ConnectionDeps): Connection {
  const own: Upkeep = {
    ...deps,
    line: undefined,
    wish: undefined,
    attempt: undefined,
    ready: false,
    closed: false,
    posting: false,
    failures: 0,
    tries: 0,
    lastAnswer: performance.now(),
    sentSince: false,
    timer: undefined,
  };
  const watch = setInterval(() => watchOver(own), POLL);
  const close = () => {
    own.closed = true;
    clearInterval(watch);
    clearTimeout(own.timer);
    own.line?.close();
  };
  own.over = (why) => {
    if (own.closed) return;
    close();
    deps.over(why);
  };
  open(own);
  return {
    start(device) {
      own.wish = device;
      if (own.ready || own.posting) own.line?.start(device);
    },
    send(frame) {
      const sent = own.ready && (own.line?.send(frame) ?? false);
      own.sentSince ||= sent;
      return sent;
    },
    close,
  };
}

function open(own: Upkeep): void {
  if (own.closed) return;
  const { token, api } = own;
  const state = (live: LiveState) => receive(own, live);
  if (own.posting) {
    const line = openRequestLine({ token, api, state, failed: (error) => requestFailed(own, error) });
    own.line = line;
    if (own.wish) line.start(own.wish);
    else line.ask?.();
    return;
  }
  own.line = openSocketLine({
    token,
    state,
    openSocket: own.openSocket ?? browserSocket,
    ended: () => void ask(own),
    closed({ code, opened }) {
      drop(own);
      // A newer connection of this session took its place, as that of another tab.
      if (code === closeCodes.taken && opened) return own.over('taken');
      if (!opened && code !== closeCodes.refused) own.posting = ++own.failures >= MOST_FAILURES;
      later(own, code === closeCodes.refused ? () => void ask(own).then(() => open(own)) : () => open(own));
    },
  });
}

function receive(own: Upkeep, live: LiveState): void {
  if (own.closed) return;
  own.lastAnswer = performance.now();
  own.sentSince = false;
  own.tries = 0;
  own.failures = 0;
  // The attempt that was asked for is there, or none will be. One that waits for a place is asked for again after a lost connection.
  const hasBegun = live.attempt > (own.attempt ?? live.attempt);
  if (hasBegun || !WITHOUT_ATTEMPT.has(live.state)) own.wish = undefined;
  own.attempt = live.attempt;
  if (!own.ready) {
    own.ready = true;
    own.connected(true);
    if (own.wish && !own.posting) own.line?.start(own.wish);
  }
  own.state(live);
}

function drop(own: Upkeep): void {
  own.line?.close();
  own.line = undefined;
  if (own.ready && !own.closed) own.connected(false);
  own.ready = false;
}

function later(own: Upkeep, act: () => void): void {
  if (own.closed) return;
  clearTimeout(own.timer);
  own.timer = setTimeout(act, pauses[Math.min(own.tries++, pauses.length - 1)]);
}

/** How the session stands, by a request. */
async function ask(own: Upkeep): Promise<boolean> {
  try {
    const live = await own.api.state(own.token);
    if (own.ready) receive(own, live);
    return true;
  } catch (error) {
    if (isOver(error)) own.over('ended');
    return false;
  }
}

function requestFailed(own: Upkeep, error: unknown): void {
  if (isOver(error)) own.over('ended');
  if (error instanceof Refusal && error.status === 409) own.over('taken');
  if (own.closed) return;
  // Too many at a time: the connection is there, and the next request comes later.
  const busy = error instanceof Refusal && [429, 503].includes(error.status);
  if (!busy) drop(own);
  later(own, () => {
    own.line?.close();
    open(own);
  });
}

function watchOver(own: Upkeep): void {
  const silent = performance.now() - own.lastAnswer;
  if (own.closed || !own.ready || silent < (own.posting ? POLL : SILENT)) return;
  const { line } = own;
  if (line?.ask) {
    line.ask();
    return;
  }
  const mute = own.sentSince;
  own.lastAnswer = performance.now();
  void ask(own).then((answered) => {
    // Frames went out, and nothing came back: the socket is dead, whatever it says.
    if (own.closed || own.line !== line || (answered && !mute)) return;
    drop(own);
    later(own, () => open(own));
  });
}

const isOver = (error: unknown) => error instanceof Refusal && [401, 403, 404, 410].includes(error.status);

interface RequestLineDeps extends LineDeps {
  api: Pick<LiveApi, 'state' | 'frames'>;
  failed(error: unknown): void;
}

/** Frames of one request. */
const MOST_FRAMES = 5;

/** One request after another, each with the frames that came meanwhile; where no WebSocket gets through. */
function openRequestLine({ token, api, state, failed }: RequestLineDeps): Line {
  const waiting: Frame[] = [];
  let wish: Device | undefined;
  let underWay = false;
  let over = false;
  async function ask(): Promise<void> {
    if (underWay || over) return;
    underWay = true;
    const device = wish;
    try {
      const frames = await Promise.all(
        waiting.splice(0).map(async ({ image, time }) => ({ image: await base64Of(image), time })),
      );
      const order = { ...(device && { is: 'start' as const, device }), frames };
      const live = device || frames.length > 0 ? await api.frames(token, order) : await api.state(token);
      if (over) return;
      if (wish === device) wish = undefined;
      state(live);
    } catch (error) {
      if (!over) failed(error);
      return;
    } finally {
      underWay = false;
    }
    if (wish || waiting.length > 0) void ask();
  }
  return {
    ask: () => void ask(),
    start(device) {
      wish = device;
      void ask();
    },
    send(frame) {
      if (waiting.length >= MOST_FRAMES) return false;
      waiting.push(frame);
      void ask();
      return true;
    },
    close() {
      over = true;
    },
  };
}
