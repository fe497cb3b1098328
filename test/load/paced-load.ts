import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sharedClockOffset } from './shared-clock.ts';
import { quantile } from './statistics.ts';

export interface PacedLoad {
  url: string;
  path: string;
  headers: Record<string, string>;
  /** The next body. With a `rate` all that fall into the time are made before. */
  body(): string;
  seconds: number;
  /** Requests a second, evenly, whether those before are answered or not; undefined: each connection sends when it is answered. */
  rate?: number | undefined;
  connections: number;
  /** Called with the number of answers so far. */
  answered?: (count: number) => void;
}

export interface PacedResult {
  answered: number;
  /** From the first request to the last answer. */
  seconds: number;
  /** From the moment at which a request was given to a connection, or began to wait for a free one, to its whole answer, milliseconds. */
  latency: { p50: number; p99: number; most: number };
  /**
   * From the moment at which it was due. What holds up service and generator at once is in it, and in `latency` is not. Without a rate
   * nothing is due, and it is as `latency`.
   */
  fromDue: { p50: number; p99: number; most: number };
  /** The p99 of the requests of each five seconds, milliseconds: whether it is that of the whole time, or of some moments. */
  slices: number[];
  /** How long after it was due that moment was: what the generator itself was late, milliseconds. */
  late: { p50: number; p99: number; most: number };
  requests: PacedRequests;
}

/** Each request in the order of the answers, milliseconds. */
export interface PacedRequests {
  /** When it was given to a connection, or began to wait for a free one: of the clock that all processes of the machine share. */
  sent: Float64Array;
  /** From then to its whole answer. */
  latency: Float64Array;
  /** How long after it was due it was sent. */
  late: Float64Array;
}

/** Where the generator is later than this (p99, milliseconds), it did not send at the rate that it reports. */
export const MOST_LATE = 2;

export type P99Verdict = 'holds' | 'missed' | 'not judged: the generator was late';

/**
 * Whether a p99 bar holds. What is measured from the moment at which a request was due is the stricter figure: it decides where the
 * generator was late, because the other leaves out what held up both.
 */
export function p99Verdict(
  { latency, fromDue, late }: Record<'latency' | 'fromDue' | 'late', { p99: number }>,
  most: number,
): P99Verdict {
  if (latency.p99 > most) return 'missed';
  return fromDue.p99 <= most || late.p99 <= MOST_LATE ? 'holds' : 'not judged: the generator was late';
}

/** Seconds of a slice. */
const SLICE = 5;
/** What was due in the last so many milliseconds is sent at once: the answers of a group come together, and to read them takes some. */
const AT_ONCE = 5;
/** How much faster than the rate it sends while it makes up for what it was late beyond that. */
const CATCHING_UP = 1.1;

interface Request {
  bytes: Buffer;
  begun: number;
  due: number;
}

interface Line {
  socket: Socket;
  under: Request | undefined;
  text: string;
}

/**
 * Sends requests at an even rate over plain sockets, whatever is answered, so that a service that stands still is not spared. Where the
 * program itself was held up for more than some milliseconds, it makes up for it at a tenth more than the rate.
 */
export async function pacedLoad(load: PacedLoad): Promise<PacedResult> {
  const { hostname, port, host } = new URL(load.url);
  const fields = Object.entries({ host, ...load.headers }).map(([name, value]) => `${name}: ${value}`);
  const head = [`POST ${load.path} HTTP/1.1`, ...fields].join('\r\n');
  const nextBytes = (): Buffer => {
    const body = load.body();
    return Buffer.from(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const all = Math.floor((load.rate ?? 0) * load.seconds);
  const bytes = Array.from({ length: all }, nextBytes);
  const latencies: number[] = [];
  const sentAt: number[] = [];
  const latenciesFromDue: number[] = [];
  const slices: number[][] = Array.from({ length: Math.ceil(load.seconds / SLICE) }, () => []);
  const late: number[] = [];
  const waiting: Request[] = [];
  let failed: Error | undefined;

  function send(line: Line, request: Request): void {
    line.under = request;
    line.socket.write(request.bytes);
  }

  function sendNext(line: Line): void {
    const now = performance.now();
    send(line, { bytes: nextBytes(), begun: now, due: now });
  }

  function note({ begun: sent, due }: Request): void {
    const now = performance.now();
    const latency = now - sent;
    latencies.push(latency);
    sentAt.push(sent);
    latenciesFromDue.push(now - due);
    // What was sent after the time, because the generator was late, belongs to the last one.
    const slice = Math.min(Math.floor((sent - begun) / (SLICE * 1_000)), slices.length - 1);
    slices[slice]!.push(latency);
  }

  function done(line: Line, status: string): void {
    if (status !== '200') failed ??= new Error(`A request was answered ${status}.`);
    note(line.under!);
    line.under = undefined;
    load.answered?.(latencies.length);
    const following = waiting.shift();
    if (following) send(line, following);
    else if (load.rate === undefined && !over()) sendNext(line);
    else free.push(line);
  }

  const lines = await Promise.all(
    Array.from({ length: load.connections }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, 'connect');
      const line: Line = { socket, under: undefined, text: '' };
      socket.setEncoding('latin1');
      socket.on('data', (text: string) => {
        line.text += text;
        if (!line.under) {
          failed ??= new Error(`The service answered what was not asked: ${line.text.slice(0, 200)}`);
          return;
        }
        const status = answerOf(line);
        if (status !== undefined) done(line, status);
      });
      // All are in use in turn, so none is idle long enough to be closed.
      socket.on('close', () => {
        failed ??= new Error('The service closed a connection.');
      });
      return line;
    }),
  );
  const free = [...lines];
  // Else what earlier loads left is collected meanwhile, and the generator is late for it.
  collectGarbage();
  const begun = performance.now();
  const over = () => performance.now() - begun > load.seconds * 1_000;
  if (load.rate === undefined) {
    for (const line of free.splice(0)) sendNext(line);
    while (!over() && !failed) await pause(20);
  } else {
    const dueAt = createSchedule(load.rate, begun);
    while (late.length < all && !failed) {
      const now = performance.now();
      for (let due = dueAt(now); due !== undefined && late.length < all; due = dueAt(now)) {
        const request = { bytes: bytes[late.length]!, begun: now, due };
        late.push(now - due);
        const line = free.shift();
        if (line) send(line, request);
        else waiting.push(request);
      }
      // A timer wakes a millisecond late and more, and requests would come in groups: the generator's core is its own.
      await turn();
    }
  }
  while (!failed && (waiting.length > 0 || lines.some(({ under }) => under))) await pause(5);
  const seconds = (performance.now() - begun) / 1_000;
  for (const { socket } of lines) socket.removeAllListeners('close').destroy();
  if (failed) throw failed;
  const of = (values: number[], share: number) => (values.length === 0 ? 0 : quantile(values, share));
  const spreadOf = (values: number[]) => ({
    ...{ p50: of(values, 0.5), p99: of(values, 0.99), most: of(values, 1) },
  });
  const offset = sharedClockOffset();
  return {
    ...{ answered: latencies.length, seconds },
    ...{ latency: spreadOf(latencies), fromDue: spreadOf(latenciesFromDue) },
    slices: slices.map((one) => of(one, 0.99)),
    late: spreadOf(late),
    requests: {
      sent: Float64Array.from(sentAt, (at) => at + offset),
      latency: Float64Array.from(latencies),
      late: Float64Array.from(latencies, (latency, i) => latenciesFromDue[i]! - latency),
    },
  };
}

/**
 * When the next request was due, if it is sent at `now`; undefined: none is. Each is given once.
 * @param begun when the first is due, milliseconds
 */
export function createSchedule(rate: number, begun: number): (now: number) => number | undefined {
  const gap = 1_000 / rate;
  let due = begun;
  let sent = Number.NEGATIVE_INFINITY;
  return (now) => {
    const at = Math.max(due, sent + gap / CATCHING_UP);
    if (at > now) return undefined;
    // In a burst of all that it could not send before, the service would be measured at another rate.
    sent = Math.max(at, now - AT_ONCE);
    const given = due;
    due += gap;
    return given;
  };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** The status of a whole answer, which is taken from the line; undefined while it is not whole. */
function answerOf(line: Line): string | undefined {
  const end = line.text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = line.text.slice(0, end);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
  if (Number.isNaN(length)) throw new Error('An answer has no Content-Length.');
  if (line.text.length < end + 4 + length) return undefined;
  line.text = line.text.slice(end + 4 + length);
  return head.slice(9, 12);
}
