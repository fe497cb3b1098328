import { expect, test } from 'vitest';
import { fakeSocket } from '../../../test/support/fake-socket.ts';
import type { FrameLink } from '../../engine/live/index.ts';
import { LET_IN } from '../../http/listening/connections.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { serveFrames } from './frames.ts';

test('a message is answered when the position has caught up, and the connection ends where it cannot', async () => {
  const { socket, webSocket } = fakeSocket();
  const sent: string[] = [];
  Object.assign(socket, { send: (text: string) => void sent.push(text) });
  const looks: PromiseWithResolvers<void>[] = [];
  const asked: string[] = [];
  const link = {
    session: 'ses_1',
    state: async () => ({ state: 'ready' }),
    close() {},
    start: async () => void asked.push('start'),
  } as unknown as FrameLink;
  serveFrames(
    webSocket,
    {
      liveSessions: { connect: async () => link },
      log: silentLog,
      position: {
        catchUp() {
          looks.push(Promise.withResolvers<void>());
          return looks.at(-1)!.promise;
        },
      },
      every: () => () => {},
    },
    '192.0.2.1',
  );
  const send = async (message: string) => {
    socket.emit('message', Buffer.from(message), false);
    await new Promise(setImmediate);
  };
  await send('{"token":"t"}');
  expect(sent).toEqual([]);
  looks[0]!.resolve();
  await new Promise(setImmediate);
  await send('{"is":"start"}');
  expect(asked).toEqual([]);
  looks[1]!.reject(new Problem('STORAGE_UNAVAILABLE', 'The database does not answer.'));
  await new Promise(setImmediate);
  expect(asked).toEqual([]);
  expect(sent.join()).toContain('STORAGE_UNAVAILABLE');
});

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

test('a frame that was judged keeps the connection from giving way, one that was left out or refused does not', async () => {
  const { socket, webSocket } = fakeSocket();
  const signs: string[] = [];
  socket.on(LET_IN, () => signs.push('let in or judged'));
  const answers: (() => object)[] = [
    () => ({ state: 'running', leftOut: true }),
    () => {
      throw new Problem('IMAGE_UNREADABLE', 'No picture.');
    },
    () => ({ state: 'running', judged: 1 }),
  ];
  const link = {
    session: 'ses_1',
    state: async () => ({ state: 'ready' }),
    close() {},
    submitFrame: async () => answers.shift()!(),
  } as unknown as FrameLink;
  const deps = { liveSessions: { connect: async () => link }, log: silentLog, every: () => () => {} };
  serveFrames(webSocket, deps, '192.0.2.1');
  const after = async (message: string | Buffer) => {
    socket.emit('message', Buffer.from(message), typeof message !== 'string');
    await new Promise(setImmediate);
    return signs.length;
  };
  expect(await after('{"token":"t"}')).toBe(1);
  const counts = [await after(Buffer.alloc(9)), await after(Buffer.alloc(9)), await after(Buffer.alloc(9))];
  expect(counts).toEqual([1, 1, 2]);
  socket.emit('close');
});
