import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { shareDocument } from './leaving/unsent-bytes.ts';

type Encoding = 'br' | 'gzip';

/** Smallest reply that is compressed, in bytes. */
const LEAST = 1024;
/** Brotli's best quality takes seconds for a script of some megabytes. */
const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const compressors: Record<Encoding, (bytes: Buffer) => Promise<Buffer>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, QUALITY),
  gzip: promisify<Buffer, Buffer>(gzip),
};

interface Document {
  tag: string;
  encoded: Partial<Record<Encoding, Promise<Buffer>>>;
}

/** Of each buffer that was sent, as long as a route keeps it: hashed and compressed once. */
const documents = new WeakMap<Buffer, Document>();

function documentOf(bytes: Buffer): Document {
  const known = documents.get(bytes);
  if (known) return known;
  // Weak: the same document in each encoding.
  const tag = `W/"${createHash('sha256').update(bytes).digest('base64url')}"`;
  const made: Document = { tag, encoded: {} };
  documents.set(shareDocument(bytes), made);
  return made;
}

/**
 * Gives the replies of the routes of `app` an ETag, answers 304 to a caller that has them, and compresses them once. Only for
 * documents that are the same for every caller, sent as a buffer that their route keeps: the length of a compressed reply reveals a secret in it.
 */
export function compressReplies(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode !== 200 || !(typeof payload === 'string' || Buffer.isBuffer(payload)))
      return payload;
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
    const { tag, encoded } = documentOf(bytes);
    const isWorth = bytes.length >= LEAST && !isCompressed(reply.getHeader('content-type'));
    const encoding = isWorth ? encodingOf(request.headers['accept-encoding']) : undefined;
    reply.header('etag', tag).header('vary', varyOf(reply.getHeader('vary')));
    if (reply.getHeader('cache-control') === 'no-store') reply.header('cache-control', 'no-cache');
    if (isKnown(request.headers['if-none-match'], tag)) {
      reply.code(304).removeHeader('content-length');
      return '';
    }
    if (encoding === undefined) return bytes;
    reply.header('content-encoding', encoding).removeHeader('content-length');
    encoded[encoding] ??= compressors[encoding](bytes).then(shareDocument);
    encoded[encoding].catch(() => delete encoded[encoding]);
    return encoded[encoding];
  });
}

/** The best encoding that the caller takes: `gzip;q=0` is refused. */
export function encodingOf(accepted: string | undefined): Encoding | undefined {
  const taken = new Set<string>();
  for (const one of (accepted ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (!refused) taken.add(name);
  }
  return (['br', 'gzip'] as const).find((encoding) => taken.has(encoding));
}

/** Fonts, pictures and archives are compressed as they are. */
const isCompressed = (type: number | string | string[] | undefined): boolean =>
  /^(font\/|image\/(?!svg)|application\/gzip)/.test(String(type));

const bare = (tag: string) => tag.trim().replace(/^W\//, '');

const isKnown = (known: string | undefined, tag: string): boolean =>
  (known ?? '').split(',').some((one) => one.trim() === '*' || bare(one) === bare(tag));

function varyOf(present: number | string | string[] | undefined): string {
  const others = [present ?? []].flat().join(', ');
  return others === '' ? 'accept-encoding' : `${others}, accept-encoding`;
}
