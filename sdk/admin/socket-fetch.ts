import { Agent, type IncomingMessage, request as open } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

export interface SocketFetch {
  fetch(request: Request): Promise<Response>;
  close(): void;
}

/**
 * `fetch` over the control socket of a running service. `broken` words an error of the connection, before or within the answer;
 * without it the error comes as it is.
 */
export function createSocketFetch(
  socketPath: string,
  broken: (error: NodeJS.ErrnoException) => Error = (error) => error,
): SocketFetch {
  const agent = new Agent({ keepAlive: true });
  return {
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = request.body && new Uint8Array(await request.arrayBuffer());
      const { promise, resolve, reject } = Promise.withResolvers<Response>();
      const call = open(
        {
          socketPath,
          agent,
          method: request.method,
          path: pathname + search,
          headers: { ...Object.fromEntries(request.headers), 'content-length': body?.byteLength ?? 0 },
          signal: request.signal,
        },
        (answer) => resolve(toResponse(answer.statusCode ?? 0, answer.headers, chunksOf(answer))),
      );
      call.on('error', (error) => reject(broken(error)));
      call.end(body);
      return promise;
    },
    close: () => agent.destroy(),
  };

  async function* chunksOf(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
    try {
      yield* answer;
    } catch (error) {
      throw broken(error as NodeJS.ErrnoException);
    }
  }
}

/** A `Response` of what a server of Node answered. */
export function toResponse(
  status: number,
  headers: Record<string, string | string[] | number | undefined>,
  body: AsyncIterable<Uint8Array>,
): Response {
  const isEmpty = [101, 204, 205, 304].includes(status);
  const stream = Readable.from(body, { objectMode: false });
  if (isEmpty) stream.resume();
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, String(one)]),
  );
  return new Response(isEmpty ? null : (Readable.toWeb(stream) as ReadableStream<Uint8Array<ArrayBuffer>>), {
    status,
    headers: pairs,
  });
}
