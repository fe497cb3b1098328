import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type DocumentFamily,
  documentFamilies,
  familyDocument,
} from '../../service/doors/meta/openapi-families.ts';
import { openApiDocument } from '../../service/server/openapi.ts';
import { createRandom } from '../accuracy/random.ts';
import { startSessionsServer } from '../support/sessions-server.ts';

// Whether every answer is what the OpenAPI document says: those that are recorded, and those to requests that are no good.

type Json = Record<string, unknown>;
interface Operation {
  tags: string[];
  deprecated?: boolean;
  requestBody?: { content: Record<string, { schema: Json; example?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema: Json }>; headers: Json }>;
}
interface Known {
  method: string;
  template: string;
  operation: Operation;
}

const document = (await openApiDocument()) as Json & { paths: Record<string, Record<string, Operation>> };
const known: Known[] = Object.entries(document.paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    template,
    operation,
  })),
);
const ofFamilies = known.filter(
  ({ template, operation: { tags } }) =>
    !template.startsWith('/api/admin/') &&
    tags.some((tag) =>
      [
        'identity',
        'presence',
        'mcp',
        'sessions',
        'tokens',
        'behavior',
        'siteverify',
        'hosted',
        'registrations',
      ].includes(tag),
    ),
);

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, 'box');
const validators = new Map<string, ValidateFunction>();

/** What is wrong with an answer; undefined where it is as documented. */
function faultOf({ method, template, operation }: Known, status: number, type: string, body: unknown) {
  const where = `${method} ${template} ${status}`;
  const response = operation.responses[status];
  if (!response) return `${where}: the status is not documented`;
  const media = type.split(';')[0]!;
  const content = response.content?.[media];
  if (!content) return response.content || media !== '' ? `${where}: ${media} is not documented` : undefined;
  const pointer = [
    'paths',
    template,
    method.toLowerCase(),
    'responses',
    String(status),
    'content',
    media,
    'schema',
  ]
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const validate = validators.get(pointer) ?? ajv.getSchema(`box#/${pointer}`)!;
  validators.set(pointer, validate);
  if (validate(body)) return undefined;
  const [first] = validate.errors ?? [];
  return `${where}: ${first?.instancePath} ${first?.message} ${JSON.stringify(first?.params)}`;
}

/** Paths without parameters first. */
const byName = known.toSorted((a, b) => a.template.split('{').length - b.template.split('{').length);
const matching = (method: string, path: string): Known | undefined =>
  byName.find(
    (one) =>
      one.method === method &&
      new RegExp(`^${one.template.replace(/\{\w+\}/g, '[^/]+')}/?$`).test(path.split('?')[0]!),
  );

interface Recording {
  request: { method: string; path: string };
  response: { status: number; body?: unknown };
}

test('every recorded answer is as documented', () => {
  const files = globSync('*/*.json', { cwd: import.meta.dirname });
  const faults: string[] = [];
  let checked = 0;
  for (const file of files) {
    const { request, response } = JSON.parse(
      readFileSync(join(import.meta.dirname, file), 'utf8'),
    ) as Recording;
    if (!request?.path || !response) continue;
    const found = matching(request.method, request.path);
    // Pages ask paths that are in no document; a wrong path has none.
    if (!found) continue;
    checked++;
    const type = (response.body ?? undefined) === undefined ? '' : 'application/json';
    const fault = faultOf(found, response.status, type, response.body);
    if (fault) faults.push(`${file}: ${fault}`);
  }
  expect(faults).toEqual([]);
  expect(checked).toBeGreaterThan(250);
});

test('each family has a document of its own, in which nothing is missing', async () => {
  const operations = new Set<string>();
  for (const family of Object.keys(documentFamilies) as DocumentFamily[]) {
    const own = familyDocument(document, family) as typeof document;
    const served = await fetch(`${box.base}/openapi/${family}.json`);
    const answer = (await served.json()) as Json;
    expect([served.status, answer.code]).toEqual([200, undefined]);
    expect(answer).toEqual(own);
    const text = JSON.stringify(own);
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect((own.components as { schemas: Json }).schemas).toHaveProperty(name);
    for (const [path, methods] of Object.entries(own.paths))
      for (const [method, operation] of Object.entries(methods)) {
        operations.add(`${method} ${path}`);
        expect(operation).toEqual(document.paths[path]![method]);
      }
    const committed = readFileSync(join(import.meta.dirname, `../../docs/openapi/${family}.json`), 'utf8');
    expect(JSON.parse(committed), 'run npm run generate').toEqual(own);
  }
  const wanted = ofFamilies.map(({ method, template }) => `${method.toLowerCase()} ${template}`);
  expect(operations).toEqual(new Set(wanted));
});

test('what is deprecated says so, and each answer names its headers', () => {
  const deprecated = known.filter(({ operation }) => operation.deprecated);
  expect(deprecated.map(({ template }) => template)).toEqual([
    '/api/v1/widget/sessions',
    '/api/v1/widget/sessions/{id}/signals',
    '/api/v1/widget/sessions/{id}/finalize',
  ]);
  for (const { operation } of known)
    for (const [status, { headers }] of Object.entries(operation.responses)) {
      expect(headers).toHaveProperty('x-request-id');
      if (operation.deprecated) expect(headers).toHaveProperty('Sunset');
      if (status === '429') expect(headers).toHaveProperty('Retry-After');
    }
});

let box: Awaited<ReturnType<typeof startSessionsServer>>;
beforeAll(async () => {
  box = await startSessionsServer();
});
afterAll(async () => {
  await box.app.close();
  await box.access.settled();
  await box.engine.stop();
});

const random = createRandom(49);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const junk = [
  null,
  '',
  'x',
  0,
  -1,
  1e21,
  true,
  [],
  {},
  ['x'],
  { x: 1 },
  'ä'.repeat(300),
  'data:image/png;base64,AA==',
];

/** A value in which some parts are others. */
function mutated(value: unknown): unknown {
  if (random() < 0.25) return pick(junk);
  if (Array.isArray(value)) return value.map(mutated);
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).filter(() => random() > 0.15);
  return Object.fromEntries([
    ...fields.map(([name, inner]) => [name, mutated(inner)]),
    ...(random() < 0.2 ? [[pick(['extra', '__proto__', 'image']), pick(junk)]] : []),
  ]);
}

test('refusals of requests that are no good are as documented, with a page that answers', async () => {
  const scopes = [
    ...(['identity', 'presence', 'sessions', 'behavior', 'hosted', 'registrations', 'webhooks'] as const),
  ];
  const keys = [
    await box.newKey({ scopes, world: 'test' }),
    await box.newKey({ scopes: ['webhooks'], world: 'test' }),
    'gh_test_unknown',
    'no key',
    undefined,
  ];
  const faults = new Set<string>();
  const pages = new Set<string>();
  let refused = 0;
  for (const one of ofFamilies) {
    // The stream stays open.
    if (one.template === '/mcp/sse') continue;
    const example = Object.values(one.operation.requestBody?.content ?? {})[0]?.example;
    for (let round = 0; round < 24; round++) {
      const path = one.template.replace(/\{\w+\}/g, () =>
        pick(['sess_1', 'x', '%C3%A4', 'ver_01m7w3hbbec1gf5vj2bmsg7bmh']),
      );
      const key = pick(keys);
      const hasBody = one.method !== 'GET' && one.method !== 'DELETE';
      const body = random() < 0.1 ? '{"a":' : JSON.stringify(mutated(example ?? {}));
      const reply = await fetch(box.base + path + pick(['', '', '?limit=0', '?env=live', '?cursor=x']), {
        method: one.method,
        headers: {
          ...(key !== undefined && { 'x-api-key': key }),
          ...(hasBody && { 'content-type': pick(['application/json', 'application/json', 'text/csv']) }),
        },
        ...(hasBody && { body }),
      });
      const text = await reply.text();
      const type = reply.headers.get('content-type') ?? '';
      const answer = type.startsWith('application/json') ? (JSON.parse(text) as Json) : text;
      const fault = faultOf(one, reply.status, text === '' ? '' : type, answer);
      if (fault) faults.add(fault);
      if (reply.status < 400) continue;
      refused++;
      if (typeof answer === 'object' && typeof answer.doc_url === 'string') pages.add(answer.doc_url);
      else if (one.template !== '/mcp')
        faults.add(`${one.method} ${one.template} ${reply.status}: no doc_url`);
    }
  }
  expect([...faults]).toEqual([]);
  expect(refused).toBeGreaterThan(500);
  expect(pages.size).toBeGreaterThan(8);
  for (const page of pages) {
    const reply = await fetch(page, { headers: { accept: 'text/html' } });
    expect([reply.status, await reply.text()]).toEqual([200, expect.stringContaining('What to do')]);
    const { remedy } = (await (await fetch(page)).json()) as { remedy: string };
    expect(remedy.length).toBeGreaterThan(10);
  }
});
