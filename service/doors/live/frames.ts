import type { WebSocket } from '@fastify/websocket';
import type { FrameLink, LiveState, Sessions } from '../../engine/live/index.ts';
import { answerSocket, closeCodes, type Every, readMessage } from '../../http/web-sockets.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { FramesCommand, Hello } from './wire.ts';

/** Frames of one connection that wait for their answer, and orders; more are dropped. */
const MOST_AT_ONCE = 3;

export interface FramesDeps {
  liveSessions: Pick<Sessions, 'connect'>;
  log: Log;
  /** Before a message is answered from memory: brings it up to what other nodes have written. */
  position?: { catchUp(): Promise<void> };
  /** Absent: real time. */
  every?: Every;
}

/** Answer to the page: its state, or why a frame was not looked at. */
export type WireAnswer = LiveState | { is: 'refused'; code: string; message: string };

/** One frame. What is wrong with a frame is answered; what ends the connection is thrown. */
export async function answerFrame(link: FrameLink, frame: Uint8Array, at: number): Promise<WireAnswer> {
  try {
    return await link.submitFrame(frame, at);
  } catch (error) {
    if (!(error instanceof Problem) || !error.code.startsWith('IMAGE_')) throw error;
    return { is: 'refused', code: error.code, message: error.message };
  }
}

/** One connection: the capability in the first message, then frames and orders, each answered with the state. */
export function serveFrames(
  socket: WebSocket,
  { liveSessions, log, position, every }: FramesDeps,
  address: string,
): void {
  let link: FrameLink | undefined;
  let connecting = false;
  let closed = false;
  const waiting = { frames: 0, orders: 0 };
  const fault = 'a connection of a live session failed';
  const { say, admitted, judged, end: close } = answerSocket(socket, { log, fault, ...defined({ every }) });
  const end = (error: unknown) => {
    link?.close();
    link = undefined;
    close(error);
  };
  const answer = (kind: keyof typeof waiting, work: () => Promise<object>) => {
    waiting[kind]++;
    const answered = position ? position.catchUp().then(work) : work();
    void answered.then(say, end).finally(() => waiting[kind]--);
  };
  /** Also where the end was said to another request, or to none. */
  const isOver = async () => {
    const state = (await link?.state())?.state;
    return state === 'decided' || state === 'ended';
  };

  async function hello(data: Buffer, binary: boolean): Promise<object> {
    const { token } = readMessage(Hello, data, binary, 'The first message is {"token":"…"}.');
    const opened = await liveSessions.connect(token, {
      address,
      replaced: () => {
        link = undefined;
        say({ is: 'ended', code: 'CONFLICT', message: 'Another connection has taken over this session.' });
        socket.close(closeCodes.taken);
      },
    });
    admitted(isOver);
    if (closed) {
      opened.close();
      return {};
    }
    link = opened;
    return opened.state();
  }

  function next(to: FrameLink, data: Buffer, binary: boolean): void {
    const kind = binary ? 'frames' : 'orders';
    // The client sends before it was answered: dropped, not queued.
    if (waiting[kind] >= MOST_AT_ONCE) return;
    if (binary) {
      const { at, frame } = toFrame(data);
      answer(kind, async () => {
        const answered = await answerFrame(to, frame, at);
        if ('judged' in answered) judged();
        return answered;
      });
      return;
    }
    const { is, device } = readMessage(
      FramesCommand,
      data,
      false,
      'A text is {"is":"start"} or {"is":"stop"}.',
    );
    answer(kind, () => (is === 'start' ? to.start(device && defined(device)) : to.stop()));
  }

  socket.on('message', (data: Buffer, binary: boolean) => {
    try {
      if (link) return next(link, data, binary);
      if (connecting) return undefined;
      connecting = true;
      return answer('orders', () => hello(data, binary));
    } catch (error) {
      return end(error);
    }
  });
  socket.on('close', () => {
    closed = true;
    link?.close();
  });
}

/** A binary message: the time of capture as eight bytes (float64, big endian), then the JPEG. Throws INVALID_REQUEST. */
function toFrame(message: Buffer): { at: number; frame: Uint8Array } {
  const at = message.length > 8 ? message.readDoubleBE(0) : Number.NaN;
  if (!Number.isFinite(at))
    throw new Problem('INVALID_REQUEST', 'A frame is its time (float64, big endian) and a JPEG.');
  return { at, frame: message.subarray(8) };
}
