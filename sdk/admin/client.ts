import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './paths.ts';

/** The administrative routes as functions: `client.GET('/api/admin/keys', { params: … })`. */
export type AdminClient = Client<paths>;

/** The bodies and replies by the names that the OpenAPI document gives them. */
export type Schemas = components['schemas'];

/** `send` brings a request to the service: over a socket, inside a process, or the `fetch` of a page. */
export const createAdminClient = (
  send: (request: Request) => Promise<Response>,
  baseUrl = 'http://gatehouse',
): AdminClient => createClient<paths>({ baseUrl, fetch: send });

/** The reply of a call; undefined for one without. Refusals are thrown by `send`. */
export async function replyOf<Data>(call: Promise<{ data?: Data }>): Promise<Exclude<Data, undefined>> {
  const { data } = await call;
  return data as Exclude<Data, undefined>;
}

/** The bytes of a long reply as they come, of a call with `parseAs: 'stream'`. */
export async function* streamOf(
  call: Promise<{ data?: ReadableStream<Uint8Array> | null }>,
): AsyncGenerator<Uint8Array> {
  const { data } = await call;
  if (data) yield* data;
}

/** Serializes the body of an upload: its JSON field `request` and its file. */
export function toUploadForm({ request, file }: { request: unknown; file: Blob }): FormData {
  const form = new FormData();
  form.append('request', JSON.stringify(request));
  form.append('file', file, 'file');
  return form;
}
