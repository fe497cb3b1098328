import { Readable } from 'node:stream';
import { Problem } from '../../lib/problem.ts';

/**
 * A body as one Buffer of its own. Where the length is announced, the bytes are laid in place as they come, so that a large
 * body costs no pause at its end; `took` may hold up the reading. Refuses with PAYLOAD_TOO_LARGE, at once when too much is announced.
 */
export async function readBody(
  payload: AsyncIterable<Buffer | string>,
  limit: number,
  contentLength: string | undefined,
  took: (bytes: number) => Promise<void> | undefined = () => undefined,
): Promise<Buffer> {
  const announced = contentLength === undefined ? undefined : Number(contentLength);
  if (announced !== undefined && announced > limit) throw tooLarge(limit);
  const whole = announced === undefined ? undefined : arrivedWhole(payload, announced);
  if (whole) {
    const pause = took(whole.length);
    if (pause) await pause;
    return whole;
  }
  const body = announced === undefined ? undefined : Buffer.allocUnsafeSlow(announced);
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const piece of orCutOff(payload)) {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
    const at = received;
    received += chunk.length;
    if (received > limit) throw tooLarge(limit);
    if (body && received > body.length) throw wrongLength();
    if (body) body.set(chunk, at);
    else chunks.push(chunk);
    const pause = took(chunk.length);
    if (pause) await pause;
  }
  if (!body) return Buffer.concat(chunks, received);
  if (received !== body.length) throw wrongLength();
  return body;
}

/** Bytes up to which a body may be a part of what was read from the connection. */
const SMALL = 16_384;

/** A small body of which every byte is there: taken at once, where reading it as a stream costs more than all that is done with it. */
function arrivedWhole(payload: unknown, announced: number): Buffer | undefined {
  if (announced === 0 || announced > SMALL) return undefined;
  if (!(payload instanceof Readable) || payload.readableLength !== announced || payload.errored)
    return undefined;
  const whole: unknown = payload.read();
  if (!Buffer.isBuffer(whole)) return undefined;
  // Its end follows.
  payload.resume();
  return whole;
}

/** An error because the sender disconnected; the same error from a database would be a bug. */
async function* orCutOff<T>(payload: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* payload;
  } catch (error) {
    throw new Problem('INVALID_REQUEST', 'The body was cut off.', { cause: error });
  }
}

const wrongLength = () =>
  new Problem('INVALID_REQUEST', 'The body is shorter or longer than its Content-Length says.');

const tooLarge = (limit: number) =>
  new Problem('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes, the most this call takes.`);
