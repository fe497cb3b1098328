import type { FastifyRequest } from 'fastify';
import { Problem } from '../../lib/problem.ts';
import { meteredAs } from '../authentication.ts';
import { invalidField } from '../validation.ts';
import { parseJson } from './json-body.ts';
import { dropRest } from './read-json-bodies.ts';

export interface FormLimits {
  /** Bytes of the whole form. */
  total: number;
  /** Bytes of one file. A longer one is cut at one byte more, so that the door can refuse it by its field name. */
  file: number;
  files: number;
  /** Bytes of one text field. */
  text: number;
  texts: number;
}

/** What came under one name, in the order it came: texts, and the bytes of files. */
export type Form = Map<string, (string | Buffer)[]>;

/** Limit of a JSON field: far more than a location, a device or a consent needs. */
const jsonFieldLimits = { depth: 32, tokens: 2000 };

/** RFC 2046, 5.1.1. */
const BOUNDARY_MOST = 70;

/**
 * Reads a multipart form into memory within `limits`. Its bytes count for the pace of the caller, whose next request waits. Refuses with PAYLOAD_TOO_LARGE or INVALID_REQUEST. Must be called
 * before anything is awaited, and where @fastify/multipart was registered with `throwFileSizeLimit: false`.
 */
export async function readForm(request: FastifyRequest, limits: FormLimits): Promise<Form> {
  const form = await unlessRefused(request, () => readParts(request, limits));
  await request.readCallerAgain?.();
  return form;
}

/** Where the form is refused, what is left of it is not parsed, and comes at the pace of its sender. */
export async function unlessRefused<T>(request: FastifyRequest, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    // One that is not read yet is the error handler's.
    if (request.raw.readableDidRead)
      dropRest(request.raw, (bytes) => request.server.bodyPace.took(senderOf(request), bytes));
    throw error;
  }
}

const senderOf = ({ caller, ip }: FastifyRequest): string => (caller ? meteredAs(caller) : ip);

async function readParts(request: FastifyRequest, limits: FormLimits): Promise<Form> {
  const tooLarge = () =>
    new Problem(
      'PAYLOAD_TOO_LARGE',
      `The form is larger than ${limits.total / (1024 * 1024)} MiB, the most this call takes.`,
    );
  if (Number(request.headers['content-length'] ?? 0) > limits.total) throw tooLarge();
  checkBoundary(request.headers['content-type'] ?? '');

  const { raw } = request;
  const overflow = Promise.withResolvers<never>();
  overflow.promise.catch(() => {});
  let received = 0;
  const count = (chunk: Buffer) => {
    received += chunk.length;
    request.server.bodyPace.charge(senderOf(request), chunk.length);
    if (received > limits.total) overflow.reject(tooLarge());
  };

  const form: Form = new Map();
  let files = 0;
  let texts = 0;
  const parts = request.parts({
    // The plugin parses fields that are marked as JSON by rules of its own: taken as files, they come as they are.
    isPartAFile: (_?: string, type?: string, filename?: string) =>
      filename !== undefined || type === 'application/octet-stream' || isJson(type),
    limits: {
      fileSize: Math.max(limits.file, limits.text) + 1,
      files: limits.files + limits.texts,
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
      if (part.type === 'field') {
        texts++;
        values.push(textOf(part));
      } else {
        const bytes = await Promise.race([part.toBuffer(), overflow.promise]);
        const isField = part.filename === undefined && isJson(part.mimetype);
        if (isField) texts++;
        else files++;
        if (!isField) values.push(bytes.subarray(0, limits.file + 1));
        else if (bytes.length > limits.text) throw tooLong(part.fieldname);
        else values.push(...jsonFieldOf(part.fieldname, bytes));
      }
      if (files > limits.files || texts > limits.texts) throw tooManyParts();
      next = parts.next();
    }
  } finally {
    raw.off('data', count);
  }
}

const isJson = (type = '') => type.startsWith('application/json');

/** A longer one than any client may send is beyond the search of the multipart parser. */
function checkBoundary(contentType: string): void {
  const boundaries = [...contentType.matchAll(/boundary\s*=\s*(?:"([^"]*)"|([^;\s]*))/gi)];
  if (boundaries.length === 0) {
    throw new Problem(
      'INVALID_REQUEST',
      'The Content-Type multipart/form-data has no boundary: let the HTTP client set this header itself, together with the form.',
      { details: [{ path: 'content-type', message: 'Has no boundary.' }] },
    );
  }
  if (boundaries.every(([, quoted, bare]) => isBoundary(quoted ?? bare ?? ''))) return;
  throw new Problem(
    'INVALID_REQUEST',
    `The boundary of the form must have 1 to ${BOUNDARY_MOST} characters (RFC 2046).`,
    {
      details: [
        { path: 'content-type', message: `The boundary must have 1 to ${BOUNDARY_MOST} characters.` },
      ],
    },
  );
}

const isBoundary = (text: string) => text.length >= 1 && text.length <= BOUNDARY_MOST;

function textOf(part: { fieldname: string; value: unknown; valueTruncated: boolean }): string {
  if (part.valueTruncated) throw tooLong(part.fieldname);
  const text = String(part.value);
  if (text.includes('\0')) {
    throw new Problem('INVALID_REQUEST', `The form field "${part.fieldname}" has the character U+0000.`, {
      details: [{ path: part.fieldname, message: 'Has the character U+0000.' }],
    });
  }
  return text;
}

/** A field marked as JSON: a text is its value, null is absent, anything else stays JSON for the reader of the field. */
function jsonFieldOf(field: string, bytes: Buffer): string[] {
  const value = parseJsonField(field, bytes);
  if (value === null) return [];
  return [typeof value === 'string' ? value : bytes.toString('utf8')];
}

/** The value of a form field that holds JSON, by the rules of a JSON body. Throws INVALID_REQUEST or PAYLOAD_TOO_LARGE. */
export function parseJsonField(field: string, text: string | Buffer): unknown {
  try {
    return parseJson(Buffer.from(text), { limits: jsonFieldLimits });
  } catch (error) {
    const sentence = (error as Error).message.replace(/^The body/, 'It');
    if (error instanceof Problem && error.code === 'PAYLOAD_TOO_LARGE') {
      throw new Problem('PAYLOAD_TOO_LARGE', `The form field "${field}" is too large: ${sentence}`, {
        details: [{ path: field, message: sentence }],
      });
    }
    throw invalidField(field, sentence);
  }
}

const tooLong = (field: string) =>
  new Problem('PAYLOAD_TOO_LARGE', `The form field "${field}" is too long.`, {
    details: [{ path: field, message: 'Too long.' }],
  });

const tooManyParts = () =>
  new Problem('PAYLOAD_TOO_LARGE', 'The form has more fields or files than this call takes.');
