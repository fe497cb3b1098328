import { parseNetwork } from '../../lib/network.ts';
import { neverOf } from './address-class.ts';
import type { Grant } from './destination.ts';
import { refusal } from './destination-refusal.ts';
import { type GrantScope, refuseName } from './destination-rules.ts';
import { parseHost, readPort } from './destination-url.ts';

const examples = 'hooks.example.org, *.example.org:8443, 10.1.0.0/16:8080, [fd00::1]:443 or public-https';

/** Endings of local names: below any other, a `*` needs a name of two parts at least. */
const localEndings = new Set(['localhost', 'local', 'lan', 'internal', 'test', 'home', 'intranet']);

/**
 * A grant as an operator writes it. Throws INVALID_REQUEST for text that is invalid or misleading,
 * DESTINATION_FORBIDDEN for what nothing could ever be sent to.
 */
export function parseGrant(text: string): GrantScope {
  const no = (sentence: string) => refusal('INVALID_REQUEST', 'host', sentence);
  if (text === 'public-https') return { to: { is: 'preset', preset: 'public-https' }, port: undefined };
  if (/^public-[^.]*$|^public[_ ]?https?$/.test(text))
    throw no('There is one preset, and it has no port: public-https.');
  if (text.includes('://'))
    throw no(`A grant names a host and a port, not a URL: write it like ${examples}.`);
  const parts = split(text);
  if (parts === undefined) throw no(`"${text}" is no destination. Write it like ${examples}.`);
  const port = parts.port === undefined ? undefined : readPort(parts.port);
  if (parts.port !== undefined && port === undefined)
    throw refusal('INVALID_REQUEST', 'port', `"${parts.port}" is not a port from 1 to 65535.`);
  return { to: parts.host.includes('/') ? readCidr(parts.host) : readName(parts.host), port };
}

/** `[host]:port`, `host:port`, `host`; an IPv6 address or network without brackets has no port. */
function split(text: string): { host: string; port?: string } | undefined {
  const bracketed = /^\[([^[\]]*:[^[\]]*)\](?::(.*))?$/s.exec(text);
  if (bracketed) return parts(bracketed[1] ?? '', bracketed[2]);
  if (text.split(':').length > 2) return { host: text };
  const [host = '', port] = text.split(':');
  return host === '' ? undefined : parts(host, port);
}

const parts = (host: string, port: string | undefined) => (port === undefined ? { host } : { host, port });

function readCidr(text: string): Grant['to'] {
  const network = parseNetwork(text);
  if (network === undefined)
    throw refusal('INVALID_REQUEST', 'host', `"${text}" is no network. Write it like ${examples}.`);
  const [base = ''] = text.split('/');
  // Of another base the network would be the same: what was meant is uncertain.
  const ofItself = parseNetwork(`${base}/${base.includes(':') ? 128 : 32}`)?.cidr.split('/')[0];
  if (ofItself !== network.cidr.split('/')[0])
    throw refusal(
      'INVALID_REQUEST',
      'spelling',
      `"${text}" has bits set beyond its length: write ${network.cidr} for the network, or the address alone.`,
    );
  return refuseNeverNetwork(network.cidr);
}

function readName(text: string): Grant['to'] {
  const below = text.startsWith('*.');
  const { host, isAddress } = parseHost(below ? text.slice(2) : text);
  if (isAddress && !below)
    return refuseNeverNetwork(parseNetwork(`${host}/${host.includes(':') ? 128 : 32}`)!.cidr);
  if (isAddress) throw refusal('INVALID_REQUEST', 'host', 'A * stands before a name, not before an address.');
  if (below && !host.includes('.') && !localEndings.has(host))
    throw refusal(
      'INVALID_REQUEST',
      'host',
      `"${text}" is every name of a whole top-level domain: name at least two parts (*.example.${host}), or grant public-https.`,
    );
  refuseName({ host, isAddress });
  return { is: 'name', name: below ? `*.${host}` : host };
}

function refuseNeverNetwork(cidr: string): Grant['to'] {
  const rule = neverOf(cidr);
  if (rule === undefined) return { is: 'cidr', cidr };
  const written = describeGrant({ to: { is: 'cidr', cidr }, port: undefined });
  throw refusal('DESTINATION_FORBIDDEN', rule, `Nothing is ever sent to ${written}, granted or not.`);
}

const singleAddress = /^([\d.]+)\/32$|^([\da-f:]+)\/128$/;

/** As `parseGrant` reads it back. */
export function describeGrant({ to, port }: GrantScope): string {
  const host =
    to.is === 'name' ? to.name : to.is === 'preset' ? to.preset : to.cidr.replace(singleAddress, '$1$2');
  if (port === undefined) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
