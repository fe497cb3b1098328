import { expect, test } from 'vitest';
import { fakeSocket } from '../../../test/support/fake-socket.ts';
import type { FrameLink } from '../../engine/live/index.ts';
import { silentLog } from '../../lib/log.ts';
import { serveFrames } from './frames.ts';

test('orders and frames that wait for their answer are bounded, each kind by itself', async () => {
  const { socket, webSocket } = fakeSocket();
  const asked: string[] = [];
  const never = (what: string) => async () => {
    asked.push(what);
    return new Promise<never>(() => {});
  };
  const link = {
    session: 'ses_1',
    state: async () => ({ state: 'ready' }),
    close() {},
    start: never('start'),
    stop: never('stop'),
    submitFrame: never('frame'),
  } as unknown as FrameLink;
  serveFrames(
    webSocket,
    {
      liveSessions: { connect: async () => link },
      log: silentLog,
      every: () => () => {},
    },
    '192.0.2.1',
  );
  const send = (message: string | Buffer) =>
    socket.emit('message', Buffer.from(message), typeof message !== 'string');
  send('{"token":"t"}');
  await new Promise(setImmediate);
  for (let i = 0; i < 10; i++) send(Buffer.alloc(9));
  for (let i = 0; i < 10; i++) send('{"is":"start"}');
  expect(asked).toEqual(['frame', 'frame', 'frame', 'start', 'start', 'start']);
  socket.emit('close');
});
