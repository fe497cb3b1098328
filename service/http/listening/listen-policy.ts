import ipaddr from 'ipaddr.js';

type ListenDecision =
  | { is: 'plain' }
  | { is: 'plain-with-warning'; warning: string }
  /** `files`: those of the settings. `box`: the certificate that the box keeps itself. */
  | { is: 'tls'; certificate: 'files' | 'box' };

export interface ListenSettings {
  /** An address, a name, or '' for every address. */
  host: string;
  hostName?: string | undefined;
  tlsCert?: string | undefined;
  insecureHttp: boolean;
}

/**
 * Prevents sending pictures and keys over a network in plain text by accident: beyond loopback, and where the box has a host name, TLS
 * is used unless `insecureHttp`.
 */
export function listenPolicy({ host, hostName, tlsCert, insecureHttp }: ListenSettings): ListenDecision {
  if (tlsCert !== undefined) return { is: 'tls', certificate: 'files' };
  if (!insecureHttp) {
    return hostName === undefined && isLoopback(host) ? { is: 'plain' } : { is: 'tls', certificate: 'box' };
  }
  if (isLoopback(host)) return { is: 'plain' };
  const where = host === '' ? 'every address of this machine' : host;
  return {
    is: 'plain-with-warning',
    warning:
      `Listening on ${where} WITHOUT ENCRYPTION (--insecure-http): pictures of faces and API keys can be read by ` +
      'anyone on the way, and browsers give no camera to such a page. Leave --insecure-http away, and the box makes a certificate of its own.',
  };
}

/** True for addresses only this machine reaches. Other names are not resolved: they count as reachable. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost') return true;
  if (!ipaddr.isValid(bare) || (!bare.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(bare)))
    return false;
  return ipaddr.process(bare).range() === 'loopback';
}

const NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** In lower case and without a final dot. What ends in a number would be read as an address. */
export const isDnsName = (text: string): boolean =>
  NAME.test(text) && !/^(\d+|0x[0-9a-f]*)$/.test(text.slice(text.lastIndexOf('.') + 1));
