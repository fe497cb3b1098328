import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { meteredAs } from '../authentication.ts';
import type { BodyPace } from './body-pace.ts';
import { parseJson } from './json-body.ts';
import { readBody } from './read-body.ts';

type ReadJson = (request: FastifyRequest, payload: IncomingMessage) => Promise<unknown>;

declare module 'fastify' {
  interface FastifyInstance {
    /** Reads a body as JSON, for doors that take it under another media type too. */
    readJson: ReadJson;
  }
  interface FastifyRequest {
    /** A small body as it came, where the request carries a signature (RFC 9421), which may cover it. */
    signedBody: Buffer | undefined;
  }
}

/** Bytes; what signed requests are asked for is smaller. */
const SIGNED_BODY = 16_384;

/** JSON, the media type that every route takes. Bodies of callers with a credential are read at `pace`. */
export function readJsonBodies(app: FastifyInstance, pace: BodyPace): void {
  const readJson: ReadJson = async (request, payload) => {
    const { bodyLimit, config } = request.routeOptions;
    const { caller } = request;
    const body = await readBody(payload, bodyLimit, request.headers['content-length'], (bytes) =>
      caller ? pace.took(meteredAs(caller), bytes) : undefined,
    );
    if (request.headers['signature-input'] !== undefined && body.length <= SIGNED_BODY)
      request.signedBody = body;
    if (body.length === 0 && isBodyNeedless(request)) return undefined;
    return parseJson(body, {
      longTexts: config.longTexts === true,
      ...(config.jsonTokens !== undefined && { limits: { tokens: config.jsonTokens } }),
    });
  };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', readJson);
  app.decorate('readJson', readJson);
  app.decorateRequest('signedBody', undefined);
}

/** Some clients send the JSON content type with every call, also without a body. */
function isBodyNeedless({ routeOptions: { schema } }: FastifyRequest): boolean {
  const body = schema?.body;
  return body === undefined || (body instanceof z.ZodObject && Object.keys(body.shape).length === 0);
}
