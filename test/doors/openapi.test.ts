import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../service/server/openapi.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document of unknown depth is walked
type Any = any;

let whole: Any;
beforeAll(async () => {
  whole = await openApiDocument();
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
  const named = (field: Any) => (field.$ref ? whole.components.schemas[field.$ref.split('/').at(-1)] : field);
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

test('every example is what its schema takes, and every call that sends fields has one', () => {
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
    z.fromJSONSchema({ ...link(schema), $defs: link(whole.components.schemas) }).safeParse(value).error;
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

test('a filter that may be left out is left out of the calls that the page shows', () => {
  const filters = operations()
    .flatMap(({ operation }) => operation.parameters ?? [])
    .filter((one: Any) => one.in === 'query' && !one.required && one.schema.enum);
  expect(filters.map(({ name }: Any) => name)).toEqual(expect.arrayContaining(['family', 'state', 'open']));
  for (const { examples } of filters) expect(Object.values(examples)).toMatchObject([{ 'x-disabled': true }]);
});
