import { domainToUnicode } from 'node:url';
import ipaddr from 'ipaddr.js';
import type { GrantId, OrganizationId } from '../../../lib/id.ts';
import { Problem, type ProblemCode } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';

/** A granted destination of an organization. Nothing leaves the box without one. */
export interface Grant {
  id: GrantId;
  organization: OrganizationId;
  /**
   * `name`: this host name exactly, or `*.example.org` for any name below; it may resolve to public and private addresses.
   * `cidr`: URLs whose host is an address in it, or a name that resolves into it. Loopback only by a `cidr` inside it, or `localhost` and below. `preset`: `public-https`, any public address at https, port 443.
   */
  to: { is: 'name'; name: string } | { is: 'cidr'; cidr: string } | { is: 'preset'; preset: 'public-https' };
  /** Undefined: the scheme's own (443, or 80 where plain http is allowed), and no mail server's. */
  port: number | undefined;
  /** `public`: public addresses only, whatever `to` covers. */
  reach: 'any' | 'public';
  note: string;
  createdAt: number;
  createdBy: string;
  revoked: { at: number; by: string } | undefined;
  /** Another program wrote or changed its row in the database: it is not in force. */
  altered?: true;
}

export interface Grants {
  /** What is remembered of rows is read again. */
  forgetRead(): void;
  /** All of them, revoked ones too, the oldest first. */
  list(organization: OrganizationId): Promise<Grant[]>;
  /** At most `limit`, the newest first, of those older than the grant `before`; `revoked` picks those that were, or that hold now. */
  page(
    organization: OrganizationId,
    page: { revoked?: boolean; before?: string; limit: number },
  ): Promise<Grant[]>;
  /** `to` as an operator writes it: `hooks.example.org`, `*.example.org:8443`, `10.1.0.0/16:8080`, `[fd00::1]:443`, `public-https`. Reach `public`: names alone, or `public-https`. Throws INVALID_REQUEST, DESTINATION_FORBIDDEN, CONFLICT. */
  add(
    organization: OrganizationId,
    to: string,
    note: string,
    actor: Actor,
    reach?: Grant['reach'],
  ): Promise<Grant>;
  /** From the next attempt on. Throws NOT_FOUND. */
  revoke(organization: OrganizationId, grant: string, actor: Actor): Promise<Grant>;
}

/** A destination that was resolved and checked: dial `addresses` and nothing else. */
export interface CheckedDestination {
  host: string;
  port: number;
  secure: boolean;
  /** Every one allowed; in the order to try. */
  addresses: readonly string[];
  /** One of them is no public address. */
  isPrivate?: true;
}

export interface Destinations {
  /**
   * Of a URL to post to. Parses, resolves once, checks every address. Throws INVALID_REQUEST (how it is written), DESTINATION_FORBIDDEN (never,
   * granted or not), DESTINATION_NOT_GRANTED (403, names the operator's command that grants it); each names its rule. OutgoingError `unresolved`
   * where the name has no address.
   */
  check(organization: OrganizationId, url: string): Promise<CheckedDestination & { url: URL }>;
  /** The same for a mail server. */
  checkHost(
    organization: OrganizationId,
    server: { host: string; port: number; secure: boolean },
  ): Promise<CheckedDestination>;
}

/** Why a destination is refused; stable names, for logs. */
export type DestinationRule =
  // how it is written
  | 'length'
  | 'characters'
  | 'scheme'
  | 'host'
  | 'userinfo'
  | 'fragment'
  | 'port'
  | 'spelling'
  | 'trailing-dot'
  // never, granted or not
  | 'unspecified'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'reserved'
  | 'tunnel'
  | 'embedded-address'
  | 'unreadable-address'
  | 'own-listener'
  | 'plain-http'
  // not for an administrator of an organization to grant
  | 'not-public'
  // no grant covers it
  | 'not-granted'
  | 'loopback-not-granted';

type RefusalCode = Extract<
  ProblemCode,
  'INVALID_REQUEST' | 'DESTINATION_FORBIDDEN' | 'DESTINATION_NOT_GRANTED'
>;

/** The rule is at the end of the sentence and in the details. */
export const refusal = (code: RefusalCode, rule: DestinationRule, sentence: string): Problem =>
  new Problem(code, `${sentence} (Rule: ${rule}.)`, {
    details: [
      { path: 'url', message: sentence },
      { path: 'rule', message: rule },
    ],
  });

/** The rule by which `Destinations` refused; undefined for any other error. */
export function ruleOf(error: unknown): DestinationRule | undefined {
  if (!(error instanceof Problem)) return undefined;
  return error.extra.details?.find(({ path }) => path === 'rule')?.message as DestinationRule | undefined;
}

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
