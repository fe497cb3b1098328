/** Which window a `gatehouse://` address opens, and at what path of the service. */
export interface DeepLink {
  window: 'console' | 'kiosk';
  /** With its query; begins with `/console/`, or is `/kiosk/`. */
  path: string;
}

const SCHEME = 'gatehouse:';
const LONGEST = 2_000;
/** Segments of addresses of the console; nothing that a server could read as another path. */
const PATH = /^(\/[\w.~@+-]+)*\/?$/;

export const isDeepLink = (word: string): boolean => word.toLowerCase().startsWith(`${SCHEME}//`);

/**
 * `gatehouse://console/people/sub_1?env=test` is `/console/people/sub_1?env=test`. Any program of the desktop and any web page may open one:
 * it names a screen, and does nothing else. Undefined for what names none.
 */
export function readDeepLink(link: string): DeepLink | undefined {
  if (link.length > LONGEST || !URL.canParse(link)) return undefined;
  const { protocol, hostname, username, password, port, pathname, search } = new URL(link);
  if (protocol !== SCHEME || username || password || port) return undefined;
  const window = hostname.toLowerCase();
  if (window === 'kiosk') return { window, path: '/kiosk/' };
  if (window !== 'console' || !PATH.test(pathname)) return undefined;
  // Only the parser of http addresses reads `..` in every spelling.
  const seen = new URL(`/console${pathname === '' ? '/' : pathname}${search}`, 'http://box.invalid');
  if (seen.host !== 'box.invalid' || !seen.pathname.startsWith('/console/')) return undefined;
  return { window, path: seen.pathname + seen.search };
}
