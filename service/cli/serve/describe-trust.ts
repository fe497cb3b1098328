import { join } from 'node:path';
import { replyOf } from '../../../sdk/admin/client.ts';
import type { Control } from '../control/control.ts';

export interface Trust {
  text: string;
  /** The certificate of the box's authority, PEM. */
  file: string;
}

/** Steps for clients to trust a certificate of the box's own authority; undefined if not needed. */
export async function describeTrust(control: Control, url: string, data: string): Promise<Trust | undefined> {
  const { https, hostName, served } = await replyOf(control.admin.GET('/api/admin/certificate'));
  if (!https || served?.source !== 'own') return undefined;
  const { authority } = await replyOf(control.admin.GET('/api/admin/certificate/fingerprints'));
  const named = new URL('/trust', url);
  if (hostName !== undefined) named.hostname = hostName;
  return {
    file: join(data, 'tls', 'authority.pem'),
    text: `The box serves HTTPS with a certificate of its own authority. Install the authority on each device, with the steps of
  ${named}
and compare its fingerprint (SHA-256) there with this one:
  ${authority}`,
  };
}
