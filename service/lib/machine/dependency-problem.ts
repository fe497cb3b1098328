import { getSystemErrorMap } from 'node:util';
import { Problem, type ProblemCode } from '../problem.ts';

interface Fault {
  /** Of the codes of PostgreSQL, SQLite, the system, OpenSSL and Redis. */
  codes: RegExp;
  code?: ProblemCode;
  /** Without the code, which follows it. */
  what: string;
  remedy: string;
  retryAfterSeconds?: number;
}

const disk: Fault = {
  codes: /^(EIO|EROFS|ESTALE|EUCLEAN)$/,
  what: 'The disk of the box, or a file on it, cannot be used',
  remedy:
    'The operator checks that the disk is there, is writable and has no errors, then restarts the service.',
};
const network: Fault = {
  codes:
    /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|EAI_\w+|ENOTFOUND|EADDR\w+|EPROTO|ESHUTDOWN|UND_ERR_\w+|ERR_(SSL|TLS|OSSL)_\w+|CERT_\w+|CRL_\w+|UNABLE_TO_\w+|\w*SELF_SIGNED_CERT\w*|HOSTNAME_MISMATCH|DEPTH_ZERO_\w+|INVALID_CA|PATH_LENGTH_EXCEEDED|ERR_SOCKET_\w+|ERR_STREAM_PREMATURE_CLOSE|NOAUTH|WRONGPASS|LOADING|MASTERDOWN|CLUSTERDOWN|MISCONF|OOM|BUSY|READONLY)$/,
  what: 'A server that the box works with did not answer as it should',
  remedy:
    'Try again shortly; the operator looks into the log, which names it, and checks the network, its certificate and the clock.',
  retryAfterSeconds: 5,
};
const SERVER = 'The operator reads the log of PostgreSQL';

/** Each fault of what the box works with, the first that fits. SQLSTATEs: PostgreSQL 17, appendix A; errno: errno(3). */
const faults: readonly Fault[] = [
  {
    codes: /^(53100|SQLITE_FULL|ENOSPC|EDQUOT|EFBIG)$/,
    code: 'STORAGE_FULL',
    what: 'The disk is full',
    remedy: 'The operator frees some space on it.',
  },
  {
    codes: /^(28...|42501)$/,
    what: 'PostgreSQL refuses the role of the service',
    remedy: 'The operator gives it its rights back: "gatehouse doctor" names them.',
  },
  {
    codes: /^(22021|22P05)$/,
    what: 'The encoding of the PostgreSQL database does not hold this text',
    remedy: 'The operator moves the data to a database with ENCODING UTF8.',
  },
  {
    codes: /^(3D...|3F...|42P01|42703|42704|42883)$/,
    what: 'The PostgreSQL database is not as Gatehouse made it: something in it is missing',
    remedy: 'The operator puts it back, or restores a backup.',
  },
  {
    codes: /^(0A000|25P01|26000|34000|42P03|42P05)$/,
    what: 'PostgreSQL does not keep the session of the service, as behind a pooler',
    remedy: 'The operator lets the service connect to PostgreSQL itself.',
  },
  {
    codes: /^(25P0[234]|40...|55...|57014|72000|SQLITE_(BUSY|LOCKED).*)$/,
    what: 'The database ended this: something else held what it needs, or it took too long',
    remedy: 'Try again shortly; the operator looks which session holds a lock.',
    retryAfterSeconds: 5,
  },
  {
    codes: /^(53...|54...|F0...)$/,
    what: 'PostgreSQL is at one of its limits',
    remedy: 'Try again shortly; the operator raises the limit or frees memory.',
    retryAfterSeconds: 5,
  },
  {
    codes: /^(08...|57...)$/,
    what: 'The database server does not answer',
    remedy: 'Try again shortly; the operator checks that PostgreSQL runs.',
    retryAfterSeconds: 5,
  },
  { codes: /^(58...|XX...|P0...|HV...)$/, what: 'PostgreSQL reports a fault', remedy: `${SERVER}.` },
  { codes: /^25006$/, what: 'PostgreSQL takes no writes', remedy: `${SERVER}: is it a standby?` },
  {
    codes:
      /^SQLITE_(IOERR|READONLY|CANTOPEN|NOMEM|PERM|AUTH|PROTOCOL|NOLFS|CORRUPT|NOTADB|SCHEMA|INTERRUPT|ABORT).*$/,
    what: 'The database file cannot be used',
    remedy:
      'The operator checks the disk of the data directory and the rights to its files, then restarts the service.',
  },
  {
    codes: /^(EMFILE|ENFILE|ENOMEM|EAGAIN|ENOBUFS)$/,
    code: 'OVERLOADED',
    what: 'The machine has no more memory or open files for this',
    remedy: 'Try again shortly; the operator raises the limit (LimitNOFILE=, MemoryMax=).',
    retryAfterSeconds: 5,
  },
  disk,
  network,
];

/**
 * What broke beside Gatehouse (PostgreSQL, a disk, the network, the machine) as a Problem with a sentence that says what it is and what to
 * do; undefined for anything else, which is a bug. The first line of last resort: code nearer to the fault says more where it can.
 */
export function toDependencyProblem(error: unknown): Problem | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const known = faultOf(at as NodeJS.ErrnoException);
    if (known === undefined) continue;
    const { fault, name } = known;
    const { code = 'STORAGE_UNAVAILABLE', what, remedy, retryAfterSeconds } = fault;
    return new Problem(code, `${what} (${name}). ${remedy}`, {
      cause: error,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    });
  }
  return undefined;
}

/** A call of the system that Gatehouse itself made wrongly. */
const OWN_FAULT = /^(EBADF|EFAULT|ENOSYS)$/;
const OF_NETWORK = /^(connect|getaddrinfo|bind|listen|accept|send|recv|queryA)/;

function faultOf(error: NodeJS.ErrnoException): { fault: Fault; name: string } | undefined {
  const { code, syscall, message } = error;
  // Redis begins its message with the code.
  const name =
    error.name === 'ReplyError'
      ? /^([A-Z]+) /.exec(message)?.[1]
      : syscall === 'rm'
        ? codeOfWords(message)
        : code;
  if (typeof name !== 'string' || OWN_FAULT.test(name)) return undefined;
  const fault = faults.find(({ codes }) => codes.test(name));
  if (fault) return { fault, name };
  if (syscall === undefined || !/^E[A-Z0-9]+$/.test(name)) return undefined;
  return { fault: OF_NETWORK.test(syscall) ? network : disk, name };
}

/** Of `fs.rm`, whose error has the words of the system in the place of a code (Node 24). */
function codeOfWords(message: string): string | undefined {
  const said = message.toLowerCase();
  return [...getSystemErrorMap().values()].find(([, words]) => said.includes(words))?.[0];
}
