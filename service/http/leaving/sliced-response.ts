import { type IncomingMessage, ServerResponse } from 'node:http';

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
