import type { FastifyRequest } from 'fastify';
import { Problem } from '../lib/problem.ts';

export interface FormLimits {
  /** Bytes of the whole form. */
  total: number;
  /** Bytes of one file. A longer one is cut at one byte more, so that who knows its meaning can refuse it by name. */
  file: number;
  files: number;
  /** Bytes of one text field. */
  text: number;
  texts: number;
}

/** What came under one name, in the order it came: texts, and the bytes of files. */
export type Form = Map<string, (string | Buffer)[]>;

/**
 * Reads a multipart form into memory within `limits`. Refuses with PAYLOAD_TOO_LARGE or INVALID_REQUEST. Must be called
 * before anything is awaited, and where @fastify/multipart was registered with `throwFileSizeLimit: false`.
 */
export async function readForm(request: FastifyRequest, limits: FormLimits): Promise<Form> {
  const tooLarge = () =>
    new Problem(
      'PAYLOAD_TOO_LARGE',
      `The form is larger than ${limits.total / (1024 * 1024)} MiB, the most this call takes.`,
    );
  if (Number(request.headers['content-length'] ?? 0) > limits.total) throw tooLarge();

  const { raw } = request;
  const overflow = Promise.withResolvers<never>();
  overflow.promise.catch(() => {});
  let received = 0;
  const count = (chunk: Buffer) => {
    received += chunk.length;
    if (received <= limits.total) return;
    raw.off('data', count);
    raw.unpipe();
    raw.resume();
    overflow.reject(tooLarge());
  };

  const form: Form = new Map();
  const parts = request.parts({
    limits: {
      fileSize: limits.file + 1,
      files: limits.files,
      fields: limits.texts,
      fieldSize: limits.text,
      parts: limits.files + limits.texts,
      headerPairs: 20,
    },
  });
  let next = parts.next();
  raw.on('data', count);
  try {
    for (;;) {
      const { done, value: part } = await Promise.race([next, overflow.promise]);
      if (done) return form;
      const values = form.get(part.fieldname) ?? [];
      form.set(part.fieldname, values);
      if (part.type === 'file') values.push(await Promise.race([part.toBuffer(), overflow.promise]));
      else values.push(textOf(part));
      next = parts.next();
    }
  } finally {
    raw.off('data', count);
  }
}

function textOf(part: { fieldname: string; value: unknown; valueTruncated: boolean }): string {
  const { fieldname, value, valueTruncated } = part;
  if (valueTruncated) {
    throw new Problem('PAYLOAD_TOO_LARGE', `The form field "${fieldname}" is too long.`, {
      details: [{ path: fieldname, message: 'Too long.' }],
    });
  }
  // The plugin has already parsed a field that calls itself JSON; it is read again by the rules of every other body.
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.includes('\0')) {
    throw new Problem('INVALID_REQUEST', `The form field "${fieldname}" has the character U+0000.`, {
      details: [{ path: fieldname, message: 'Has the character U+0000.' }],
    });
  }
  return text;
}
