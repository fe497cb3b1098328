import { type Config, describeDatabase } from '../../config.ts';
import type { Grants } from '../../storage/postgres/check-postgres.ts';
import { CONNECTIONS_NEEDED } from '../../storage/postgres/postgres-refusal.ts';
import { toFailure } from '../failure.ts';
import type { Finding } from './checks.ts';

/** A line for each PostgreSQL database of the directory: what its role may do there. */
export async function checkGrants(
  { databaseUrl, keysDatabaseUrl }: Pick<Config, 'databaseUrl' | 'keysDatabaseUrl'>,
  read: (url: string) => Promise<Grants> = readGrants,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const url of [databaseUrl, keysDatabaseUrl]) {
    if (url === undefined) continue;
    const what = 'grants';
    try {
      const grants = await read(url);
      const where = describeDatabase(url);
      findings.push({ what, ...describeGrants(grants, where) }, ...checkConnections(grants, where));
      // A key store is never copied before an upgrade.
      if (url === databaseUrl) findings.push(...checkSchemas(grants, where));
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

function checkConnections({ role, connections }: Grants, where: string): Finding[] {
  if (connections >= CONNECTIONS_NEEDED) return [];
  return [
    {
      what: 'grants',
      state: 'warn',
      found: `${where}: ${role} may have ${connections} connections; a service under load uses ${CONNECTIONS_NEEDED}, and answers 503 where there are fewer`,
      remedy: `As an administrator of the server raise the least of: ALTER ROLE ${role} CONNECTION LIMIT ${2 * CONNECTIONS_NEEDED};  ALTER DATABASE … CONNECTION LIMIT;  max_connections`,
    },
  ];
}

/** Whether the next upgrade can keep the database as it is, and what earlier ones kept. */
function checkSchemas({ role, database, makesSchemas, kept }: Grants, where: string): Finding[] {
  const findings: Finding[] = [];
  if (!makesSchemas) {
    findings.push({
      what: 'grants',
      state: 'warn',
      found: `${where}: ${role} may not make a schema, in which an upgrade, "gatehouse update" and "gatehouse migrate --snapshot" keep the database of before: they would stop there, with nothing changed`,
      remedy: `As an administrator of the server:  GRANT CREATE ON DATABASE ${database} TO ${role};`,
    });
  }
  if (kept.length > 0) {
    findings.push({
      what: 'kept databases',
      state: 'ok',
      found: `${where} holds itself as it was, in ${kept.join(', ')}; what is not needed is removed with DROP SCHEMA … CASCADE`,
    });
  }
  return findings;
}

/** Loaded only now: the driver costs time that `--help` need not pay. */
const readGrants = async (url: string) =>
  (await import('../../storage/postgres/check-postgres.ts')).readGrants(url);
