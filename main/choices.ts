import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { dataDirectory } from './data-directory.ts';
import { isDeepLink } from './windows/deep-link.ts';

/** The service that the shell is for. */
export type Target =
  | { is: 'here'; data: string }
  /** `fingerprint`: SHA-256 of the box's certificate authority, hexadecimal; without it the system has to trust the certificate. */
  | { is: 'elsewhere'; url: URL; fingerprint?: string };

/** What the person chose on the command line. */
export interface Choices {
  target: Target;
  /** Opens the kiosk, full screen, in the place of the console. */
  kiosk: boolean;
  /** Opens no window: alerts and the tray alone, as at the login of the box's own account. */
  hidden: boolean;
  /** A `gatehouse://` address that the system passes on. */
  link?: string;
}

/** @param words after the program's name; Chromium's own switches may stand among them. Throws a sentence for a bad choice. */
export function readChoices(words: readonly string[], place?: Parameters<typeof dataDirectory>[1]): Choices {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: {
      data: { type: 'string' },
      attach: { type: 'string' },
      fingerprint: { type: 'string' },
      kiosk: { type: 'boolean' },
      hidden: { type: 'boolean' },
    },
    strict: false,
    allowPositionals: true,
  });
  const { attach, fingerprint } = values;
  if (attach !== undefined && values.data !== undefined)
    throw new Error('Give either --data (a service of this machine) or --attach (one of another), not both.');
  if (fingerprint !== undefined && attach === undefined)
    throw new Error(
      '--fingerprint belongs to --attach: of a service of this machine it is read in its data directory.',
    );
  const link = positionals.find(isDeepLink);
  return {
    target:
      attach === undefined
        ? { is: 'here', data: dataDirectory(words, place) }
        : elsewhere(attach, fingerprint),
    kiosk: values.kiosk === true,
    hidden: values.hidden === true,
    ...(link !== undefined && { link }),
  };
}

function elsewhere(attach: string | boolean, fingerprint: string | boolean | undefined): Target {
  const url = typeof attach === 'string' && URL.canParse(attach) ? new URL(attach) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password)
    throw new Error('--attach needs the address of the service: --attach https://gatehouse.home.arpa:7300');
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw new Error(
      `--attach ${url.origin}: beyond this machine only https:// keeps pictures and passwords secret.`,
    );
  const at = { is: 'elsewhere', url: new URL(url.origin) } as const;
  if (fingerprint === undefined) return at;
  const digits = String(fingerprint).replaceAll(/[\s:]/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits))
    throw new Error(
      '--fingerprint needs 64 hexadecimal digits: "gatehouse certificate show" prints them on the box itself.',
    );
  return { ...at, fingerprint: digits };
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));
