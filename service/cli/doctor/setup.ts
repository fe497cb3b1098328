import { join, relative } from 'node:path';
import { type Config, describeDatabase } from '../../config.ts';
import { keyStoreAdvice } from '../../data-directory/database-place.ts';
import { asTyped, invocation } from '../invocation.ts';
import type { Organization } from '../organization.ts';
import type { Finding } from './checks.ts';

const liesIn = (folder: string, path: string) => !relative(folder, path).startsWith('..');

/** The master key opens everything that it lies beside. */
export function checkMasterKey(
  { kind, path }: { kind: 'file' | 'passphrase'; path: string },
  data: string,
  places: readonly { place: string }[],
): Finding {
  const what = 'master key';
  if (kind === 'passphrase') return { what, state: 'ok', found: 'behind a passphrase' };
  const beside = places.find(({ place }) => liesIn(place, path));
  const found = liesIn(data, path)
    ? `${path}, in the data directory: this disk alone can decrypt everything`
    : beside && `${path}, beside a copy of the key store: that medium can decrypt every backup`;
  if (found === undefined) return { what, state: 'ok', found: path };
  return {
    what,
    state: 'warn',
    found,
    remedy: `Put it on a medium of its own: ${invocation} master use-file FILE   or behind a passphrase: ${invocation} master set-passphrase`,
  };
}

/** Beside people in PostgreSQL the keys may lie in the data directory, where no backup of the database finds them. */
export function checkKeyStore(
  config: Pick<Config, 'data' | 'databaseUrl' | 'keysDatabaseUrl'>,
  places: readonly object[],
): Finding {
  const what = 'key store';
  const { data, keysDatabaseUrl } = config;
  const found =
    keysDatabaseUrl === undefined
      ? join(data, 'keys.db')
      : `a second database, ${describeDatabase(keysDatabaseUrl)}`;
  const advice = keyStoreAdvice(config);
  if (advice === undefined || places.length > 0) return { what, state: 'ok', found };
  return { what, state: 'warn', found: `${found}, and the people in PostgreSQL`, remedy: asTyped(advice) };
}

/** Reports an organization without a recorded consent policy: it cannot enroll new live people, and existing ones count as consenting to every use. */
export function checkConsent(
  organizations: readonly Pick<Organization, 'name' | 'consentPolicy' | 'attestation' | 'erasedAt'>[],
): Finding {
  const what = 'consent';
  const silent = organizations.filter(
    (one) => one.erasedAt === undefined && one.consentPolicy === 'attested' && !one.attestation,
  );
  const [first] = silent;
  if (!first) return { what, state: 'ok', found: 'attested, or asked for with each enrollment' };
  const others = silent.length > 1 ? ` and ${silent.length - 1} more` : '';
  return {
    what,
    state: 'warn',
    found: `none is recorded for ${first.name}${others}: an organization without real people enrolls none until it is; where there are some already, enrollment goes on and every use of a face is allowed`,
    remedy: `Attest it: ${invocation} consent attest --help   or ask each person: ${invocation} org set --consent with-call`,
  };
}
