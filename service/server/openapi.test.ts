import { expect, test } from 'vitest';
import { openApiDocument } from './openapi.ts';

interface Operation {
  tags: string[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { description: string }>;
}

const published = (await openApiDocument()) as { paths: Record<string, Record<string, Operation>> };
const operations = Object.entries(published.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
);

test('every call that needs the data of the box says that it may be unavailable for a while', () => {
  const lacking = operations.filter(
    ({ operation: { tags, requestBody, responses } }) =>
      !tags.includes('meta') &&
      [
        ...['TIMEOUT', 'SEALED', 'STORAGE_UNAVAILABLE'],
        ...(requestBody !== undefined ? ['OVERLOADED'] : []),
      ].some((code) => !responses['503']?.description.includes(`\`${code}\``)),
  );
  expect(lacking.map(({ name }) => name)).toEqual([]);
});

test('a body of the behavior family is JSON under the type text/plain too, and no other body is', () => {
  const typesOf = ({ operation }: (typeof operations)[number]) =>
    Object.keys(operation.requestBody?.content ?? {});
  const textual = operations.filter((one) => typesOf(one).includes('text/plain'));
  expect(textual.map(({ name }) => name)).toEqual([
    'post /api/v1/webhooks',
    'post /api/v1/verify',
    'post /api/v1/challenge/create',
    'post /api/v1/challenge/verify',
    'post /api/v1/session',
  ]);
  for (const { operation } of textual) {
    const { content = {} } = operation.requestBody ?? {};
    expect(content['text/plain']).toEqual(content['application/json']);
  }
});
