import pg from 'pg';
import { Problem } from '../../lib/problem.ts';
import { type ConnectionRemedy, connectionRemedy, tlsRemedy } from './connection-refusal.ts';

/** Throughout: a name as PostgreSQL reads it back, in double quotes. */
const quote = pg.escapeIdentifier;

/**
 * What PostgreSQL refused this role or this connection, as CONFLICT with the role, the database and the remedy: a sentence, or what an administrator of the
 * server runs there; undefined for any other error. `error` may wrap the server's own as its cause. Never shows the URL, which may hold a password.
 */
export function explainRefusal(error: unknown, url: string): Problem | undefined {
  const refused = serverError(error);
  if (refused === undefined) {
    if (!(error instanceof Error)) return undefined;
    const found = tlsRemedy(error, hostOf(url));
    // OpenSSL gives its own place in the source in the message, and the reason apart.
    const said = 'reason' in error ? String(error.reason) : error.message;
    return found && problemOf(found, said, error);
  }
  const { code, message } = refused;
  const who = whose(url);
  const found = connectionRemedy({ code, message, ...who }) ?? roleRemedy(refused, who);
  return found && problemOf(found, message, error);
}

const problemOf = ({ what, remedy }: ConnectionRemedy, said: string, cause: unknown) =>
  new Problem('CONFLICT', `${what} (${said}). ${remedy}`, { cause });

function roleRemedy(refused: pg.DatabaseError, who: Whose): ConnectionRemedy | undefined {
  const found = remedyOf(refused, who);
  if (found === undefined) return undefined;
  const { what, where, statements } = found;
  return { what, remedy: `As an administrator of the server run in ${where}:  ${statements.join(' ')}` };
}

interface Whose {
  role: string;
  database: string;
}

/** Whose connection it is, as PostgreSQL's own client reads the URL and the environment. */
function whose(url: string): Whose {
  const { user, database } = new pg.Client({ connectionString: url });
  return { role: quote(user ?? '?'), database: quote(database ?? '?') };
}

/** Also of a URL that names files which are not there. */
const hostOf = (url: string): string => decodeURIComponent(URL.parse(url)?.hostname || 'of this machine');

interface Remedy {
  what: string;
  where: string;
  statements: string[];
}

function remedyOf(
  { code, message, detail, schema: named }: pg.DatabaseError,
  { role, database }: Whose,
): Remedy | undefined {
  const who = `The role ${role} of the PostgreSQL database ${database}`;
  const schema = quote(named ?? /for schema (\S+)/.exec(message)?.[1] ?? 'public');
  const anywhere = 'any database';
  switch (code) {
    case '28000':
    case '28P01':
      return {
        what: `${who} may not log in`,
        where: anywhere,
        statements: [
          `CREATE ROLE ${role} LOGIN PASSWORD '…';`,
          `Or, where there is one:  ALTER ROLE ${role} LOGIN PASSWORD '…';`,
        ],
      };
    case '3D000':
      return {
        what: `The PostgreSQL database ${database} does not exist`,
        where: anywhere,
        statements: [`CREATE DATABASE ${database} OWNER ${role};`],
      };
    case '3F000':
      return {
        what: `${who} has no schema to make tables in`,
        where: database,
        statements: [`CREATE SCHEMA IF NOT EXISTS public; GRANT USAGE, CREATE ON SCHEMA public TO ${role};`],
      };
    case '42501':
      break;
    default:
      return undefined;
  }
  // The server says this of a connection with the name in quotes and with a detail, and of CREATE SCHEMA without either.
  if (message.includes('for database') && detail === undefined) {
    const statements = [`GRANT CREATE ON DATABASE ${database} TO ${role};`];
    return {
      what: `${who} may not make a schema, in which the database is kept before an upgrade`,
      where: anywhere,
      statements,
    };
  }
  if (message.includes('for database')) {
    const statements = [`GRANT CONNECT ON DATABASE ${database} TO ${role};`];
    return { what: `${who} may not connect`, where: anywhere, statements };
  }
  if (message.includes('for schema')) {
    const statements = [`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role};`];
    return { what: `${who} may not make tables`, where: database, statements };
  }
  const owned = /must be owner of \w+ (\S+)/.exec(message)?.[1];
  if (owned !== undefined) {
    return {
      what: `${who} may not change a table that another role owns`,
      where: database,
      statements: [
        `ALTER TABLE ${schema}.${quote(owned)} OWNER TO ${role};`,
        'The same for the other tables of Gatehouse.',
      ],
    };
  }
  return {
    what: `${who} may not read or write its tables`,
    where: database,
    statements: [`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};`],
  };
}

/** The error of the server in `error` or in what caused it. */
function serverError(error: unknown): pg.DatabaseError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof pg.DatabaseError) return at;
  return undefined;
}
