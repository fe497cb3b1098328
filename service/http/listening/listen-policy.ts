import ipaddr from 'ipaddr.js';

export type ListenDecision =
  | { is: 'allowed' }
  | { is: 'allowed-with-warning'; warning: string }
  | { is: 'refused'; reason: string };

/**
 * Prevents sending pictures and keys over a network in plain text by accident: beyond loopback a certificate or
 * `--insecure-http` is required. `host` is what the server would bind: an address, a name, or '' for every address.
 */
export function listenPolicy(input: { host: string; tls: boolean; insecureHttp: boolean }): ListenDecision {
  if (input.tls || isLoopback(input.host)) return { is: 'allowed' };
  const where = input.host === '' ? 'every address of this machine' : input.host;
  if (input.insecureHttp) {
    return {
      is: 'allowed-with-warning',
      warning:
        `Listening on ${where} WITHOUT ENCRYPTION (--insecure-http): pictures of faces and API keys can be read by ` +
        'anyone on the way, and browsers give no camera to such a page. Use --tls-cert and --tls-key, or a proxy that does.',
    };
  }
  return {
    is: 'refused',
    reason:
      `Listening on ${where} without a certificate is refused: pictures of faces and API keys would cross the network ` +
      'in the clear. Give --tls-cert and --tls-key, listen on 127.0.0.1, or say --insecure-http if something in front encrypts.',
  };
}

/** True for addresses only this machine reaches. Other names are not resolved: they count as reachable. */
function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost') return true;
  if (!ipaddr.isValid(bare) || (!bare.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(bare)))
    return false;
  return ipaddr.process(bare).range() === 'loopback';
}
