import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeSocket } from '../../test/support/fake-socket.ts';
import { silentLog } from '../lib/log.ts';
import { answerSocket, type Every } from './web-sockets.ts';

let fake: ReturnType<typeof fakeSocket>;
let beat: (() => void) | undefined;
const every: Every = (_, work) => {
  beat = work;
  return () => {
    beat = undefined;
  };
};
beforeEach(() => {
  fake = fakeSocket();
  beat = undefined;
});
afterEach(() => fake.socket.emit('close'));

const open = () => answerSocket(fake.webSocket, { log: silentLog, fault: '', every });

test('a client that gives no sign of life between two beats is cut off', () => {
  open().admitted();
  beat!();
  fake.socket.emit('pong');
  beat!();
  fake.socket.emit('message');
  beat!();
  expect(fake.done).toEqual(['ping', 'ping', 'ping']);
  beat!();
  expect(fake.done.at(-1)).toBe('terminate');
});

test('what is over is closed at the next beat', async () => {
  let over = false;
  open().admitted(async () => over);
  beat!();
  over = true;
  fake.socket.emit('pong');
  beat!();
  await Promise.resolve();
  expect(fake.done).toEqual(['ping', 'ping', 'close 1000']);
  fake.socket.emit('close');
  expect(beat).toBeUndefined();
});

test('no beat before the caller is admitted, and none after the end', () => {
  const { admitted } = open();
  expect(beat).toBeUndefined();
  fake.socket.readyState = 3;
  admitted();
  expect(beat).toBeUndefined();
});

test('a client that does not read its answers is cut off', () => {
  const { say } = open();
  fake.socket.bufferedAmount = 256 * 1024;
  say({});
  expect(fake.done).toEqual(['send']);
  fake.socket.bufferedAmount++;
  say({});
  expect(fake.done).toEqual(['send', 'terminate']);
  fake.socket.emit('ping');
  expect(fake.done).toEqual(['send', 'terminate', 'terminate']);
});
