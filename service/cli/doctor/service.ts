import { stat } from 'node:fs/promises';
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { join } from 'node:path';
import type { Schemas } from '../../../sdk/admin/client.ts';
import { shownSettings } from '../../compose/certificate/serving.ts';
import { type Config, describeDatabase } from '../../config.ts';
import { journalFile, recoverScript, UPDATE_FOLDER } from '../update/journal.ts';
import type { Detail, Finding } from './checks.ts';

export type Service = NonNullable<Schemas['Status']['service']>;

const DAY = 86_400_000;
const WAIT_MILLISECONDS = 2000;

/** What only the serving process knows: its addresses and settings. */
export async function checkService(service: Service, config: Config): Promise<Finding[]> {
  const file = await stat(join(config.data, 'gatehouse.json')).catch(() => undefined);
  return [await checkAnswer(service.url), checkSettings(service, shownSettings(config), file?.mtimeMs)];
}

/** Of an update whose journal is there. Undefined where none was interrupted. */
export async function checkUpdate(folder = UPDATE_FOLDER): Promise<Finding | undefined> {
  const begun = await stat(journalFile(folder)).catch(() => undefined);
  if (begun === undefined) return undefined;
  return {
    what: 'update',
    state: 'fail',
    found: `an update did not end; its last step began ${begun.mtime.toISOString()}`,
    remedy: `Where none is under way now, run as root: ${recoverScript(folder)}   (the next start of the service by its unit does the same). It completes the update where the new version was ready. Else it goes back: to the version from before, and where the new one changed the schema to the database from before the update; the newer database is kept beside`,
  };
}

/** Whether the service answers where it says. Its certificate is another line's matter. */
export async function checkAnswer(url: string): Promise<Finding> {
  const what = 'address';
  const body = await ask(url).catch(() => undefined);
  if (body?.includes('"uptimeSeconds"')) return { what, state: 'ok', found: `the service answers at ${url}` };
  return {
    what,
    state: 'warn',
    found: `the service listens at ${url} and does not answer there`,
    remedy: 'Check the firewall of this machine and the log of the service.',
  };
}

function ask(url: string): Promise<string> {
  const options = { timeout: WAIT_MILLISECONDS, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? getSecure : getPlain)(
      new URL('/health', url),
      options,
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(text)).on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer'))).on('error', reject);
  });
}

export function describeServedTls({ certificate, insecureHttp, url }: Service, now: number): Detail {
  const what = 'encryption';
  if (insecureHttp) return { what, found: `none at ${url}` };
  if (!certificate) return { what, found: `not needed: only this machine reaches ${url}` };
  const days = Math.floor((Date.parse(certificate.endsAt) - now) / DAY);
  return { what, found: `certificate for ${certificate.subject}, ${days} more days` };
}

/**
 * Settings in force beside those that this command reads. Flags and variables of the service are its own matter; a settings file
 * that changed after the start (`changedAt`) is not in force.
 */
export function checkSettings(
  { settings, startedAt }: Pick<Service, 'settings' | 'startedAt'>,
  here: Readonly<Record<string, string>>,
  changedAt: number | undefined,
): Finding {
  const what = 'settings in force';
  const names = [...new Set([...Object.keys(settings), ...Object.keys(here)])].toSorted();
  const others = names
    .filter((name) => settings[name] !== here[name])
    .map((name) => `${name} ${settings[name] ?? 'not set'} (read here: ${here[name] ?? 'not set'})`);
  if (others.length === 0) return { what, state: 'ok', found: 'those that this command reads' };
  const found = others.join(', ');
  return changedAt !== undefined && changedAt > Date.parse(startedAt)
    ? {
        what,
        state: 'warn',
        found: `gatehouse.json was changed after the start: ${found}`,
        remedy: 'Restart the service: settings are read at the start.',
      }
    : { what, state: 'ok', found: `by flags or the environment of the service: ${found}` };
}

export const describeMasterKey = ({ kind, path }: { kind: 'file' | 'passphrase'; path: string }): Detail => ({
  what: 'master key',
  found: kind === 'passphrase' ? 'behind a passphrase' : path,
});

export const checkKeyStore = ({
  data,
  keysDatabaseUrl,
}: Pick<Config, 'data' | 'keysDatabaseUrl'>): Finding => ({
  what: 'key store',
  state: 'ok',
  found:
    keysDatabaseUrl === undefined
      ? join(data, 'keys.db')
      : `a second database, ${describeDatabase(keysDatabaseUrl)}`,
});
