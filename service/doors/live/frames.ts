import type { WebSocket } from '@fastify/websocket';
import type { FrameLink, LiveState, Sessions } from '../../engine/sessions/index.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { toFrame } from './translate.ts';
import { Hello, Order } from './wire.ts';

/** Milliseconds until the first message with the capability has arrived. */
const HELLO_WITHIN = 5_000;
/** Frames of one connection that wait for their answer; more are dropped. */
const MOST_AT_ONCE = 3;
/** Close codes of our own (RFC 6455, 7.4.2). */
const closeCodes = { refused: 4401, taken: 4409, failed: 1011 } as const;

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
  const late = setTimeout(
    () => socket.close(closeCodes.refused, 'The token did not come within 5 s.'),
    HELLO_WITHIN,
  );
  const say = (answer: object) => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(answer));
  };
  const end = (error: unknown) => {
    link?.close();
    link = undefined;
    if (!(error instanceof Problem)) {
      log.error({ error }, 'a connection of a live session failed');
      socket.close(closeCodes.failed, 'A fault in Gatehouse; its log says more.');
      return;
    }
    say({ is: 'ended', code: error.code, message: error.message });
    socket.close(error.code === 'CONFLICT' ? closeCodes.taken : closeCodes.refused);
  };
  const answer = (work: Promise<object>) => {
    answering++;
    void work.then(say, end).finally(() => answering--);
  };

  async function hello(data: Buffer, binary: boolean): Promise<object> {
    const { token } = read(Hello, data, binary, 'The first message is {"token":"…"}.');
    const opened = await liveSessions.connect(token, {
      replaced: () => {
        link = undefined;
        say({ is: 'ended', code: 'CONFLICT', message: 'Another connection has taken over this session.' });
        socket.close(closeCodes.taken);
      },
    });
    clearTimeout(late);
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
    const { is, device } = read(Order, data, false, 'A text is {"is":"start"} or {"is":"stop"}.');
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
    clearTimeout(late);
    link?.close();
  });
}

function read<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  data: Buffer,
  binary: boolean,
  message: string,
): T {
  let value: unknown;
  try {
    value = binary ? undefined : JSON.parse(data.toString('utf8'));
  } catch {
    value = undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem('INVALID_REQUEST', message);
}
