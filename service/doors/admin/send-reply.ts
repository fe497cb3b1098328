import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';

/**
 * The reply as its schema writes it. A field that the schema does not know, or a value that does not fit, does not leave: an item of a list
 * is left out, and counted in `damaged`; another reply is refused with INTERNAL. It comes from a damaged row, or from a bug.
 */
export function checkedReply(schema: z.ZodType, reply: unknown, { changed, misfit }: Checked): unknown {
  const checked = z.safeEncode(schema, reply);
  if (checked.success) return checked.data;
  const where = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  const left = z.safeEncode(schema, withoutDamaged(schema, reply));
  if (!left.success)
    throw new Problem('INTERNAL', `${changed ? 'It was done, but the' : 'The'} ${NOT_SHOWN}`, {
      cause: new Error(`A reply does not fit its schema: ${where}`),
    });
  misfit(where);
  return left.data;
}

interface Checked {
  /** The reply says what was done. */
  changed: boolean;
  /** Takes what does not fit, for the log. */
  misfit(where: string): void;
}

const NOT_SHOWN =
  'reply cannot be shown: a row of the database is damaged, or Gatehouse has an error. On the box, “gatehouse doctor” names damaged rows.';

/** A list with the items that fit; another reply as it is. */
function withoutDamaged(schema: z.ZodType, reply: unknown): unknown {
  if (!(schema instanceof z.ZodObject)) return reply;
  const { items: list, damaged } = schema.shape as Record<string, z.ZodType | undefined>;
  const { items } = reply as { items?: unknown };
  if (!(list instanceof z.ZodArray) || !Array.isArray(items)) return reply;
  const whole = items.filter((item) => z.safeEncode(list.element as z.ZodType, item).success);
  return { ...(reply as object), items: whole, ...(damaged && { damaged: items.length - whole.length }) };
}

/** A file in place of the described reply; `name` is what a browser saves it under. */
export class FileAnswer {
  readonly type: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  constructor(type: string, name: string, bytes: Uint8Array) {
    this.type = type;
    this.name = name;
    this.bytes = bytes;
  }
}

export const sendFile = (reply: FastifyReply, { type, name, bytes }: FileAnswer): FastifyReply =>
  reply
    .type(type)
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));

/** As `streamReply`, as a file that is named after the last part of the address. */
export function streamCsv(reply: FastifyReply, url: string, lines: AsyncIterable<string>) {
  const name = url.split('/').at(-1);
  reply.header('content-disposition', `attachment; filename="${name}.csv"`);
  return streamReply(reply, lines, 'text/csv; charset=utf-8; header=present');
}

/** Sends the pieces as they come. The first is awaited: what refuses does so before the answer begins. */
export async function streamReply(
  reply: FastifyReply,
  pieces: AsyncIterable<Uint8Array | string>,
  type = 'application/jsonl',
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
  return reply.type(type).send(readable);
}
