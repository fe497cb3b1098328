import { domainToUnicode } from 'node:url';
import ipaddr from 'ipaddr.js';
import { type DestinationRule, refusal } from './destination-refusal.ts';

/** A destination before its name is resolved. */
export interface Target {
  /** As it is resolved, dialled and checked against the certificate: a lower-case name in ASCII, or an address without brackets. */
  host: string;
  isAddress: boolean;
  port: number;
  /** TLS from the start. */
  secure: boolean;
}

const LONGEST = 2_048;

/**
 * Reads a URL to post to, strictly: where two programs might read two hosts out of one text, it is refused instead of put right. Throws
 * INVALID_REQUEST.
 */
export function parseDestinationUrl(text: string): Target & { url: URL } {
  const no = (rule: DestinationRule, sentence: string) => refusal('INVALID_REQUEST', rule, sentence);
  if (text.length > LONGEST) throw no('length', `A URL has at most ${LONGEST} characters.`);
  if (/[\p{Cc}\p{Cf}\p{Z}\p{Cs}\\]/u.test(text))
    throw no('characters', 'A URL has no spaces, control or invisible characters and no backslashes.');
  const [, scheme = '', authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text) ?? [];
  const secure = /^https$/i.test(scheme);
  if (!secure && !/^http$/i.test(scheme))
    throw no('scheme', 'A URL to post to begins with https:// (or http://, in private networks).');
  if (authority === '') throw no('host', 'The URL names no host.');
  if (authority.includes('@'))
    throw no('userinfo', 'A URL to post to holds no user or password: use a header of the endpoint.');
  if (text.includes('#')) throw no('fragment', 'A URL to post to has no fragment (#…).');
  const [, written = '', portText] = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/s.exec(authority) ?? [];
  if (written === '') throw no('host', `"${authority}" is no host, or host and port.`);
  const port = portText === undefined ? (secure ? 443 : 80) : readPort(portText);
  if (port === undefined) throw no('port', `"${portText}" is not a port from 1 to 65535.`);
  const url = URL.parse(text);
  if (url === null) throw no('host', `"${written}" is no host name and no address.`);
  if (url.href.length > LONGEST) throw no('length', `A URL has at most ${LONGEST} characters.`);
  const target = readHost(written, url.hostname);
  return { ...target, port, secure, url };
}

/** A host alone, as a mail server or a grant names it: a name, an IPv4 address, or an IPv6 address (in brackets or not). Throws INVALID_REQUEST. */
export function parseHost(text: string): Pick<Target, 'host' | 'isAddress'> {
  const written = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
  const url = /[\p{Cc}\p{Cf}\p{Z}\p{Cs}\\/?#@]/u.test(text) ? null : URL.parse(`https://${written}/`);
  if (url === null || url.port !== '' || !/^(\[[^\]]*\]|[^:[\]]+)$/.test(written))
    throw refusal('INVALID_REQUEST', 'host', `"${text}" is no host name and no address.`);
  return readHost(written, url.hostname);
}

/** Undefined for what is not 1 to 65535 in plain digits. */
export function readPort(text: string): number | undefined {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** `parsed` is what the WHATWG parser, and so whatever dials, makes of `written`. */
function readHost(written: string, parsed: string): Pick<Target, 'host' | 'isAddress'> {
  const no = (rule: DestinationRule, sentence: string) => refusal('INVALID_REQUEST', rule, sentence);
  if (parsed.startsWith('[')) return { host: parsed.slice(1, -1), isAddress: true };
  if (ipaddr.IPv4.isValidFourPartDecimal(parsed)) {
    if (written === parsed) return { host: parsed, isAddress: true };
    throw no('spelling', `"${written}" is another spelling of ${parsed}: write it so.`);
  }
  if (parsed.endsWith('.')) throw no('trailing-dot', `Remove the dot at the end of "${written}".`);
  const asRead = written.normalize('NFC').toLowerCase();
  if (asRead !== parsed && asRead !== domainToUnicode(parsed))
    throw no('spelling', `"${written}" is another spelling of ${parsed}: write it so.`);
  if (parsed.length > 253 || !parsed.split('.').every((label) => isLabel.test(label)))
    throw no('host', `"${written}" is no host name.`);
  return { host: parsed, isAddress: false };
}

const isLabel = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
