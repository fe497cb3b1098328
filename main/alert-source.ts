import { request } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import type { DesktopAlert } from './alert-notifications.ts';

/** Milliseconds for a whole answer: the service is on this machine. */
const PATIENCE = 10_000;
/** Of an answer; a hundred alerts are some tens of kilobytes. */
const MOST_BYTES = 1_000_000;

const Answer = z.object({
  alerts: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      metric: z.string(),
      world: z.enum(['live', 'test']),
      value: z.number(),
      threshold: z.number(),
      about: z.string().optional(),
    }),
  ),
});
const Refusal = z.object({ code: z.string(), error: z.string() });

/**
 * Asks the service of the data directory for the open alerts that are for the desktop (`GET /alerts/desktop`), over its control socket: only
 * the account that runs the service may. Throws a sentence that says what is wrong and what to do.
 */
export function createAlertSource(data: string) {
  const socketPath = join(data, 'control.sock');
  return async (): Promise<DesktopAlert[]> => {
    const { status, body } = await get(socketPath, '/alerts/desktop?limit=100').catch(
      (error: NodeJS.ErrnoException) => {
        throw new Error(whyUnreached(error, data), { cause: error });
      },
    );
    if (status !== 200) throw new Error(whyRefused(body, data));
    const answer = Answer.safeParse(body);
    if (!answer.success)
      throw new Error('The service and this shell are of different versions: restart both from one.');
    return answer.data.alerts.map(({ about, ...alert }) => ({
      ...alert,
      ...(about !== undefined && { about }),
    }));
  };
}

function get(socketPath: string, path: string): Promise<{ status: number; body: unknown }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
  const call = request({ socketPath, path, signal: AbortSignal.timeout(PATIENCE) }, async (response) => {
    try {
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > MOST_BYTES) throw new Error('The answer does not end.');
        chunks.push(chunk);
      }
      resolve({ status: response.statusCode ?? 0, body: fromJson(Buffer.concat(chunks).toString()) });
    } catch (error) {
      reject(error);
    }
  });
  call.on('error', reject);
  call.end();
  return promise;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function whyUnreached({ code, message }: NodeJS.ErrnoException, data: string): string {
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED')
    return `No service runs on ${data}. Start it: gatehouse serve --data ${data}`;
  if (code === 'EACCES' || code === 'EPERM')
    return `${data} belongs to another account. Run this as the account that runs the service.`;
  return `The service on ${data} does not answer (${message}).`;
}

function whyRefused(body: unknown, data: string): string {
  const refusal = Refusal.safeParse(body);
  if (!refusal.success) return `Whoever answers on ${data} is no Gatehouse that knows of desktop alerts.`;
  if (refusal.data.code === 'SEALED')
    return `The service is sealed. Unseal it: gatehouse unseal --data ${data}`;
  return refusal.data.error;
}
