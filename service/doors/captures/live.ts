import type { WebSocket } from '@fastify/websocket';
import { z } from 'zod';
import type { CaptureLink, Captures } from '../../engine/captures/index.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { answerFrame } from './frame-answers.ts';

const Hello = z.strictObject({ token: z.string().min(1).max(200) });
/** Milliseconds until the first message with the token has arrived. */
const HELLO_WITHIN = 5_000;
/** Close codes of our own (RFC 6455, 7.4.2). */
const closeCodes = { refused: 4401, taken: 4409, failed: 1011 } as const;

export interface LiveDeps {
  captures: Pick<Captures, 'connect'>;
  log: Log;
}

/** One connection: the token in the first message, then frames, each answered before the next is looked at. */
export function serveLive(socket: WebSocket, { captures, log }: LiveDeps): void {
  let link: CaptureLink | undefined;
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
      log.error({ error }, 'a camera connection failed');
      socket.close(closeCodes.failed, 'A fault in Gatehouse; its log says more.');
      return;
    }
    say({ is: 'ended', code: error.code, message: error.message });
    socket.close(error.code === 'CONFLICT' ? closeCodes.taken : closeCodes.refused);
  };

  socket.on('message', (data: Buffer, binary: boolean) => {
    if (!link) {
      try {
        link = captures.connect(readHello(data, binary).token);
        clearTimeout(late);
        say({ is: 'ready' });
      } catch (error) {
        end(error);
      }
      return;
    }
    if (binary) answerFrame(link, data).then(say, end);
    else end(new Problem('INVALID_REQUEST', 'After the first message every message is a JPEG.'));
  });
  socket.on('close', () => {
    clearTimeout(late);
    link?.close();
  });
}

function readHello(data: Buffer, binary: boolean): z.output<typeof Hello> {
  const text = binary ? '' : data.toString('utf8');
  const hello = Hello.safeParse(parseJson(text));
  if (hello.success) return hello.data;
  throw new Problem(
    'INVALID_REQUEST',
    'The first message is {"token":"…"}, as POST /api/admin/captures answered it.',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
