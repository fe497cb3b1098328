import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Sends the pieces as they come. The first is awaited: what refuses does so before the answer begins. */
export async function streamReply(
  reply: FastifyReply,
  pieces: AsyncIterable<Uint8Array | string>,
): Promise<FastifyReply> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  const readable = Readable.from(
    (async function* () {
      for (let next = first; !next.done; next = await iterator.next()) yield Buffer.from(next.value);
    })(),
    { objectMode: false },
  );
  // Also when reading has not begun.
  readable.once('close', () => void iterator.return?.());
  return reply.type('application/jsonl').send(readable);
}
