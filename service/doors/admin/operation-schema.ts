import type { FastifySchema } from 'fastify';
import { z } from 'zod';
import { defined } from '../../lib/defined.ts';
import type { MayCall } from './may-call.ts';
import { realmQuery, type Within } from './realm.ts';

/** A call without fields. */
export const Nothing = z.strictObject({});
export type Nothing = typeof Nothing;

const JpegBytes = z.string().meta({ format: 'binary' }).describe('Bytes of a JPEG');

interface Described {
  method: string;
  operationId: string;
  summary: string;
  description: string;
  tag: string;
  may: MayCall;
  within: Within;
  params?: z.ZodType;
  query?: z.ZodObject;
  body?: z.ZodType;
  upload?: object;
  status?: number;
  reply?: z.ZodType;
  stream?: true;
  picture?: true;
  file?: string;
}

/** The schemas that requests are checked with, and what the OpenAPI documents say of the route. */
export function schemaOf(route: Described): FastifySchema {
  const { operationId, summary, description, tag, params, query, may } = route;
  const querystring = (query ?? Nothing).extend(realmQuery[route.within]);
  const takesBody = ['POST', 'PUT', 'PATCH'].includes(route.method);
  const body = route.body ?? Nothing;
  return {
    operationId,
    summary,
    description,
    tags: [tag],
    ...defined({ params }),
    querystring,
    ...(takesBody && (route.upload ? { upload: body } : { body })),
    response: responseOf(route),
    extensions: { 'x-gatehouse-may': may },
  };
}

/** Of the CSV of a list. It is no operation of its own in the OpenAPI documents. */
export const csvSchemaOf = (
  { params, query, within }: Pick<Described, 'params' | 'query' | 'within'>,
  more: z.ZodRawShape,
): FastifySchema => ({
  hide: true,
  ...defined({ params }),
  querystring: (query ?? Nothing).extend(realmQuery[within]).extend(more),
});

function responseOf({ status = 200, reply, stream, picture, file }: Described): Record<number, unknown> {
  if (picture) return { 200: { description: 'JPEG', content: { 'image/jpeg': { schema: JpegBytes } } } };
  if (!reply) return { 204: Nothing.describe('Done') };
  if (file !== undefined)
    return {
      200: {
        description: 'As JSON, or as a file',
        content: {
          'application/json': { schema: reply },
          [file]: { schema: z.string().describe('The file') },
        },
      },
    };
  if (!stream) return { [status]: reply };
  return {
    200: {
      description: 'JSON Lines',
      content: { 'application/jsonl': { schema: reply } },
    },
  };
}
