import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';

/** One year, the minimum of the browsers' preload rules. Without subdomains, which may belong to others. */
const POLICY = 'max-age=31536000';

/**
 * Strict-Transport-Security (RFC 6797) for the answer to `request`, or undefined where it does not apply: without TLS, for an IP
 * literal or `localhost`, and for a name that the certificate of this connection does not cover.
 */
export function transportSecurityOf({ socket, headers }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const name = hostNameOf(headers.host ?? '');
  if (name === undefined) return undefined;
  return socket.getX509Certificate()?.checkHost(name) === undefined ? undefined : POLICY;
}

function hostNameOf(host: string): string | undefined {
  const name = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  if (name === '' || name.startsWith('[') || isIP(name) !== 0) return undefined;
  return name === 'localhost' || name.endsWith('.localhost') ? undefined : name;
}
