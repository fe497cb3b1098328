import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { webhookDialects } from '../../service/compose/events.ts';
import { openApiDocument } from '../../service/server/openapi.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document of unknown depth is walked
type Any = any;

const root = join(import.meta.dirname, '../..');
let whole: Any;
/** Its schemas, by what JSON Schema calls their place. */
let $defs: Any;
beforeAll(async () => {
  whole = await openApiDocument();
  $defs = link(whole.components.schemas);
});

const operations = () =>
  Object.entries<Any>(whole.paths).flatMap(([path, item]) =>
    Object.entries<Any>(item).map(([method, operation]) => ({ method, path, operation })),
  );

test('every operation has an id of its own, a title, a sentence, and a tag that the page explains', () => {
  const explained = whole.tags.map(({ name }: Any) => name);
  for (const { path, operation } of operations()) {
    expect([path, operation]).toEqual([
      path,
      expect.objectContaining({ summary: expect.any(String), description: expect.any(String) }),
    ]);
    expect([path, explained]).toEqual([path, expect.arrayContaining(operation.tags)]);
  }
  const ids = operations().map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(explained).size).toBe(explained.length);
});

test('every field and parameter is described, and every link leads somewhere', () => {
  const undescribed: string[] = [];
  const named = (field: Any) => {
    const [kind, name] = field.$ref?.split('/').slice(-2) ?? [];
    return field.$ref ? whole.components[kind][name] : field;
  };
  const visit = (node: Any, path: string): void => {
    if (node === null || typeof node !== 'object') return;
    if (typeof node.$ref === 'string') expect([node.$ref, named(node)]).not.toContain(undefined);
    for (const [name, field] of Object.entries<Any>(path.endsWith('.properties') ? node : {})) {
      if (!named(field).description) undescribed.push(`${path}.${name}`);
    }
    for (const one of path.endsWith('.parameters') ? node : []) {
      if (!one.description) undescribed.push(`${path}.${one.name}`);
    }
    for (const [key, inner] of Object.entries(node)) {
      if (key !== 'examples' && key !== 'example') visit(inner, `${path}.${key}`);
    }
  };
  visit(whole.components.schemas, 'schemas');
  visit(whole.paths, 'paths');
  expect(undescribed).toEqual([]);
});

const link = (node: Any): Any => {
  if (Array.isArray(node)) return node.map(link);
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(
    Object.entries<Any>(node).map(([key, inner]) => [
      key,
      key === '$ref' ? inner.replace('#/components/schemas/', '#/$defs/') : link(inner),
    ]),
  );
};
const taken = (schema: Any, value: unknown) =>
  z.fromJSONSchema({ ...link(schema), $defs }).safeParse(value).error;

test('every example is what its schema takes, and every call that sends fields has one', () => {
  const silent: string[] = [];
  for (const { method, path, operation } of operations()) {
    const contents = [operation.requestBody, ...Object.values<Any>(operation.responses)].flatMap((part) =>
      Object.values<Any>(part?.content ?? {}),
    );
    for (const { schema, example } of contents) {
      if (example !== undefined) expect([path, taken(schema, example)]).toEqual([path, undefined]);
    }
    const sent = Object.values<Any>(operation.requestBody?.content ?? {});
    if (sent.length > 0 && sent.every(({ example }) => example === undefined))
      silent.push(`${method} ${path}`);
  }
  expect(silent).toEqual([]);
});

const recordings = (family: string, prefix: string): Any[] =>
  globSync(`test/wire/${family}/${prefix}*.json`, { cwd: root }).map((file) =>
    JSON.parse(readFileSync(join(root, file), 'utf8')),
  );

test('every event that is sent today is among the webhooks, and every recorded one is what its schema takes', () => {
  const sent = webhookDialects.flatMap(({ events }) => events.filter(({ fires }) => fires));
  expect(Object.keys(whole.webhooks).sort()).toEqual(sent.map(({ name }) => name).sort());
  const bodies = recordings('webhooks', '')
    .map(({ request }) => request)
    .filter(({ name }) => name in whole.webhooks);
  expect(new Set(bodies.map(({ name }) => name))).toEqual(new Set(Object.keys(whole.webhooks)));
  for (const { name, body } of bodies) {
    const { schema } = whole.webhooks[name].post.requestBody.content['application/json'];
    expect([name, taken(schema, body)]).toEqual([name, undefined]);
    const longer = body.data ? { ...body, data: { ...body.data, extra: 1 } } : { ...body, extra: 1 };
    const extra = taken(schema, longer);
    expect([name, JSON.stringify(extra?.issues)]).toEqual([name, expect.stringContaining('"extra"')]);
  }
});

test('every recorded error is what the document says of errors; a check result in it has its fields', () => {
  const refused = recordings('identity', '').filter(({ response }) => response.status >= 400);
  const bodies = refused.map(({ response }) => response.body);
  expect(bodies.filter((body) => body.checkResults?.length > 0).length).toBeGreaterThan(1);
  for (const body of bodies)
    expect([body, taken(whole.components.schemas.Error, body)]).toEqual([body, undefined]);
  const [first] = bodies.filter((body) => body.checkResults?.length > 0);
  const nameless = { ...first, checkResults: [{ ...first.checkResults[0], check: 'aura' }] };
  expect(taken(whole.components.schemas.Error, nameless)?.issues).toEqual([
    expect.objectContaining({ path: ['checkResults', 0, 'check'] }),
  ]);
});

test('a filter that may be left out is left out of the calls that the page shows', () => {
  const filters = operations()
    .flatMap(({ operation }) => operation.parameters ?? [])
    .filter((one: Any) => one.in === 'query' && !one.required && one.schema.enum);
  expect(filters.map(({ name }: Any) => name)).toEqual(expect.arrayContaining(['family', 'state', 'open']));
  for (const { examples } of filters) expect(Object.values(examples)).toMatchObject([{ 'x-disabled': true }]);
});
