import type { FastifySchema } from 'fastify';
import { z } from 'zod';
import type { ProblemCode } from '../lib/problem.ts';
import type { WireErrors } from './default-errors.ts';
import type { RouteAccess } from './route-access.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call: every caller, a key with a scope, or a list of credentials. The server does not start without it. */
    access?: RouteAccess;
    /** Metered: a live key's request counts in its monthly quota. */
    metered?: boolean;
    /** A POST that creates: a repeat with the same header `Idempotency-Key` is answered with the first answer. */
    idempotent?: boolean;
    /** Answers a request for another host, or for none, too; what it answers then depends on `request.isForOwnHost`. */
    anyHost?: boolean;
    /** Polled by machines: logged at debug. */
    quiet?: boolean;
    /** Long texts of a JSON body arrive as LongText: for routes that take pictures. */
    longTexts?: boolean;
    /** Most texts, numbers, objects, arrays and commas of a JSON body; default 20,000. */
    jsonTokens?: number;
    /** Problem codes beyond those of every route, for the OpenAPI document. */
    refuses?: readonly ProblemCode[];
  }
  interface FastifySchema {
    operationId?: string;
    summary?: string;
    description?: string;
    tags?: readonly string[];
    /** It answers with `Deprecation`, `Sunset` and `Link`. */
    deprecated?: boolean;
    /** What an error status may hold in the place of our error, by status. */
    otherErrors?: Readonly<Record<number, z.ZodType>>;
    /** Keep out of the OpenAPI document. */
    hide?: boolean;
    /** Schema of the JSON field `request` of a multipart/form-data call with a file `file`. */
    upload?: z.ZodType;
    /** Extensions of the operation in the OpenAPI document, by name (`x-…`). */
    extensions?: Readonly<Record<`x-${string}`, unknown>>;
  }
  interface FastifyInstance {
    /** The error table of this door's family; each door decorates its own. */
    wireErrors: WireErrors;
    /** Every route of this server, in the order of registration. */
    published: PublishedRoute[];
  }
}

export interface PublishedRoute {
  methods: string[];
  /** The pattern, `/hosted/v/:token`. */
  url: string;
  schema: FastifySchema;
  /** Reads the route's own settings when asked: a plugin may still change them after the route was added. */
  access(): RouteAccess | undefined;
  refuses: readonly ProblemCode[];
  /** Its door reads a body of the type `text/plain` as JSON. */
  readsTextAsJson: boolean;
  /** It takes the header `Idempotency-Key`. */
  idempotent: boolean;
  errors: WireErrors;
}

/** An event that the box posts to endpoints, for the OpenAPI document. */
export interface PublishedWebhook {
  /** `<family>.<event>` */
  name: string;
  /** A sentence: when it is sent. */
  when: string;
  payload: z.ZodType;
}

/** Of the webhook bodies; it changes with what a receiver could trip over (docs/COMPATIBILITY.md). */
export const WEBHOOK_VERSION = 1;

/** What every body has, spelled as its family does. */
export const eventIdField = z
  .string()
  .describe('Id of the event, as in `webhook-id`: the same at every attempt');
export const versionField = z.literal(WEBHOOK_VERSION).describe('Of this shape');
