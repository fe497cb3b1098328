import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { toOutgoingError } from './failure.ts';
import { OutgoingError, type OutgoingReply, type OutgoingRequest } from './outgoing.ts';
import type { createServers } from './servers.ts';

/** Calls back after so many milliseconds, unless the function it gives is called before. */
export type After = (milliseconds: number, call: () => void) => () => void;

/**
 * One POST to one address. An answer counts when its body has ended, or `keep` bytes of it are here, within `timeout`; one that
 * trickles on below that is a `timeout`, whatever its status was. Nothing is sent twice, but for what a kept connection closed on
 * (`servers`); no redirect is followed, no proxy is asked, no compression offered.
 */
export function createPost({ servers, after }: { servers: ReturnType<typeof createServers>; after: After }) {
  return async (request: OutgoingRequest): Promise<OutgoingReply> => {
    const { url, address, ca, pin, timeout, signal } = request;
    if (isIP(address) === 0)
      throw new Error(`"${address}" is no address: only what was resolved and checked is dialled.`);
    const ended = new AbortController();
    const over = Promise.withResolvers<never>();
    over.promise.catch(() => {});
    const end = (error: OutgoingError) => {
      ended.abort(error);
      over.reject(error);
    };
    const cancel = after(timeout, () =>
      end(new OutgoingError('timeout', `The whole answer was not there within ${timeout / 1000} s.`)),
    );
    const stop = () => end(new OutgoingError('aborted', 'The service stopped before the answer was there.'));
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    const secure = url.protocol === 'https:';
    try {
      ended.signal.throwIfAborted();
      const server = await servers.at({
        origin: url.origin,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
        secure,
        address,
        trust: { ca, pin },
      });
      const answer = server.request({
        method: 'POST',
        path: `${url.pathname}${url.search}`,
        headers: { ...request.headers },
        body: request.body,
        signal: ended.signal,
      });
      // A request still waiting for its connection sees the signal once connected, and is not sent.
      const { statusCode, headers, body } = await Promise.race([answer, over.promise]);
      const length = Number(headers['content-length'] ?? Number.NaN);
      const kept = await readAtMost(body, { keep: request.keep, length });
      return { status: statusCode, headers: oneValueEach(headers), ...kept };
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : toOutgoingError(error);
    } finally {
      cancel();
      signal?.removeEventListener('abort', stop);
    }
  };
}

/** Reads on until `keep` bytes are here; where more may come, the connection is given up with it. `length` is what was announced. */
async function readAtMost(
  body: Readable,
  { keep, length }: { keep: number; length: number },
): Promise<{ body: string; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let truncated = false;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    truncated = bytes > keep || (bytes === keep && bytes !== length);
    if (truncated) break;
  }
  return { body: new TextDecoder().decode(Buffer.concat(chunks).subarray(0, keep)), truncated };
}

const oneValueEach = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
