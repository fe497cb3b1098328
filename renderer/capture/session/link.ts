import type { NewBegin } from './api.ts';
import type { Link, LinkKind, Path } from './wire.ts';

const addresses: readonly [RegExp, LinkKind][] = [
  [/^\/verify\/h\/([^/]+)\/?$/, 'handover'],
  [/^\/verify-presence\/([^/]+)\/?$/, 'presence'],
  [/^\/hosted\/v\/([^/]+)\/?$/, 'hosted'],
  [/^\/hosted\/f\/([^/]+)\/?$/, 'flow'],
  [/^\/invite\/([^/]+)\/?$/, 'registration'],
];

/** The link that an address holds: in its path, or behind the # of `/verify`. */
export function linkOf({
  pathname,
  hash,
  search,
}: Pick<Location, 'pathname' | 'hash' | 'search'>): Link | undefined {
  for (const [pattern, kind] of addresses) {
    const token = decode(pattern.exec(pathname)?.[1] ?? '');
    if (token === '') continue;
    const test = kind === 'flow' && new URLSearchParams(search).get('mode') === 'test';
    return { kind, token, ...(test && { test }) };
  }
  const token = decode(hash.replace(/^#(?:token=)?/, ''));
  if (!/^\/verify\/?$/.test(pathname) || token === '') return undefined;
  return { kind: 'session', token, ...clientOf(search) };
}

/** The session that the address names, and whose origins may have it in a frame. */
function clientOf(search: string): Pick<Link, 'client'> {
  const client = new URLSearchParams(search).get('client');
  return client === null ? {} : { client };
}

/** Of `/verify` the tab alone knows the token after a reload. */
export function keptLink(memory: Memory, { search }: Pick<Location, 'search'>): Link | undefined {
  const link = memory.read()?.link;
  return link?.kind === 'session' && link.client === clientOf(search).client ? link : undefined;
}

/** The address with its token, which leaves it once the tab remembers it. */
export const addressOf = (
  link: Link | undefined,
  { href, origin, pathname, search }: Pick<Location, 'href' | 'origin' | 'pathname' | 'search'>,
): string =>
  link?.kind === 'session' ? `${origin}${pathname}${search}#${encodeURIComponent(link.token)}` : href;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** What outlives a reload, in this tab alone. */
export interface Remembered {
  link: Link;
  /** The session, once the person agreed. */
  token?: string;
  sessionId?: string;
  path?: Path;
  /** What the person agreed to, until the box has answered. */
  asked?: NewBegin | undefined;
}

const KEY = 'gatehouse-live';
type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>;

export interface Memory {
  read(): Remembered | undefined;
  write(remembered: Remembered): void;
}

/** Without storage, as in a frame of a browser that blocks it, all is forgotten at a reload. */
export function createMemory(storage: () => Storage): Memory {
  const attempt = <T>(use: (storage: Storage) => T): T | undefined => {
    try {
      return use(storage());
    } catch {
      return undefined;
    }
  };
  return {
    read: () => {
      const found: unknown = attempt((storage) => JSON.parse(storage.getItem(KEY) ?? 'null'));
      return isRemembered(found) ? found : undefined;
    },
    write: (remembered) => attempt((storage) => storage.setItem(KEY, JSON.stringify(remembered))),
  };
}

const isRemembered = (found: unknown): found is Remembered =>
  typeof found === 'object' &&
  found !== null &&
  'link' in found &&
  typeof (found.link as Link | null)?.token === 'string' &&
  typeof (found.link as Link).kind === 'string';

export const sameLink = (one: Link, other: Link): boolean =>
  one.kind === other.kind &&
  one.token === other.token &&
  one.test === other.test &&
  one.client === other.client;
