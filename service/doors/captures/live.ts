import type { WebSocket } from '@fastify/websocket';
import { z } from 'zod';
import type { CaptureLink, Captures } from '../../engine/matching/index.ts';
import { answerSocket, readMessage } from '../../http/web-sockets.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { answerFrame } from './frame-answers.ts';

const Hello = z.strictObject({ token: z.string().min(1).max(200) });
const FIRST = 'The first message is {"token":"…"}, as POST /api/admin/captures answered it.';

export interface LiveDeps {
  captures: Pick<Captures, 'connect'>;
  log: Log;
}

/** One connection: the token in the first message, then frames, each answered before the next is looked at. */
export function serveLive(socket: WebSocket, { captures, log }: LiveDeps): void {
  let link: CaptureLink | undefined;
  const { say, admitted, end: close } = answerSocket(socket, { log, fault: 'a camera connection failed' });
  const end = (error: unknown) => {
    link?.close();
    link = undefined;
    close(error);
  };

  socket.on('message', (data: Buffer, binary: boolean) => {
    if (!link) {
      try {
        link = captures.connect(readMessage(Hello, data, binary, FIRST).token);
        admitted();
        say({ is: 'ready' });
      } catch (error) {
        end(error);
      }
      return;
    }
    if (binary) answerFrame(link, data).then(say, end);
    else end(new Problem('INVALID_REQUEST', 'After the first message every message is a JPEG.'));
  });
  socket.on('close', () => link?.close());
}
