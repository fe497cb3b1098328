import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import { meteredAs } from '../authentication.ts';
import type { BodyPace } from './body-pace.ts';
import { parseJson } from './json-body.ts';

type ReadJson = (request: FastifyRequest, payload: IncomingMessage) => Promise<unknown>;

declare module 'fastify' {
  interface FastifyInstance {
    /** Reads a body as JSON, for doors that take it under another media type too. */
    readJson: ReadJson;
  }
  interface FastifyRequest {
    /** A body of at most `SIGNED_BODY` bytes as it came, where the request carries a signature (RFC 9421), which may cover it. */
    signedBody: Buffer | undefined;
  }
}

/** Bytes: the limit of routes that look at signatures. The digest of a longer body could not be checked. */
export const SIGNED_BODY = 32_768;

/** JSON, the media type that every route takes. Bodies of callers with a credential are read at `pace`. */
export function readJsonBodies(app: FastifyInstance, pace: BodyPace): void {
  const readJson: ReadJson = async (request, payload) => {
    const { bodyLimit, config } = request.routeOptions;
    const { caller } = request;
    const body = await readBody(payload, bodyLimit, request.headers['content-length'], (bytes) =>
      caller ? pace.took(meteredAs(caller), bytes) : undefined,
    );
    if (request.headers['signature-input'] !== undefined && body.length <= SIGNED_BODY)
      request.signedBody = body;
    if (body.length === 0 && isBodyNeedless(request)) return undefined;
    return parseJson(body, {
      longTexts: config.longTexts === true,
      ...(config.jsonTokens !== undefined && { limits: { tokens: config.jsonTokens } }),
    });
  };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', readJson);
  app.decorate('readJson', readJson);
  app.decorateRequest('signedBody', undefined);
}

/** Some clients send the JSON content type with every call, also without a body. */
function isBodyNeedless({ routeOptions: { schema } }: FastifyRequest): boolean {
  const body = schema?.body;
  return body === undefined || (body instanceof z.ZodObject && Object.keys(body.shape).length === 0);
}

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

/**
 * Reads what is left of the body of a refused request and drops it, no faster than `took` lets it. Node does the same as fast as
 * bytes come, which is work of the one thread that answers every caller; without reading, a client that still sends would
 * never see why it was refused.
 */
export function drainBody(
  message: Readable & { complete: boolean },
  took: (bytes: number) => Promise<void> | undefined,
): void {
  if (message.complete || message.readableDidRead) return;
  dropRest(message, took);
}

/** The same for a body that is being read: a reader that it is piped to gets no more. */
export function dropRest(message: Readable, took: (bytes: number) => Promise<void> | undefined): void {
  message.unpipe();
  message.on('error', () => {});
  message.on('data', (chunk: Buffer) => {
    const pause = took(chunk.length);
    if (!pause) return;
    message.pause();
    void pause.then(() => message.resume());
  });
  message.resume();
}
