import pg from 'pg';
import { Problem } from '../../lib/problem.ts';

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
  if (message.includes('for sequence')) {
    const statements = [`GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role};`];
    return { what: `${who} may not number its rows`, where: database, statements };
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

/** What the server, or the way to it, said of a connection. Names as PostgreSQL reads them back, in double quotes. */
interface RefusedConnection {
  code: string | undefined;
  message: string;
  role: string;
  database: string;
}

interface ConnectionRemedy {
  what: string;
  /** In sentences. */
  remedy: string;
}

const asAdministrator = (statement: string) =>
  `As an administrator of the server run in any database:  ${statement}`;
const USE_TLS =
  'add ?sslmode=verify-full&sslrootcert=FILE to the database URL, where FILE holds the certificate of the authority that signed the server’s';
const CLIENT_CERTIFICATE =
  'add &sslcert=FILE&sslkey=FILE to the database URL, with a certificate that is signed by an authority in ssl_ca_file of the server';

/** Of connections that the server refuses by pg_hba.conf or by its limits, and of poolers. */
function connectionRemedy(refused: RefusedConnection): ConnectionRemedy | undefined {
  const { code, message, role, database } = refused;
  switch (code) {
    case '28000':
      return accessRemedy(refused);
    case '25006':
      return {
        what: `The server of the PostgreSQL database ${database} takes no writes`,
        remedy: `Where it is a standby, let the database URL name the primary. Else it is set so: ${asAdministrator(`ALTER ROLE ${role} RESET default_transaction_read_only; ALTER DATABASE ${database} RESET default_transaction_read_only;`)}`,
      };
    case '53300':
      return limitRemedy(refused);
    case '08P01':
      if (!message.includes('startup parameter')) return undefined;
      return {
        what: `A connection pooler before the PostgreSQL database ${database} does not take a parameter of the database URL`,
        remedy: `Remove the parameter from the URL of ${role}: Gatehouse needs none. The pooler has to run in session mode.`,
      };
    default:
      return undefined;
  }
}

/** pg_hba.conf: encryption, address, client certificate. */
function accessRemedy({ message, role, database }: RefusedConnection): ConnectionRemedy | undefined {
  const line = (how: string) => `${how} ${database} ${role} ADDRESS scram-sha-256`;
  if (/no encryption|SSL off/.test(message)) {
    return {
      what: `The server of the PostgreSQL database ${database} takes no unencrypted connection of the role ${role} from this machine`,
      remedy: `Encrypt it: ${USE_TLS}. Where the server is to take it unencrypted, its administrator adds to pg_hba.conf:  ${line('hostnossl')}`,
    };
  }
  if (message.includes('no pg_hba.conf entry')) {
    return {
      what: `The server of the PostgreSQL database ${database} takes no connection of the role ${role} from this machine`,
      remedy: `Its administrator adds to pg_hba.conf, then reloads the server:  ${line(message.includes('SSL') ? 'hostssl' : 'host')}`,
    };
  }
  if (message.includes('valid client certificate')) {
    return {
      what: `The server of the PostgreSQL database ${database} asks the role ${role} for a client certificate`,
      remedy: `Give it one: ${CLIENT_CERTIFICATE}; its common name is the role, ${role}.`,
    };
  }
  if (message.includes('certificate authentication failed')) {
    return {
      what: `The client certificate of the database URL is not that of the role ${role}`,
      remedy: `Its common name has to be the role, ${role}, or the server maps it in pg_ident.conf.`,
    };
  }
  return undefined;
}

function limitRemedy({ message, role, database }: RefusedConnection): ConnectionRemedy {
  const what = `The PostgreSQL database ${database} has no connection left for the role ${role}`;
  const needs = `Gatehouse uses up to ${CONNECTIONS_NEEDED} at a time in each of its databases.`;
  if (message.includes('for role'))
    return {
      what,
      remedy: `${needs} ${asAdministrator(`ALTER ROLE ${role} CONNECTION LIMIT ${2 * CONNECTIONS_NEEDED};`)}`,
    };
  if (message.includes('for database'))
    return {
      what,
      remedy: `${needs} ${asAdministrator(`ALTER DATABASE ${database} CONNECTION LIMIT ${CONNECTIONS_NEEDED};`)}`,
    };
  return {
    what,
    remedy: `${needs} End sessions that are not needed (pg_stat_activity), or raise max_connections of the server or the pool size of the pooler.`,
  };
}

/** Ten for requests, one for the lock, one for a copy before an upgrade, two while a start looks at the database. */
export const CONNECTIONS_NEEDED = 14;

/** Of one of several nodes: ten for requests, one for its row, one for its locks and six that wait for locks of others. */
export const NODE_CONNECTIONS = 18;

/** Of TLS between this machine and the server: the certificates, and the files that the URL names. */
function tlsRemedy(error: Error, host: string): ConnectionRemedy | undefined {
  const code = 'code' in error ? String(error.code) : '';
  const server = `the PostgreSQL server ${host}`;
  if (error.message.includes('does not support SSL')) {
    return {
      what: `The PostgreSQL server ${host} does not encrypt connections, and the database URL asks for it`,
      remedy:
        'Switch it on (ssl, ssl_cert_file and ssl_key_file in postgresql.conf), or remove sslmode from the URL where the way to it is safe.',
    };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      what: `The certificate of ${server} is of another name`,
      remedy:
        'Use a name of the certificate in the database URL, or give the server a certificate of this name.',
    };
  }
  if (/^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/.test(code)) {
    return {
      what: `The certificate of ${server} is not valid at this time`,
      remedy: 'Renew it, or check the clock of this machine.',
    };
  }
  if (/^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|CERT_)/.test(code)) {
    return {
      what: `The certificate of ${server} is signed by no authority that this machine trusts`,
      remedy: `With every sslmode but disable and no-verify it is checked: ${USE_TLS}.`,
    };
  }
  if (/^ERR_SSL_.*ALERT/.test(code)) {
    return {
      what: `The PostgreSQL server ${host} refused the client certificate, or the lack of one`,
      remedy: `Give it one that it trusts: ${CLIENT_CERTIFICATE}.`,
    };
  }
  if (code.startsWith('ERR_OSSL_')) {
    return {
      what: 'sslcert and sslkey of the database URL do not belong together, or cannot be read',
      remedy: 'Both are PEM, and the key has no passphrase.',
    };
  }
  if (
    'path' in error &&
    'syscall' in error &&
    error.syscall !== 'connect' &&
    /^(ENOENT|EACCES|EISDIR)$/.test(code)
  ) {
    return {
      what: `${error.path}, which the database URL names (sslrootcert, sslcert, sslkey), cannot be read`,
      remedy: 'Give its absolute path, and make it readable for the account of the service.',
    };
  }
  return undefined;
}
