import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readBody } from '../../http/bodies/read-json-bodies.ts';
import { invalidField } from '../../http/validation.ts';
import { Problem } from '../../lib/problem.ts';

export const URLENCODED = 'application/x-www-form-urlencoded';
export const MULTIPART = 'multipart/form-data';

/** Small forms, as servers post them: a field twice, or a file, is refused. */
export function readForms(app: FastifyInstance): void {
  for (const type of [URLENCODED, MULTIPART])
    app.addContentTypeParser(type, async (request: FastifyRequest, payload: IncomingMessage) => {
      const { headers, routeOptions } = request;
      const bytes = await readBody(payload, routeOptions.bodyLimit, headers['content-length']);
      return toFields(await entriesOf(bytes, headers['content-type']!, type));
    });
}

async function entriesOf(bytes: Buffer, contentType: string, type: string) {
  if (type === URLENCODED) return new URLSearchParams(bytes.toString());
  try {
    return await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  } catch (cause) {
    throw new Problem('INVALID_REQUEST', 'The multipart form is broken or was cut off.', { cause });
  }
}

function toFields(entries: Iterable<[string, unknown]>): Record<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw invalidField(name, 'It must be a text field, not a file.');
    if (fields.has(name)) throw invalidField(name, 'It is there more than once.');
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}
