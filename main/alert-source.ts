import { join } from 'node:path';
import { z } from 'zod';
import { createAdminClient, replyOf } from '../sdk/admin/client.ts';
import { createSocketFetch } from '../sdk/admin/socket-fetch.ts';
import type { DesktopAlert } from './alert-notifications.ts';

/** Milliseconds for a whole answer: the service is on this machine. */
const PATIENCE = 10_000;
/** Of an answer; a hundred alerts are some tens of kilobytes. */
const MOST_BYTES = 1_000_000;

const Refusal = z.object({ code: z.string(), error: z.string() });
/** What is shown of each: a service of another version may answer otherwise than the client's types say. */
const Shown = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    metric: z.string(),
    env: z.enum(['live', 'test']),
    value: z.number(),
    threshold: z.number(),
  }),
);

/**
 * Asks the service of the data directory for the open alerts that are for the desktop, over its control socket: only the account
 * that runs the service may. Throws a sentence that says what is wrong and what to do.
 */
export function createAlertSource(data: string) {
  const unreached = (error: NodeJS.ErrnoException) => new Error(whyUnreached(error, data), { cause: error });
  const socket = createSocketFetch(join(data, 'control.sock'), unreached);
  const client = createAdminClient(async (request) => {
    const response = await socket.fetch(new Request(request, { signal: AbortSignal.timeout(PATIENCE) }));
    const text = await textOf(response, unreached);
    if (!response.ok) throw new Error(whyRefused(text, data));
    if (!isJson(text)) throw new Error(OTHER_VERSION);
    return new Response(text, response);
  });
  return async (): Promise<readonly DesktopAlert[]> => {
    const { items } = await replyOf(
      client.GET('/api/admin/alerts/desktop', { params: { query: { limit: 100 } } }),
    );
    if (!Shown.safeParse(items).success) throw new Error(OTHER_VERSION);
    return items;
  };
}

const OTHER_VERSION = 'The service and this shell are of different versions: restart both from one.';

async function textOf({ body }: Response, unreached: (error: Error) => Error): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw unreached(new Error('The answer does not end.'));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function whyUnreached({ code, message }: NodeJS.ErrnoException, data: string): string {
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED')
    return `No service runs on ${data}. Start it: gatehouse serve --data ${data}`;
  if (code === 'EACCES' || code === 'EPERM')
    return `${data} belongs to another account. Run this as the account that runs the service.`;
  return `The service on ${data} does not answer (${message}).`;
}

function whyRefused(body: string, data: string): string {
  const refusal = Refusal.safeParse(isJson(body) ? JSON.parse(body) : undefined);
  if (!refusal.success) return `What answers on ${data} is no Gatehouse that knows of desktop alerts.`;
  if (refusal.data.code === 'SEALED')
    return `The service is sealed. Unseal it: gatehouse unseal --data ${data}`;
  return refusal.data.error;
}
