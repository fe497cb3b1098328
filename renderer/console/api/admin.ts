import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { ClientPathsWithMethod, MethodResponse } from 'openapi-fetch';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import {
  type AdminClient,
  createAdminClient,
  type Schemas,
  toUploadForm,
} from '../../../sdk/admin/client.ts';
import type { paths } from '../../../sdk/admin/paths.ts';
import { send } from './send.ts';

export { replyOf } from '../../../sdk/admin/client.ts';
export type { Schemas };
export { allPages };

/** Every administrative route, typed, for replies that are no JSON. For all others: `api` and `read`. */
export const admin = createAdminClient(send, location.origin);

type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';
type Path<M extends Method> = ClientPathsWithMethod<AdminClient, M>;
type Given<Part> = [NonNullable<Part>] extends [never] ? unknown : NonNullable<Part>;
type Parameters<Operation> = Operation extends { parameters: { path?: infer InPath; query?: infer Query } }
  ? Given<InPath> & Given<Query>
  : unknown;
type Body<Operation> = Operation extends { requestBody: { content: infer Content } }
  ? [body: Content[keyof Content]]
  : Operation extends { requestBody?: { content: infer Content } }
    ? [body?: Content[keyof Content]]
    : [];
type Rest<Operation> =
  Body<Operation> extends [body: unknown]
    ? [parameters: Parameters<Operation>, ...Body<Operation>]
    : Record<never, never> extends Parameters<Operation>
      ? [parameters?: Parameters<Operation>, ...rest: Body<Operation>]
      : [parameters: Parameters<Operation>, ...rest: Body<Operation>];

const request = admin.request as unknown as (
  method: string,
  path: string,
  init: object,
) => Promise<{ data?: unknown }>;

/** Names of the path are taken out of `parameters`; the others are its query. */
async function call(method: Method, path: string, parameters: object, more: object): Promise<unknown> {
  const sides = { path: {} as Record<string, unknown>, query: {} as Record<string, unknown> };
  for (const [name, value] of Object.entries(parameters))
    sides[path.includes(`{${name}}`) ? 'path' : 'query'][name] = value;
  return (await request(method, path, { params: sides, ...more })).data;
}

const sending =
  <M extends Method>(method: M) =>
  <P extends Path<M>>(path: P, ...rest: Rest<paths[P][M]>) => {
    const [parameters = {}, body] = rest as unknown as [object?, object?];
    const upload = body && 'file' in body && { bodySerializer: toUploadForm };
    return call(method, path, parameters, { body, ...upload }) as Promise<MethodResponse<AdminClient, M, P>>;
  };

/**
 * The reply of a route, or a Refusal is thrown: `api.post('/api/admin/flows/{id}/publish', { id }, body)`. A body with a `file` is sent as an
 * upload.
 */
export const api = {
  get: <P extends Path<'get'>>(path: P, parameters?: Parameters<paths[P]['get']>, signal?: AbortSignal) =>
    call('get', path, (parameters ?? {}) as object, { signal }) as Promise<
      MethodResponse<AdminClient, 'get', P>
    >,
  put: sending('put'),
  post: sending('post'),
  patch: sending('patch'),
  delete: sending('delete'),
};

/** A read for `useQuery`. Its key begins with the name of the resource, by which operations refresh it. */
export const read = <P extends Path<'get'>>(path: P, parameters?: Parameters<paths[P]['get']>) =>
  queryOptions({
    queryKey: [path.split('/')[3], path, parameters],
    queryFn: ({ signal }) => api.get(path, parameters, signal),
  });

/** Rows of one page of a list. */
export const PAGE = 50;

/** A page of a list, as `QueryTable` shows it: the rows of before stay while others are read. */
export const list = <P extends Path<'get'>>(path: P, parameters?: Parameters<paths[P]['get']>) => ({
  ...read(path, { limit: PAGE, ...(parameters as object) } as Parameters<paths[P]['get']>),
  placeholderData: keepPreviousData,
});

/** Every row of a list at once, for lists that stay short and are searched by name. */
export const whole = <P extends Path<'get'>>(path: P, parameters?: Parameters<paths[P]['get']>) =>
  queryOptions({
    queryKey: [path.split('/')[3], path, parameters, 'whole'],
    queryFn: async ({ signal }): Promise<{ items: ItemOf<P>[] }> => ({
      items: await allPages<ItemOf<P>>(
        (page) =>
          api.get(
            path,
            { ...(parameters as object), ...page } as Parameters<paths[P]['get']>,
            signal,
          ) as Promise<{
            items: ItemOf<P>[];
            next?: string;
          }>,
      ),
    }),
    placeholderData: keepPreviousData,
  });
type ItemOf<P extends Path<'get'>> =
  MethodResponse<AdminClient, 'get', P> extends { items: (infer Item)[] } ? Item : never;
