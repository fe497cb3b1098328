import { join } from 'node:path';
import { z } from 'zod';
import { type AdminClient, createAdminClient } from '../../sdk/admin/client.ts';
import { createSocketFetch } from '../../sdk/admin/socket-fetch.ts';

/** Why the control socket brought no answer; `message` says what to do. */
export class Unanswered extends Error {
  override name = 'Unanswered';
  readonly why: 'none' | 'forbidden' | 'sealed' | 'other';
  constructor(why: Unanswered['why'], message: string, cause?: unknown) {
    super(message, { cause });
    this.why = why;
  }
}

/** Milliseconds for a whole answer: the service is on this machine. */
const PATIENCE = 10_000;
/** Maximum size of an answer; a hundred alerts have some tens of kilobytes. */
const MOST_BYTES = 1_000_000;

const Refusal = z.object({ code: z.string(), error: z.string() });

export const OTHER_VERSION = 'The service and this shell are of different versions: restart both from one.';

/**
 * Asks the service of the data directory over its control socket: only the account that runs the service may. Throws Unanswered, with a
 * sentence that says what is wrong and what to do.
 */
export function createControl(data: string): AdminClient {
  const unreached = (error: NodeJS.ErrnoException) => whyUnreached(error, data);
  const socket = createSocketFetch(join(data, 'control.sock'), unreached);
  return createAdminClient(async (request) => {
    const response = await socket.fetch(new Request(request, { signal: AbortSignal.timeout(PATIENCE) }));
    const text = await textOf(response, unreached);
    if (!response.ok) throw whyRefused(text, data);
    if (!isJson(text)) throw new Unanswered('other', OTHER_VERSION);
    return new Response(text, response);
  });
}

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

function whyUnreached(error: NodeJS.ErrnoException, data: string): Unanswered {
  const { code, message } = error;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED')
    return new Unanswered(
      'none',
      `No service runs on ${data}. Start it: gatehouse serve --data ${data}`,
      error,
    );
  if (code === 'EACCES' || code === 'EPERM')
    return new Unanswered(
      'forbidden',
      `${data} belongs to another account. Run this as the account that runs the service.`,
      error,
    );
  return new Unanswered('other', `The service on ${data} does not answer (${message}).`, error);
}

function whyRefused(body: string, data: string): Unanswered {
  const refusal = Refusal.safeParse(isJson(body) ? JSON.parse(body) : undefined);
  if (!refusal.success)
    return new Unanswered('other', `What answers on ${data} is not a Gatehouse that this desktop app knows.`);
  if (refusal.data.code === 'SEALED')
    return new Unanswered('sealed', `The service is sealed. Unseal it: gatehouse unseal --data ${data}`);
  return new Unanswered('other', refusal.data.error);
}
