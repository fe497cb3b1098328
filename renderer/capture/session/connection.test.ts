import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Refusal } from '../../ui/refusal.ts';
import { createConnection } from './connection.ts';
import type { Socket } from './socket-line.ts';
import type { LiveState } from './wire.ts';

const device = { label: 'Front camera' };
const live = (state: LiveState['state']): LiveState => ({ is: 'state', state, attempt: 0, attemptsLeft: 3 });
const frame = (time = 1) => ({ image: new Blob(['jpeg']), time });

/** Sockets as the test moves them, and requests as the test answers them. */
function network() {
  const sockets: (Socket & { sent: (string | Blob)[]; readyState: number; bufferedAmount: number })[] = [];
  const seen: unknown[] = [];
  const bodies: { is?: string; frames: { image: string; time: number }[] }[] = [];
  const answers = { state: async (): Promise<LiveState> => live('guiding') };
  const connection = createConnection({
    token: 'secret',
    api: {
      state: () => answers.state(),
      frames: (_, order) => {
        bodies.push(order);
        return answers.state();
      },
    },
    openSocket() {
      const sent: (string | Blob)[] = [];
      const socket = {
        sent,
        readyState: 0,
        bufferedAmount: 0,
        onopen: null,
        onmessage: null,
        onclose: null,
        send: (message: string | Blob) => void sent.push(message),
        close: () => undefined,
      };
      sockets.push(socket);
      return socket;
    },
    state: ({ state }) => seen.push(state),
    connected: (is) => seen.push(is),
    over: (why) => seen.push(why),
  });
  const last = () => sockets.at(-1)!;
  return {
    sockets,
    seen,
    bodies,
    answers,
    connection,
    last,
    open(state: LiveState['state'] = 'ready') {
      last().readyState = 1;
      last().onopen?.();
      last().onmessage?.({ data: JSON.stringify(live(state)) });
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the token goes first, then the start, then frames with their time in front', async () => {
  const net = network();
  net.connection.start(device);
  expect(net.connection.send(frame())).toBe(false);
  net.open();
  expect(net.connection.send(frame(1234.5))).toBe(true);
  const [token, start, message] = net.last().sent;
  expect([token, start].map((text) => JSON.parse(String(text)))).toEqual([
    { token: 'secret' },
    { is: 'start', device },
  ]);
  const bytes = new DataView(await (message as Blob).arrayBuffer());
  expect([bytes.getFloat64(0), bytes.byteLength]).toEqual([1234.5, 12]);
  expect(net.seen).toEqual([true, 'ready']);
  net.connection.close();
});

test('a slow line leaves frames out', () => {
  const net = network();
  net.open('running');
  net.last().bufferedAmount = 400_000;
  expect(net.connection.send(frame())).toBe(false);
  net.connection.close();
});

test('a lost connection is opened again, and asks for the attempt only while there is none', async () => {
  const net = network();
  net.connection.start(device);
  net.open();
  net.last().onclose?.({ code: 1006 });
  expect(net.seen).toEqual([true, 'ready', false]);
  await vi.advanceTimersByTimeAsync(400);
  net.open();
  net.last().onclose?.({ code: 1006 });
  await vi.advanceTimersByTimeAsync(400);
  net.open('running');
  const starts = net.sockets.map(({ sent }) => sent.filter((text) => String(text).includes('start')).length);
  expect([starts, net.seen.at(-2)]).toEqual([[1, 1, 0], true]);
  net.connection.close();
});

test.each(['queued', 'guiding'] as const)(
  'one that was %s when its connection was lost asks for the attempt again',
  async (state) => {
    const net = network();
    net.connection.start(device);
    net.open();
    net.last().onmessage?.({ data: JSON.stringify(live(state)) });
    net.last().onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(400);
    net.open();
    expect(net.last().sent.map((text) => JSON.parse(String(text)))).toEqual([
      { token: 'secret' },
      { is: 'start', device },
    ]);
    net.connection.close();
  },
);

test('an attempt that began and ended while the connection was lost is not begun again', async () => {
  const net = network();
  net.connection.start(device);
  net.open('queued');
  net.last().onclose?.({ code: 1006 });
  await vi.advanceTimersByTimeAsync(400);
  net.last().readyState = 1;
  net.last().onopen?.();
  net.last().onmessage?.({ data: JSON.stringify({ ...live('between'), attempt: 1 }) });
  expect(net.last().sent).toHaveLength(1);
  net.connection.close();
});

test('where no socket opens, requests carry start and frames', async () => {
  const net = network();
  net.connection.start(device);
  for (let at = 0; at < 2; at++) {
    net.last().onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(net.sockets).toHaveLength(2);
  expect(net.bodies).toEqual([{ is: 'start', device, frames: [] }]);
  expect(net.seen).toEqual([true, 'guiding']);
  net.connection.send(frame(7));
  await vi.advanceTimersByTimeAsync(10);
  expect(net.bodies.at(-1)).toEqual({ frames: [{ image: btoa('jpeg'), time: 7 }] });
  net.connection.close();
});

test('at most five frames wait for a request, and one request is under way', async () => {
  const net = network();
  for (let at = 0; at < 2; at++) {
    net.last().onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(1_000);
  }
  const { promise, resolve } = Promise.withResolvers<LiveState>();
  net.answers.state = () => promise;
  const sent = [];
  sent.push(net.connection.send(frame()));
  await vi.advanceTimersByTimeAsync(1);
  for (let at = 0; at < 6; at++) sent.push(net.connection.send(frame()));
  expect(sent).toEqual([true, true, true, true, true, true, false]);
  expect(net.bodies).toHaveLength(1);
  resolve(live('running'));
  await vi.advanceTimersByTimeAsync(1);
  expect(net.bodies.map(({ frames }) => frames.length)).toEqual([1, 5]);
  net.connection.close();
});

test('a socket that answers no frame is dead, whatever it says', async () => {
  const net = network();
  net.open('running');
  net.connection.send(frame());
  await vi.advanceTimersByTimeAsync(6_000);
  expect([net.sockets.length, net.seen]).toEqual([2, [true, 'running', 'guiding', false]]);
  net.connection.close();
});

test('silence while waiting is no fault: the box is asked, and the socket stays', async () => {
  const net = network();
  net.open('queued');
  net.answers.state = async () => live('queued');
  await vi.advanceTimersByTimeAsync(20_000);
  expect([net.sockets.length, net.seen.includes(false)]).toEqual([1, false]);
  net.connection.close();
});

test('a newer connection ends this one; so does a token that is over', async () => {
  const first = network();
  first.open('running');
  first.last().onclose?.({ code: 4409 });
  expect(first.seen.at(-1)).toBe('taken');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(first.sockets).toHaveLength(1);
  const second = network();
  second.answers.state = async () => {
    throw new Refusal(401, { code: 'MISSING_AUTH' });
  };
  second.last().onclose?.({ code: 4401 });
  await vi.advanceTimersByTimeAsync(10_000);
  expect([second.seen, second.sockets.length]).toEqual([['ended'], 1]);
});

test('after close nothing is opened and nothing is said', async () => {
  const net = network();
  net.open();
  net.connection.close();
  net.last().onclose?.({ code: 1006 });
  net.last().onmessage?.({ data: JSON.stringify(live('running')) });
  await vi.advanceTimersByTimeAsync(20_000);
  expect([net.sockets.length, net.seen]).toEqual([1, [true, 'ready']]);
});
