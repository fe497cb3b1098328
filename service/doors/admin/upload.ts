import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { parseFields } from '../../http/validation.ts';
import { Problem } from '../../lib/problem.ts';

/**
 * Reads multipart/form-data: the field `request` (JSON), then one file `file`. Refuses with INVALID_REQUEST or
 * UNSUPPORTED_MEDIA_TYPE, and with PAYLOAD_TOO_LARGE beyond `limit` bytes.
 */
export async function readUpload<Schema extends z.ZodType>(
  request: FastifyRequest,
  schema: Schema,
  limit: number,
): Promise<{ fields: z.output<Schema>; file: Uint8Array }> {
  if (!request.isMultipart()) {
    throw new Problem(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send multipart/form-data with the field `request` (JSON) and the file `file`.',
    );
  }
  let fields: z.output<Schema> | undefined;
  let bytes: Uint8Array | undefined;
  for await (const part of request.parts({
    limits: { fileSize: limit, files: 1, fields: 1, fieldSize: 1 << 20 },
  })) {
    if (part.type === 'file') {
      bytes = await part.toBuffer().catch((error: unknown) => {
        if ((error as { code?: string }).code !== 'FST_REQ_FILE_TOO_LARGE') throw error;
        throw new Problem(
          'PAYLOAD_TOO_LARGE',
          `The file is larger than ${Math.floor(limit / 1_000_000)} MB, the most this call takes.`,
        );
      });
    } else if (part.fieldname === 'request') {
      fields = parseFields(schema, readJson(part.value));
    }
  }
  if (fields === undefined) throw new Problem('INVALID_REQUEST', 'The field `request` is missing.');
  if (bytes === undefined) throw new Problem('INVALID_REQUEST', 'The file `file` is missing.');
  return { fields, file: bytes };
}

function readJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch (error) {
    throw new Problem('MALFORMED_JSON', 'The field `request` is not JSON.', { cause: error });
  }
}
