import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { Problem } from '../../lib/problem.ts';

/** Where the browser is, in the terms of WebAuthn. */
export interface WebAuthnSite {
  /** Host name without port. */
  rpId: string;
  rpName: string;
  origin: string;
}

type Asked = Pick<FastifyRequest, 'headers' | 'protocol'>;

/** Of the header `Host`, which the server has checked against the names of the appliance. */
function urlOf({ headers, protocol }: Asked): URL | null {
  return URL.parse(`${protocol}://${headers.host ?? ''}`);
}

const isLoopbackName = (name: string) => name === 'localhost' || name.endsWith('.localhost');

/** Whether browsers take a cookie with `Secure` from here: over TLS, and over plain HTTP from this machine itself. */
export function isSecureContext(request: Asked): boolean {
  const url = urlOf(request);
  if (url === null) return false;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'https:' || isLoopbackName(host)) return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

/** Throws PASSKEY_REFUSED where no browser offers passkeys: at an IP address, and over plain HTTP from another machine. */
export function siteOf(request: Asked): WebAuthnSite {
  const url = urlOf(request);
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (url === null || ipaddr.isValid(host)) {
    throw new Problem(
      'PASSKEY_REFUSED',
      'Browsers offer no passkeys at an IP address: open the appliance by its host name, such as https://gatehouse.home.arpa, and try again.',
    );
  }
  if (!isSecureContext(request)) {
    throw new Problem(
      'PASSKEY_REFUSED',
      'Browsers offer no passkeys over plain HTTP: open the appliance over HTTPS, and try again.',
    );
  }
  return { rpId: host, rpName: 'Gatehouse', origin: url.origin };
}
