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

/**
 * Where a proxy hides the address of the page: what it has to send. The browser says in `Origin` where the page is. Undefined for none.
 */
function proxyFault({ headers }: Asked, url: URL | null): string | undefined {
  const { host: sent } = headers;
  if (sent === undefined || sent === '')
    return 'The proxy sends no Host header: let it pass on the one of the browser (nginx: proxy_set_header Host $http_host), and try again.';
  const page = URL.parse(headers.origin ?? '');
  if (!page || !url) return undefined;
  const isName = !ipaddr.isValid(page.hostname.replace(/^\[|\]$/g, ''));
  const isOther = isName && ipaddr.isValid(url.hostname.replace(/^\[|\]$/g, ''));
  if (isOther || (page.hostname === url.hostname && page.port !== url.port && page.protocol === url.protocol))
    return `The proxy sends another Host header ("${url.host}") than the browser ("${page.host}"): let it pass on the one of the browser (nginx: proxy_set_header Host $http_host), and try again.`;
  if (page.host === url.host && page.protocol === 'https:' && url.protocol === 'http:')
    return 'The proxy does not say that the page is open over HTTPS: let it send X-Forwarded-Proto, name its address in the setting trustedProxies, and try again.';
  return undefined;
}

/**
 * Throws PASSKEY_REFUSED where no browser offers passkeys: at an IP address, and over plain HTTP from another machine; and where a proxy
 * hides the address of the page.
 */
export function siteOf(request: Asked): WebAuthnSite {
  const url = urlOf(request);
  const fault = proxyFault(request, url);
  if (fault !== undefined) throw new Problem('PASSKEY_REFUSED', fault);
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
