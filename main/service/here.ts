import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { replyOf } from '../../sdk/admin/client.ts';
import { isLoopback } from '../choices.ts';
import { createControl, OTHER_VERSION, Unanswered } from './control.ts';
import type { Found } from './service-state.ts';

const Status = z.object({
  ready: z.boolean(),
  reason: z.string().optional(),
  service: z.object({ url: z.url(), settings: z.record(z.string(), z.string()) }).optional(),
});
const HostName = z.string().min(1);

export interface HereDeps {
  /** Throws for a name that this machine does not know. */
  resolveName?: (name: string) => Promise<unknown>;
}

/** Looks for the service of a data directory of this machine, over its control socket. */
export function findHere(data: string, { resolveName = lookup }: HereDeps = {}): () => Promise<Found> {
  const client = createControl(data);
  return async () => {
    try {
      const status = Status.safeParse(await replyOf(client.GET('/api/admin/status')));
      if (!status.success) return { is: 'unreached', why: OTHER_VERSION };
      const { ready, reason, service } = status.data;
      if (!ready || !service) return { is: 'waiting', why: reason ?? 'The service is starting.' };
      return { is: 'ready', url: await pageAddress(service, resolveName) };
    } catch (error) {
      if (!(error instanceof Unanswered)) return { is: 'unreached', why: String(error) };
      if (error.why === 'sealed') return { is: 'sealed' };
      return { is: error.why === 'none' ? 'none' : 'unreached', why: error.message };
    }
  };
}

/**
 * Where pages are opened: passkeys are bound to a name, and there are none for an address. The box's host name where this machine finds it, else
 * `localhost`, which a service that listens everywhere or on loopback answers to.
 */
async function pageAddress(
  { url, settings }: { url: string; settings: Record<string, string> },
  resolveName: (name: string) => Promise<unknown>,
): Promise<string> {
  const at = new URL(url);
  const name = HostName.safeParse(JSON.parse(settings.hostName ?? 'null'));
  if (name.success && (await isKnown(name.data, resolveName))) at.hostname = name.data;
  else if (isLoopback(at.hostname) || ['0.0.0.0', '[::]'].includes(at.hostname)) at.hostname = 'localhost';
  return at.origin;
}

const isKnown = (name: string, resolveName: (name: string) => Promise<unknown>) =>
  resolveName(name).then(
    () => true,
    () => false,
  );

/** PEM of the certificate authority that the box keeps itself; it may be replaced while both run. Undefined where there is none. */
export function readAuthority(data: string): string | undefined {
  try {
    return readFileSync(join(data, 'tls', 'authority.pem'), 'utf8');
  } catch {
    return undefined;
  }
}

/** As the service writes it: random, in base64url. */
const TOKEN = /^[\w-]{20,200}$/;

/**
 * Path of the setup page while the box has no owner; the service removes the file once a browser has used the token. The token stands behind
 * `#`, which browsers do not send. Undefined without such a file.
 */
export function setupPath(data: string): string | undefined {
  try {
    const token = readFileSync(join(data, 'setup-token'), 'utf8').trim();
    return TOKEN.test(token) ? `/console/setup#token=${token}` : undefined;
  } catch {
    return undefined;
  }
}
