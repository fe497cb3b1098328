import { isIP } from 'node:net';

/** Decision about a link to another host. */
export type LinkVerdict =
  | { is: 'open'; url: string }
  /** The person is asked first. */
  | { is: 'ask'; url: string; host: string }
  | { is: 'refused'; why: string };

/** Hosts that the product's own pages link to. */
const known: ReadonlySet<string> = new Set(['github.com']);

/**
 * A link of a page may carry what the page knows to anyone, and other schemes start other programs: only https to a public name leaves, and to a
 * host that the product does not point to by itself only when the person agrees.
 */
export function judgeLink(link: string): LinkVerdict {
  const refused = (why: string): LinkVerdict => ({ is: 'refused', why });
  if (!URL.canParse(link)) return refused('it is no address');
  const { protocol, hostname, username, password, port, href } = new URL(link);
  if (protocol !== 'https:')
    return refused(`its scheme is ${protocol.slice(0, 40)}, and only https: is opened`);
  if (username || password) return refused('it carries a name or password');
  if (port) return refused('it names a port');
  if (isIP(hostname.replaceAll(/[[\]]/g, '')) || !hostname.includes('.') || hostname.endsWith('.'))
    return refused('its host is no public name');
  return known.has(hostname) ? { is: 'open', url: href } : { is: 'ask', url: href, host: hostname };
}
