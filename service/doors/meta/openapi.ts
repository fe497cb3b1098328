import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { wireErrorOf } from '../../http/default-errors.ts';
import type { PublishedRoute, PublishedWebhook } from '../../http/published-route.ts';
import { type AccessList, accessListOf } from '../../http/route-access.ts';
import { fieldRules, type ProblemCode, problemCodes } from '../../lib/problem.ts';
import { testOutcomes } from '../../lib/test-outcome.ts';
import { errorCodes } from './error-codes.ts';
import { headersOf, responseHeaders } from './openapi-headers.ts';
import { lanDocument, tags } from './openapi-words.ts';

type Json = Record<string, unknown>;

const always: ProblemCode[] = ['TIMEOUT', 'INTERNAL'];
/** Errors of every route that needs the data of the box; those with the tag `meta` answer without them. */
const withData: ProblemCode[] = ['STORAGE_UNAVAILABLE', 'SEALED'];
/** Errors on the LAN only: a request for another host. */
const onTheLan: ProblemCode[] = ['HOST_NOT_ALLOWED'];
const withBody: ProblemCode[] = [
  'INVALID_REQUEST',
  'MALFORMED_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'OVERLOADED',
];
const withKey: ProblemCode[] = [
  'MISSING_AUTH',
  'INVALID_API_KEY_FORMAT',
  'INVALID_API_KEY',
  'INSUFFICIENT_SCOPE',
  'ORIGIN_NOT_ALLOWED',
  'TRIAL_EXPIRED',
  'BURST_LIMIT_EXCEEDED',
];

const withAdministrator: ProblemCode[] = [
  'MISSING_AUTH',
  'INSUFFICIENT_SCOPE',
  'SECOND_FACTOR_REQUIRED',
  'CSRF_REFUSED',
  // Of refused credentials from one address.
  'BURST_LIMIT_EXCEEDED',
];

const REQUEST_ID = 'req_01m7w3hb8hbf355he5zqwjztdk';

const Detail = z.strictObject({
  path: z.string().describe('Path of the field in the request: `deviceInfo.cameraWidth`'),
  message: z.string().describe('The problem with the field'),
  rule: z
    .enum(fieldRules)
    .describe('The rule that the field breaks; absent where only `message` says it')
    .optional(),
  limit: z.number().describe('The number of the rules `max…`, `min…` and `above`').optional(),
  values: z.array(z.string()).describe('Those of the rules `one-of` and `type`').optional(),
});
const errorReply = (checkResult: z.ZodType) =>
  z
    .object({
      error: z.string().describe('One sentence with the problem and its remedy'),
      code: z.enum(problemCodes).describe('Error code from a closed list'),
      requestId: z.string().describe('Also in the header x-request-id and in the log'),
      details: z.array(Detail).describe('With INVALID_REQUEST: each wrong field').optional(),
      reason: z.string().describe('With a 422 of the identity family: a sentence for the person').optional(),
      checkResults: z
        .array(checkResult)
        .describe('With a 422 of the identity family: the checks that ran')
        .optional(),
      verificationId: z
        .string()
        .describe('With a 422 of the admin API: the verification that was stored of the picture')
        .optional(),
      doc_url: z.string().describe('Page of the box with the cause of the code, and the remedy').optional(),
      failure_code: z
        .literal('DOES_NOT_EXIST')
        .nullable()
        .describe(
          'Of the registrations family, in every error: `DOES_NOT_EXIST` for a user who was never registered, else null',
        )
        .optional(),
      testOutcome: z
        .enum(testOutcomes)
        .describe('Of the identity family, in the test world: what the picture of a test person stands for')
        .optional(),
      metadata: z
        .record(z.string(), z.unknown())
        .describe('With a 422 of the identity family: your own data, as the call gave it')
        .optional(),
      review: z
        .string()
        .describe('With DUPLICATE_IDENTITY of the admin API: the review of the two faces')
        .optional(),
      approval: z
        .looseObject({ action: z.string().describe('What it allows') })
        .describe('With APPROVAL_REQUIRED: what `POST /api/admin/approvals` takes')
        .optional(),
      success: z.literal(false).describe('Of siteverify, in every error').optional(),
      'error-codes': z.array(z.string()).describe('Of siteverify, in every error').optional(),
      sessionToken: z
        .string()
        .describe('With SECOND_FACTOR_REQUIRED of a sign-in: for `/api/auth/2fa/enrollment`')
        .optional(),
    })
    .meta({
      id: 'Error',
      description: 'The error reply of all families.',
      examples: [
        {
          error: 'The field "image" is missing.',
          code: 'INVALID_REQUEST',
          requestId: REQUEST_ID,
          details: [{ path: 'image', message: 'It is missing.', rule: 'missing' }],
        },
      ],
    });

/** What the families add to the document. */
export interface FamilyParts {
  /** An element of `checkResults` in an error. */
  checkResult: z.ZodType;
  /** What the box posts to endpoints. */
  webhooks: readonly PublishedWebhook[];
}

/**
 * The OpenAPI 3.1 document of everything this server answers, from the schemas the routes are checked with. Other requests are
 * answered between two routes: the first caller of a process must not hold them up.
 */
export async function openApiDocument(
  published: PublishedRoute[],
  version: string,
  { checkResult, webhooks }: FamilyParts,
  { title, introduction } = lanDocument,
): Promise<Json> {
  const schemas: Json = {};
  const described = { schemas, error: errorReply(checkResult), lan: title === lanDocument.title };
  const paths: Record<string, Json> = {};
  const used = new Set<string>();
  for (const route of published) {
    if (route.schema.hide || route.schema.operationId === undefined) continue;
    await turn();
    for (const method of route.methods) {
      if (method === 'HEAD' || method === 'OPTIONS') continue;
      for (const tag of route.schema.tags ?? []) used.add(tag);
      const path = route.url.replace(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(route, described) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title,
      version,
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This appliance' }],
    tags: tags.filter(({ name }) => used.has(name)),
    paths,
    ...(webhooks.length > 0 && { webhooks: webhooksOf(webhooks, schemas) }),
    components: {
      schemas,
      headers: responseHeaders,
      securitySchemes: {
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description:
            '`<prefix>_<live|test>_<secret>`: `npm start` prints a test key at its first start; make others with `gatehouse key create`.',
        },
        bearer: { type: 'http', scheme: 'bearer', description: 'The same key as `Authorization: Bearer …`' },
        ...administratorSchemesOf(published.map((route) => accessListOf(route.access()))),
      },
    },
  };
}

const accessToken: Json = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'The access token of an administrator, from `/api/auth/login`',
};
const session: Json = {
  type: 'apiKey',
  in: 'cookie',
  name: '__Host-gatehouse-session',
  description: 'The session of the console; changes need the header `x-csrf-token` too',
};

const administratorSchemesOf = (lists: readonly (AccessList | undefined)[]): Json => ({
  ...(lists.some(takesAdministrators) && { accessToken }),
  ...(lists.some(takesCookies) && { session }),
});

const takesAdministrators = (list: AccessList | undefined): boolean =>
  (list?.administrator ?? []).length > 0 || list?.applianceOwner === true;

const takesCookies = (list: AccessList | undefined): boolean => takesAdministrators(list) && !list?.tokenOnly;

function securityOf(list: AccessList | undefined): Json[] {
  return [
    ...[list?.key ?? [], list?.orKey ?? []]
      .flat()
      .flatMap((scope) => [{ apiKey: [scope] }, { bearer: [scope] }]),
    ...(takesAdministrators(list) ? [{ accessToken: [] }] : []),
    ...(takesCookies(list) ? [{ session: [] }] : []),
  ];
}

/** The schemas so far, and shared parts of operations. */
interface Described {
  schemas: Json;
  error: z.ZodType;
  lan: boolean;
}

const webhooksOf = (webhooks: readonly PublishedWebhook[], schemas: Json): Json =>
  Object.fromEntries(
    webhooks.map(({ name, when, payload }) => [
      name,
      {
        post: {
          operationId: `webhook.${name}`,
          summary: name,
          description: `${when}. The headers \`webhook-id\`, \`webhook-timestamp\` and the signature of the endpoint come with it.`,
          tags: ['webhooks'],
          security: [],
          requestBody: { required: true, content: contentOf(payload, 'output', schemas) },
          responses: {
            '2XX': { description: 'Accepted; it is not sent again.' },
            '410': { description: 'The endpoint is gone: it is switched off, and an alert is raised.' },
          },
        },
      },
    ]),
  );

function operationOf(route: PublishedRoute, described: Described): Json {
  const { schemas, lan } = described;
  const { operationId, summary, description, tags, body, params, querystring, response } = route.schema;
  const { upload, extensions } = route.schema;
  const credentials = accessListOf(route.access());
  // Also where none is wanted: one that comes all the same is read first.
  const mayHaveBody = route.methods.some((method) => method !== 'GET' && method !== 'HEAD');
  const asked: ProblemCode[] =
    body || upload || mayHaveBody ? withBody : params || querystring ? ['INVALID_REQUEST'] : [];
  const refusals = [
    ...asked,
    ...(credentials?.key ? withKey : []),
    ...(takesAdministrators(credentials) ? withAdministrator : []),
    ...(credentials?.fresh ? (['FRESH_FACTOR_REQUIRED'] as const) : []),
    ...route.refuses,
    ...(lan ? onTheLan : []),
    ...(tags?.includes('meta') ? [] : withData),
    ...always,
  ];
  const parameters = [
    ...parametersOf(params, 'path', schemas),
    ...parametersOf(querystring, 'query', schemas),
    ...(route.idempotent ? [repeatHeader] : []),
  ];
  return {
    operationId,
    summary,
    description,
    tags,
    ...(route.schema.deprecated && { deprecated: true }),
    ...extensions,
    security: securityOf(credentials),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body && !isEmpty(body)
      ? { requestBody: { required: !takesNothing(body), content: requestContentOf(route, schemas) } }
      : {}),
    ...(upload && { requestBody: { required: true, content: uploadOf(upload, schemas) } }),
    responses: withHeaders(
      { ...successesOf(response, schemas), ...errorsOf(route, refusals, described) },
      route,
    ),
  };
}

const repeatHeader: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Your own id of this request, 1 to 255 visible ASCII characters. A repeat with it is answered with the first answer for 24 hours, and creates nothing',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const withHeaders = (responses: Json, route: PublishedRoute): Json =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      {
        ...(response as Json),
        headers: headersOf(Number(status), {
          counted: accessListOf(route.access())?.key !== undefined,
          idempotent: route.idempotent,
          deprecated: route.schema.deprecated === true,
        }),
      },
    ]),
  );

function successesOf(response: unknown, schemas: Json): Json {
  return Object.fromEntries(
    Object.entries((response ?? {}) as Json).map(([status, schema]) => [
      status,
      isEmpty(schema)
        ? { description: describe(schema) }
        : { description: describe(schema), content: contentOf(schema, 'output', schemas) },
    ]),
  );
}

/** One answer a status, with the codes that come with it. A status the route describes itself stays as it is. */
function errorsOf(
  { errors, schema, access }: PublishedRoute,
  codes: ProblemCode[],
  { error, schemas }: Described,
): Json {
  const byStatus = new Map<string, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const status = String(wireErrorOf(code, errors).status);
    if (schema.response && status in (schema.response as Json)) continue;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const others = Object.entries(schema.otherErrors ?? {})
    .filter(([status]) => !byStatus.has(status))
    .map(([status, other]) => [
      status,
      { description: describe(other), content: contentOf(other, 'output', schemas) },
    ]);
  const ours = Object.fromEntries(
    [...byStatus].sort().map(([status, list]) => [
      status,
      {
        description: list.map((code) => `- \`${code}\`: ${errorCodes[code].means}`).join('\n'),
        content: {
          'application/json': {
            schema: orOther(
              jsonSchema(error, 'output', schemas),
              schema.otherErrors?.[Number(status)],
              schemas,
            ),
            ...errorExamples(list, accessListOf(access())?.key ?? 'admin'),
          },
        },
      },
    ]),
  );
  return { ...ours, ...Object.fromEntries(others) };
}

const orOther = (ours: Json, other: z.ZodType | undefined, schemas: Json): Json =>
  other ? { anyOf: [ours, jsonSchema(other, 'output', schemas)] } : ours;

function errorExamples(codes: ProblemCode[], scope: string): Json {
  const examples = codes.flatMap((code) => {
    const { example } = errorCodes[code];
    if (!example) return [];
    const { error, ...extra } = typeof example === 'function' ? example(scope) : example;
    return [[code, { value: { error, code, requestId: REQUEST_ID, ...extra } }]];
  });
  return examples.length > 0 ? { examples: Object.fromEntries(examples) } : {};
}

function contentOf(schema: unknown, io: 'input' | 'output', schemas: Json): Json {
  const content = isZod(schema)
    ? { 'application/json': { schema } }
    : (schema as { content: Record<string, { schema: z.ZodType }> }).content;
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema }]) => {
      const examples = examplesOf(schema);
      return [
        type,
        { schema: jsonSchema(schema, io, schemas), ...(examples.length > 0 ? { example: examples[0] } : {}) },
      ];
    }),
  );
}

/** A door that reads `text/plain` as JSON takes the same body under both types. */
function requestContentOf({ schema, readsTextAsJson }: PublishedRoute, schemas: Json): Json {
  const content = contentOf(schema.body, 'input', schemas);
  const json = content['application/json'];
  return readsTextAsJson && json !== undefined ? { ...content, 'text/plain': json } : content;
}

/** A form with a JSON field `request` and a file `file`. */
const uploadOf = (fields: z.ZodType, schemas: Json): Json => ({
  'multipart/form-data': {
    schema: {
      type: 'object',
      properties: {
        request: { ...jsonSchema(fields, 'input', schemas), description: 'The fields, as JSON' },
        file: {
          type: 'string',
          contentMediaType: 'application/octet-stream',
          description: 'The file',
        },
      },
      required: ['request', 'file'],
    },
    example: { request: examplesOf(fields)[0] ?? {}, file: '<bytes of the file>' },
  },
});

function parametersOf(schema: unknown, place: 'path' | 'query', schemas: Json): Json[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => {
    const { description, ...rest } = jsonSchema(field, 'input', schemas);
    return {
      name,
      in: place,
      required: place === 'path' || !field.isOptional(),
      description,
      schema: rest,
      ...(place === 'query' && Array.isArray(rest.enum) && { examples: leftOut(rest.enum[0]) }),
    };
  });
}

/** The page would put the first value of a filter into each call it shows, and so show a part for the whole. */
const leftOut = (value: unknown) => ({ default: { value, 'x-disabled': true } });

const target = 'draft-2020-12';

/** JSON Schema 2020-12; schemas with an id are moved to the components. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const {
    $schema: _,
    $defs = {},
    id,
    ...body
  } = z.toJSONSchema(schema, { io, target, unrepresentable: 'any', override: writeAsOnTheWire }) as Json;
  for (const [name, definition] of Object.entries($defs as Record<string, Json>)) {
    const { id: _, ...inner } = definition;
    schemas[name] = relink(inner);
  }
  if (typeof id !== 'string') return relink(body) as Json;
  schemas[id] = relink(body);
  return { $ref: `#/components/schemas/${id}` };
}

/** A codec is in the document what the wire has, in requests and in replies. */
function writeAsOnTheWire({ zodSchema, jsonSchema }: { zodSchema: unknown; jsonSchema: Json }): void {
  const { id, description, examples } = (zodSchema as z.ZodType).meta() ?? {};
  // zod takes them for examples of what a body with a codec is read into.
  if (id !== undefined && examples !== undefined) jsonSchema.examples = examples;
  if (!(zodSchema instanceof z.ZodCodec)) return;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  const { $schema: _, ...written } = z.toJSONSchema(zodSchema.in as z.ZodType, {
    io: 'input',
    target,
  }) as Json;
  Object.assign(jsonSchema, written, description !== undefined && { description });
}

function relink(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relink);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', '#/components/schemas/')]
        : [key, relink(inner)],
    ),
  );
}

/** A body that may hold nothing, or an answer without one. */
const isEmpty = (schema: unknown) =>
  schema instanceof z.ZodObject &&
  Object.keys(schema.shape).length === 0 &&
  schema.def.catchall instanceof z.ZodNever;
/** Whether a call whose fields can all be left out may be sent without a body. */
const takesNothing = (body: unknown) => isZod(body) && body.safeParse({}).success;
const isZod = (schema: unknown): schema is z.ZodType => schema instanceof z.ZodType;
const describe = (schema: unknown): string =>
  (isZod(schema) ? schema.description : (schema as { description?: string }).description) ?? 'Done';
const examplesOf = (schema: z.ZodType): unknown[] => (schema.meta()?.examples ?? []) as unknown[];
