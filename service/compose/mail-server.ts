import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Config, ConfigError } from '../config.ts';
import type { MailServer } from '../engine/alerts/index.ts';
import { defined } from '../lib/defined.ts';

/** The mail server of the settings, or undefined without one. Throws ConfigError naming the setting that cannot be used. */
export function mailServerOf({
  smtpUrl,
  smtpFrom,
  smtpCa,
}: Pick<Config, 'smtpUrl' | 'smtpFrom' | 'smtpCa'>): MailServer | undefined {
  if (smtpUrl === undefined || smtpFrom === undefined) return undefined;
  const { protocol, hostname, port, username, password, pathname, search } = new URL(smtpUrl);
  if (hostname === '' || (pathname !== '' && pathname !== '/') || search !== '')
    throw new ConfigError(
      'The setting "smtpUrl" names a mail server and nothing below it: smtp://mail.example.org:587, with user:password@ before the name where it asks for them.',
    );
  if ((username === '') !== (password === ''))
    throw new ConfigError('The setting "smtpUrl" needs a user and a password, or neither.');
  const secure = protocol === 'smtps:';
  const ca = smtpCa === undefined ? undefined : readCa(smtpCa);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    from: smtpFrom,
    ...(username !== '' && { user: decode(username), password: decode(password) }),
    ...defined({ ca }),
  };
}

function readCa(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new ConfigError(
      `The setting "smtpCa" names ${file}, which holds no certificate in PEM form (${(error as Error).message}).`,
    );
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConfigError(
      'The user and password of the setting "smtpUrl" are written as in every URL: a % as %25, an @ as %40.',
    );
  }
}
