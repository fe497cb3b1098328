import { type IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Log } from '../../lib/log.ts';

/** A connection that answers leave by. */
export interface Sender {
  /** Its source address. */
  source: string;
  /** Bytes that it was given, and of those the ones that the reader has not taken. */
  written: number;
  unsent: number;
  close(): void;
}

interface UnsentLimits {
  perConnection: number;
  perAddress: number;
  all: number;
}

/** Bytes that wait for readers at most, in memory of this process. */
const unsentLimits: UnsentLimits = {
  perConnection: 64 * 1024 * 1024,
  perAddress: 96 * 1024 * 1024,
  all: 192 * 1024 * 1024,
};

/** A reader that takes less, in bytes a second over the milliseconds, is closed. */
const SLOWEST = { perSecond: 2_000, over: 15_000 } as const;

interface Slow {
  /** Since when it has had unsent bytes, and what it had taken then. */
  at: number;
  taken: number;
}

/** Closes connections whose readers take too little, or for whose readers too much waits. Asked once a second. */
export function createUnsentBound<K extends object>(limits: UnsentLimits = unsentLimits) {
  const slow = new WeakMap<K, Slow>();

  /** Whether it took less than the slowest pace since it was first seen with unsent bytes. */
  function isTooSlow(key: K, { written, unsent }: Sender, now: number): boolean {
    const taken = written - unsent;
    const since = slow.get(key);
    if (unsent <= 0) {
      slow.delete(key);
      return false;
    }
    if (!since || since.at > now) {
      slow.set(key, { at: now, taken });
      return false;
    }
    if (now - since.at < SLOWEST.over) return false;
    slow.set(key, { at: now, taken });
    return taken - since.taken < (SLOWEST.perSecond * (now - since.at)) / 1000;
  }

  /** The number of those that were closed. */
  return function check(senders: Iterable<readonly [K, Sender]>, now: number): number {
    let closed = 0;
    const close = ({ close: end }: Sender) => {
      closed++;
      end();
    };
    const waiting: Sender[] = [];
    for (const [key, sender] of senders)
      if (isTooSlow(key, sender, now) || sender.unsent > limits.perConnection) close(sender);
      else if (sender.unsent > 0) waiting.push(sender);
    // Those for which the least waits are kept.
    const kept = { all: 0, bySource: new Map<string, number>() };
    for (const sender of waiting.toSorted((a, b) => a.unsent - b.unsent)) {
      const own = (kept.bySource.get(sender.source) ?? 0) + sender.unsent;
      if (own > limits.perAddress || kept.all + sender.unsent > limits.all) close(sender);
      else {
        kept.all += sender.unsent;
        kept.bySource.set(sender.source, own);
      }
    }
    return closed;
  };
}

/** Milliseconds between two looks at all connections. */
const INTERVAL = 1_000;

/** Closes connections of readers that are too slow, or for which too much waits, while the server runs. */
export function closeSlowReaders(app: FastifyInstance, senders: () => [object, Sender][], log: Log): void {
  const check = createUnsentBound<object>();
  let timer: NodeJS.Timeout | undefined;
  app.addHook('onReady', async () => {
    timer = setInterval(() => {
      const closed = check(senders(), performance.now());
      if (closed > 0) log.debug({ closed }, 'connections are closed: their readers take too little');
    }, INTERVAL);
    timer.unref();
  });
  app.addHook('onClose', async () => clearInterval(timer));
}

/** Bytes that are given to a connection at a time; the next ones follow when it has taken these. */
const SLICE = 64 * 1024;

/** Documents that every caller gets from one buffer: an answer that is not read holds none of its own. */
const shared = new WeakSet<Buffer>();
export function shareDocument(bytes: Buffer): Buffer {
  shared.add(bytes);
  return bytes;
}

/**
 * An answer of the service. What is sent whole leaves in slices, at the pace of the reader: a caller that does not read holds up one
 * slice in its connection, and not a copy of the answer.
 */
export class SlicedResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  /** Bytes of an answer of its own that no connection has yet. */
  unsent = 0;
  /** The whole answer is known: no other one can follow. */
  isEnding = false;

  override end(...given: unknown[]): this {
    this.isEnding = true;
    const [chunk, encoding] = given;
    const isLong =
      (typeof chunk === 'string' || Buffer.isBuffer(chunk)) &&
      chunk.length > SLICE &&
      this.req.method !== 'HEAD';
    if (!isLong) return super.end(...(given as Parameters<ServerResponse['end']>));
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, encoding as BufferEncoding | undefined);
    const callback = given.findLast((one) => typeof one === 'function') as (() => void) | undefined;
    this.#sendFrom(bytes, 0, callback);
    return this;
  }

  #sendFrom(bytes: Buffer, at: number, callback: (() => void) | undefined): void {
    inTurn(() => {
      if (this.destroyed) return;
      const goesOn = this.write(bytes.subarray(at, at + SLICE));
      const next = at + SLICE;
      this.unsent = shared.has(bytes) ? 0 : Math.max(0, bytes.length - next);
      if (next >= bytes.length) super.end(callback);
      else if (goesOn) this.#sendFrom(bytes, next, callback);
      else this.once('drain', () => this.#sendFrom(bytes, next, callback));
    });
  }
}

/** Slices that are written in one turn of the event loop: what else came is looked at before the next ones. */
const SLICES_A_TURN = 8;
const slices: (() => void)[] = [];

function inTurn(write: () => void): void {
  if (slices.push(write) === 1) setImmediate(writeSome);
}

function writeSome(): void {
  const now = slices.splice(0, SLICES_A_TURN);
  if (slices.length > 0) setImmediate(writeSome);
  for (const write of now) write();
}
