import { hostname, userInfo } from 'node:os';
import { replyOf } from '../../../sdk/admin/client.ts';
import type { Config } from '../../config.ts';
import { isLoopback, listenPolicy } from '../../http/listening/listen-policy.ts';
import type { Control } from '../control/control.ts';
import { invocation } from '../invocation.ts';

interface Box {
  /** Of the running service. */
  url: string;
  data: string;
  hostName: Config['hostName'];
}

type Listening = Pick<Config, 'host' | 'port' | 'hostName' | 'tlsCert' | 'insecureHttp'>;

/**
 * How the first owner is made, for the terminal; undefined once there is one. The token stands behind `#`, which browsers do
 * not send.
 */
export async function describeSetup(
  control: Control,
  { url, data, hostName }: Box,
): Promise<string | undefined> {
  const { state, token, file } = await replyOf(control.admin.GET('/api/admin/setup-token', {}));
  if (state === 'closed') return undefined;
  if (token === undefined)
    return `A browser has begun to set this box up. If it is not yours, make a new token:  ${invocation} admin setup-token --data ${data}`;
  return [
    `Create the owner of the box in a browser (one browser, within 24 hours; the token is also in ${file}):`,
    '',
    `  ${setupAddress(url, hostName, token)}`,
    '',
    ...fromElsewhere(url),
  ].join('\n');
}

/** The same before the service runs, by the settings that it will have. */
export async function describeFirstSetup(
  control: Control,
  config: Listening & Pick<Config, 'data'>,
): Promise<string | undefined> {
  const { state, token } = await replyOf(control.admin.GET('/api/admin/setup-token', {}));
  if (state === 'open' && token === undefined)
    await replyOf(control.admin.POST('/api/admin/setup-token', {}));
  return describeSetup(control, { url: addressOf(config), data: config.data, hostName: config.hostName });
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

/** Where a service with these settings listens. Of every address, the machine's name is what others reach. */
export function addressOf({ host, port, ...settings }: Listening): string {
  const protocol = listenPolicy({ host, ...settings }).is === 'tls' ? 'https' : 'http';
  const every = ['', '0.0.0.0', '::'].includes(host);
  const name = every ? hostname() : host;
  return `${protocol}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Of a box that listens on loopback only: how a browser on another machine opens it. */
export function fromElsewhere(url: string, env: NodeJS.ProcessEnv = process.env): string[] {
  const { hostname: listens, port, protocol } = new URL(url);
  if (protocol !== 'http:' || !isLoopback(listens)) return [];
  const user = env.SUDO_USER ?? env.USER ?? userInfo().username;
  return [
    'The box listens on this machine only. To open the link on another one, run there, and leave it running:',
    '',
    `  ssh -L ${port}:${listens}:${port} ${user}@${hostname()}`,
    '',
    'or serve the network over HTTPS: "host": "0.0.0.0" in the settings, or --host 0.0.0.0.',
    '',
  ];
}
