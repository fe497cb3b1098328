import { replyOf } from '../../../sdk/admin/client.ts';
import type { Config } from '../../config.ts';
import type { Control } from '../control/control.ts';
import { invocation } from '../invocation.ts';

/**
 * How the first owner is made, for the terminal; undefined once there is one. The token stands behind `#`, which browsers do
 * not send.
 */
export async function describeSetup(
  control: Control,
  { url, data, hostName }: { url: string; data: string; hostName: Config['hostName'] },
): Promise<string | undefined> {
  const { state, token, file } = await replyOf(control.admin.GET('/api/admin/setup-token', {}));
  if (state === 'closed') return undefined;
  if (token === undefined)
    return `A browser has begun to set this box up. If it is not yours, make a new token:  ${invocation} admin setup-token --data ${data}`;
  return `Create the owner of the box in a browser (one browser, within 24 hours; the token is also in ${file}):\n\n  ${setupAddress(url, hostName, token)}\n`;
}

/** By a name where there is one: passkeys belong to names, not to IP addresses. */
export function setupAddress(url: string, hostName: string | undefined, token: string): string {
  const address = new URL(url);
  if (address.protocol === 'https:' && hostName !== undefined) address.hostname = hostName;
  else if (['127.0.0.1', '[::1]', '0.0.0.0', '[::]'].includes(address.hostname))
    address.hostname = 'localhost';
  address.pathname = '/console/setup';
  address.hash = `token=${token}`;
  return address.href;
}
