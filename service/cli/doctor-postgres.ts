import { type Config, describeDatabase } from '../config.ts';
import type { Grants } from '../storage/check-postgres.ts';
import type { Finding } from './doctor-checks.ts';
import { toFailure } from './failure.ts';

/** A line for each PostgreSQL database of the directory: what its role may do there. */
export async function checkGrants(
  { databaseUrl, keysDatabaseUrl }: Pick<Config, 'databaseUrl' | 'keysDatabaseUrl'>,
  read: (url: string) => Promise<Grants> = lookThere,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const url of [databaseUrl, keysDatabaseUrl]) {
    if (url === undefined) continue;
    const what = 'grants';
    try {
      findings.push({ what, ...describeGrants(await read(url), describeDatabase(url)) });
    } catch (error) {
      const [found = '', ...more] = toFailure(error).text.split('\n');
      findings.push({ what, state: 'fail', found, ...(more.length > 0 && { remedy: more.join(' ') }) });
    }
  }
  return findings;
}

function describeGrants({ role, closed, foreign }: Grants, where: string): Omit<Finding, 'what'> {
  const [first] = closed.concat(foreign);
  if (first === undefined)
    return { state: 'ok', found: `${where}: ${role} makes tables, and owns those that are there` };
  return closed.length > 0
    ? {
        state: 'fail',
        found: `${where}: ${role} may not read and write ${closed.join(', ')}`,
        remedy: `As an administrator of the server run in that database:  GRANT SELECT, INSERT, UPDATE, DELETE ON ${closed.join(', ')} TO ${role};`,
      }
    : {
        state: 'warn',
        found: `${where}: ${role} does not own ${foreign.join(', ')}: an upgrade could not change them`,
        remedy: `As an administrator of the server run in that database:  ${foreign.map((name) => `ALTER TABLE ${name} OWNER TO ${role};`).join(' ')}`,
      };
}

/** Loaded only now: the driver costs time that `--help` need not pay. */
const lookThere = async (url: string) => (await import('../storage/check-postgres.ts')).readGrants(url);
