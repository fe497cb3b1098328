import type { WebSocket } from '@fastify/websocket';
import type { FrameLink, LiveState, Sessions } from '../../engine/sessions/index.ts';
import { answerSocket, closeCodes, readMessage } from '../../http/web-sockets.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { toFrame } from './translate.ts';
import { Hello, Order } from './wire.ts';

/** Frames of one connection that wait for their answer; more are dropped. */
const MOST_AT_ONCE = 3;

export interface FramesDeps {
  liveSessions: Pick<Sessions, 'connect'>;
  log: Log;
}

/** Answer to the page: its state, or why a frame was not looked at. */
export type WireAnswer = LiveState | { is: 'refused'; code: string; message: string };

/** One frame. What is wrong with a frame is answered; what ends the connection is thrown. */
export async function answerFrame(link: FrameLink, frame: Uint8Array, at: number): Promise<WireAnswer> {
  try {
    return await link.look(frame, at);
  } catch (error) {
    if (!(error instanceof Problem) || !error.code.startsWith('IMAGE_')) throw error;
    return { is: 'refused', code: error.code, message: error.message };
  }
}

/** One connection: the capability in the first message, then frames and orders, each answered with the state. */
export function serveFrames(socket: WebSocket, { liveSessions, log }: FramesDeps): void {
  let link: FrameLink | undefined;
  let connecting = false;
  let closed = false;
  let answering = 0;
  const { say, admitted, end: close } = answerSocket(socket, log, 'a connection of a live session failed');
  const end = (error: unknown) => {
    link?.close();
    link = undefined;
    close(error);
  };
  const answer = (work: Promise<object>) => {
    answering++;
    void work.then(say, end).finally(() => answering--);
  };

  async function hello(data: Buffer, binary: boolean): Promise<object> {
    const { token } = readMessage(Hello, data, binary, 'The first message is {"token":"…"}.');
    const opened = await liveSessions.connect(token, {
      replaced: () => {
        link = undefined;
        say({ is: 'ended', code: 'CONFLICT', message: 'Another connection has taken over this session.' });
        socket.close(closeCodes.taken);
      },
    });
    admitted();
    if (closed) {
      opened.close();
      return {};
    }
    link = opened;
    return opened.state();
  }

  function next(data: Buffer, binary: boolean): void {
    if (!link) return;
    if (binary) {
      // The client sends before it was answered: dropped, not queued.
      if (answering >= MOST_AT_ONCE) return;
      const { at, frame } = toFrame(data);
      answer(answerFrame(link, frame, at));
      return;
    }
    const { is, device } = readMessage(Order, data, false, 'A text is {"is":"start"} or {"is":"stop"}.');
    answer(is === 'start' ? link.start(device && defined(device)) : link.stop());
  }

  socket.on('message', (data: Buffer, binary: boolean) => {
    try {
      if (link) return next(data, binary);
      if (connecting) return undefined;
      connecting = true;
      return answer(hello(data, binary));
    } catch (error) {
      return end(error);
    }
  });
  socket.on('close', () => {
    closed = true;
    link?.close();
  });
}
