import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ApprovalAction, Role } from '../../engine/accounts/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import { unlessRefused } from '../../http/bodies/form-body.ts';
import { MOST_ON_PAGE } from '../../http/cursor.ts';
import { untilClosed } from '../../http/listening/listen-on-host.ts';
import { parseFields } from '../../http/validation.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import { columnsOf, csvOf, csvQuery, itemOfList } from './csv.ts';
import { consequences, type Declared, type Effect, followUpOf } from './effect.ts';
import type { MayCall } from './may-call.ts';
import type { AdminMount } from './mount.ts';
import { csvSchemaOf, Nothing, schemaOf } from './operation-schema.ts';
import type { Named, RealmOf, Within } from './realm.ts';
import { checkedReply, FileAnswer, sendFile, streamCsv, streamReply } from './send-reply.ts';

/** What a handler gets: parsed input, who calls, and the realm that the route acts in. */
export type AdminCall<
  W extends Within,
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
> = RealmOf<W> & {
  params: z.output<Params>;
  query: z.output<Query>;
  body: z.output<Body>;
  /** For the audit log; it names the request too. */
  who: Actor;
  /** Whether the caller may act on the whole box: its operator, or an appliance owner. */
  forBox: boolean;
  /** Whether the caller is the operator of the box, or an administrator with one of these roles. */
  isOf(roles: readonly Role[]): boolean;
  request: string;
  /** Aborted when the caller disconnects; for a stream also when the server stops. */
  signal: AbortSignal;
  /** The file of an upload; empty on other routes. */
  file: Uint8Array;
  /** What a second administrator was asked for, where this call takes it; undefined before. */
  guardedAs: ApprovalAction | undefined;
  /** Whether the administrators get an alert; false before it is known. */
  alerts: boolean;
};

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** Its path is below `/api/admin`: `POST /webhooks/:id`. */
export type Operation = `${Method} /${string}`;

/** Declares one administrative operation. */
export interface Definition<
  W extends Within,
  Params extends z.ZodType,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Reply extends z.ZodType,
> extends Declared<AdminCall<W, Params, Query, Body>> {
  operationId: string;
  summary: string;
  description: string;
  tag: string;
  may: MayCall;
  /** The refusal of an API key where none may call: a sentence that says what to do instead. */
  keyRefusal?: string;
  within: W;
  params?: Params;
  /** Without `organization` and `env`, which the frame adds by `within`. */
  query?: Query;
  body?: Body;
  /** The body is multipart/form-data: `request` (JSON, as `body` says) and `file`, of at most so many bytes. */
  upload?: { most: number };
  /** Status of success; default: 200 with a reply schema, 204 without. */
  status?: 200 | 201 | 202;
  /** Absent: 204. */
  reply?: Reply;
  /** The reply is JSON Lines, each as `reply` says; the handler returns the texts or bytes. */
  stream?: true;
  /** The reply is the bytes of a JPEG. */
  picture?: true;
  /** Media type of the file that the handler may answer in place of the reply (`FileAnswer`). */
  file?: string;
  /** Problem codes beyond those of every route. */
  refuses?: readonly ProblemCode[];
  /** No time limit. `followed`: in the list of works, where the operator finds its progress and its reply too. */
  lasting?: true | 'followed';
  /** The reply holds what is shown once, so it is not kept for a repeat with the same `Idempotency-Key`. */
  shownOnce?: true;
  /** Polled by machines: logged at debug. */
  quiet?: true;
  handle(
    call: AdminCall<W, Params, Query, Body>,
  ): Awaitable<z.output<Reply> | Uint8Array | FileAnswer> | AsyncIterable<Uint8Array | string>;
}

type Awaitable<T> = T | Promise<T>;

interface AdminServer {
  /** Aborted when the server stops. */
  stopping: AbortSignal;
  /** Bytes of a body that is no upload. */
  bodyLimit: number;
}

/** A declared route. `mount` registers it, unless no caller of that mount may call it. */
export interface AdminRoute {
  readonly method: string;
  readonly url: string;
  readonly operationId: string;
  readonly may: MayCall;
  readonly within: Within;
  readonly effect: Effect;
  /** Whether a second administrator may have to confirm it. */
  readonly guarded: boolean;
  readonly daily: boolean;
  mount(app: FastifyInstance, mount: AdminMount, server: AdminServer): void;
}

/** Bytes of an upload beside its file. */
const UPLOAD_FIELDS = 2 * 1024 * 1024;
const PREFIX = '/api/admin';
/** The longest that a timer can wait, in milliseconds. */
const FOREVER = 2 ** 31 - 1;
/** Milliseconds between two looks at whether an administrator may still read an answer that lasts. */
const LOOK = 2_000;

/** Declares one administrative operation, for every mount and both OpenAPI documents. */
export function route<
  W extends Within,
  Params extends z.ZodType = Nothing,
  Query extends z.ZodObject = Nothing,
  Body extends z.ZodType = Nothing,
  Reply extends z.ZodType = z.ZodVoid,
>(operation: Operation, declared: Definition<W, Params, Query, Body, Reply>): AdminRoute {
  const [method, url] = operation.split(' ') as [Method, string];
  const definition = { ...declared, method };
  const { operationId, within } = definition;
  const may = mayOf(definition);
  const item = method === 'GET' ? itemOfList(definition.reply) : undefined;
  return {
    method,
    url: PREFIX + url,
    operationId,
    may,
    within,
    effect: definition.effect,
    guarded: isGuarded(definition),
    daily: definition.daily ?? false,
    mount(app, mount, { stopping, bodyLimit }) {
      const config = mount.configOf({ ...definition, may, idempotent: isIdempotent(definition) });
      if (!config) return;
      const callOf = async (request: FastifyRequest, reply: FastifyReply, asStream: boolean) => {
        const { params, query, body, named } = inputOf<Params, Query, Body>(request);
        const realm = await mount.realm[within](request, named);
        const { fields, file } = definition.upload
          ? await unlessRefused(request, () =>
              readUpload(request, definition.body ?? Nothing, definition.upload!.most),
            )
          : { fields: body, file: new Uint8Array() };
        if (definition.upload) await request.readCallerAgain?.();
        const closed = untilClosed(reply);
        if (asStream) cutOff(request, reply, closed);
        return {
          ...realm,
          params,
          query,
          body: fields as z.output<Body>,
          file,
          who: mount.actorOf(request),
          forBox: mount.isForBox(request),
          isOf: (roles: readonly Role[]) => mount.isOf(request, roles),
          request: request.id,
          signal: asStream ? AbortSignal.any([closed, stopping]) : closed,
          guardedAs: undefined,
          alerts: false,
        };
      };
      const csv = item && mount.configOf({ ...definition, ...forPeople(definition, may), idempotent: false });
      if (item && csv)
        app.route({
          method,
          url: `${PREFIX}${url}.csv`,
          handlerTimeout: FOREVER,
          config: { ...csv, quiet: definition.quiet ?? false },
          schema: csvSchemaOf(definition, csvQuery),
          async handler(request, reply) {
            const call = await callOf(request, reply, true);
            const { columns, ...query } = call.query as { columns?: string };
            const heads = columnsOf(item, columns);
            const read = async (cursor?: string) =>
              bodyOf(
                definition,
                await definition.handle({ ...call, query: pageAt(definition, query, cursor) }),
                request,
              );
            // What is refused is no export, and is answered as in the list.
            const first = await read();
            await mount.noteExport(operationId, call, definition.effect);
            return streamCsv(reply, url, csvOf(heads, pagesOf(first, read)));
          },
        });
      app.route({
        method,
        url: PREFIX + url,
        ...(definition.lasting || definition.stream ? { handlerTimeout: FOREVER } : {}),
        bodyLimit: definition.upload ? definition.upload.most + UPLOAD_FIELDS : bodyLimit,
        config: { ...config, quiet: definition.quiet ?? false },
        schema: schemaOf({ ...definition, may }),
        async handler(request, reply) {
          const call = await callOf(request, reply, definition.stream === true);
          const followUp = await followUpOf(definition, call);
          const guarded = { ...call, guardedAs: followUp.approval?.action, alerts: followUp.alert };
          const perform = async () =>
            bodyOf(
              definition,
              await mount.perform(request, followUp, async () => definition.handle(guarded)),
              request,
            );
          const about = { id: request.id, operation: operationId, ...organizationOf(call) };
          const answer = await (definition.lasting === 'followed'
            ? mount.works.follow(about, perform)
            : perform());
          if (definition.picture) return reply.type('image/jpeg').send(Buffer.from(answer as Uint8Array));
          if (answer instanceof FileAnswer) return sendFile(reply, answer);
          if (definition.stream) return streamReply(reply, answer as AsyncIterable<Uint8Array | string>);
          return definition.reply
            ? reply.code(definition.status ?? 200).send(answer)
            : reply.code(204).send();
        },
      });
    },
  };
}

/** A file is for people: a key reads the pages of the list. All that is known of all people at once takes a fresh second factor. */
const forPeople = ({ effect }: Declared<never>, may: MayCall) => ({
  may: { ...may, key: false as const, ...(effect === 'reads-personal' && { fresh: true as const }) },
  keyRefusal: 'No API key saves a list as CSV: ask for the list itself, page by page.',
});

/** What creates. The file of an upload is read after repeats are recognized, and what lasts may outlive the wait for its first answer. */
const isIdempotent = (route: {
  method: string;
  status?: number;
  upload?: object;
  lasting?: true | 'followed';
  shownOnce?: true;
}) => route.method === 'POST' && route.status === 201 && !route.upload && !route.lasting && !route.shownOnce;

/** The callers, with what the effect and the realm of the route ask of an administrator. Changes to the whole appliance need a fresh second factor. */
function mayOf({ method, may, effect }: { method: string; may: MayCall; effect: Effect }): MayCall {
  if (may.fresh || consequences[effect].fresh || (may.applianceOwner && method !== 'GET'))
    return { ...may, fresh: true };
  return effect === 'none' && method === 'GET' ? may : { ...may, factor: true };
}

const isGuarded = ({
  effect,
  daily,
  approval = consequences[effect].approval,
}: Pick<Declared<never>, 'effect' | 'daily' | 'approval'>) =>
  !daily && approval !== undefined && approval !== 'none';

/** An answer that lasts is cut off once its administrator has signed out, is disabled or has another role. */
function cutOff({ callerGoesOn }: FastifyRequest, { raw }: FastifyReply, closed: AbortSignal): void {
  if (!callerGoesOn || closed.aborted) return;
  const look = async () => {
    if (!(await callerGoesOn().catch(() => false))) raw.destroy();
  };
  const timer = setInterval(() => void look(), LOOK).unref();
  closed.addEventListener('abort', () => clearInterval(timer));
}

/**
 * The parts as Fastify parsed them with this route's schemas. The realm is taken out of the query; the rest matches the
 * route's own schema.
 */
function inputOf<Params extends z.ZodType, Query extends z.ZodObject, Body extends z.ZodType>(
  request: FastifyRequest,
) {
  const { organization, env, ...query } = request.query as Named;
  return {
    params: request.params as z.output<Params>,
    query: query as z.output<Query>,
    body: request.body as z.output<Body>,
    named: { organization, env },
  };
}

/** The query of the next page of a CSV. */
const pageAt = <Query extends z.ZodObject>(
  { query: schema }: { query?: Query },
  query: object,
  cursor: string | undefined,
): z.output<Query> => {
  const { cursor: key } = (schema?.shape ?? {}) as Record<string, z.ZodType | undefined>;
  return {
    ...query,
    limit: MOST_ON_PAGE,
    ...(cursor !== undefined && { cursor: key?.parse(cursor) }),
  } as z.output<Query>;
};

async function* pagesOf(
  first: unknown,
  read: (cursor: string) => Promise<unknown>,
): AsyncGenerator<unknown[]> {
  for (let page = first; ; ) {
    const { items, next } = page as { items: unknown[]; next?: string };
    yield items;
    if (next === undefined) return;
    page = await read(next);
  }
}

/** What is no file and no stream, as its schema says. */
const bodyOf = (
  { reply, stream, picture }: { reply?: z.ZodType; stream?: true; picture?: true },
  answer: unknown,
  { method, log, routeOptions }: FastifyRequest,
): unknown =>
  reply && !stream && !picture && !(answer instanceof FileAnswer)
    ? checkedReply(reply, answer, {
        changed: method !== 'GET',
        misfit: (where) => log.error({ route: routeOptions.url, where }, 'a reply does not fit its schema'),
      })
    : answer;

const organizationOf = (realm: object) =>
  defined({ organization: (realm as { organization?: OrganizationId }).organization });

/**
 * Reads multipart/form-data: the field `request` (JSON), then one file `file`. Refuses with INVALID_REQUEST or
 * UNSUPPORTED_MEDIA_TYPE, and with PAYLOAD_TOO_LARGE beyond `limit` bytes.
 */
async function readUpload<Schema extends z.ZodType>(
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
