import { readFileSync } from 'node:fs';
import { UsageError } from '../failure.ts';
import { userPath } from '../user-path.ts';

export interface InitOptions {
  org?: string;
  ownerEmail?: string;
  ownerName?: string;
  ownerPasswordFile?: string;
  hostName?: string;
  matchOnly?: boolean;
  databaseUrl?: string;
  keysDatabaseUrl?: string;
  nodes?: boolean;
  nodeAddress?: string;
}

/** What a first start without a person sets up. */
export interface Unattended {
  org: string;
  owner?: { email: string; name: string; password: string };
  hostName?: string;
  matchOnly: boolean;
}

type Environment = Record<string, string | undefined>;

/**
 * From flags, else `GATEHOUSE_ORG`, `GATEHOUSE_OWNER_EMAIL`, `GATEHOUSE_OWNER_NAME`, `GATEHOUSE_OWNER_PASSWORD`, `GATEHOUSE_HOST_NAME` and
 * `GATEHOUSE_MATCH_ONLY`, else the file that the same name with `_FILE` names, as secrets of a container are given. Throws UsageError.
 */
export function readUnattended(options: InitOptions, env: Environment = process.env): Unattended {
  const org = options.org ?? fromEnvironment('GATEHOUSE_ORG', env);
  if (org === undefined)
    throw new UsageError(
      "required option '--org <name>' not specified (nor GATEHOUSE_ORG in the environment)",
    );
  const hostName = options.hostName ?? fromFile('GATEHOUSE_HOST_NAME', env);
  return {
    org,
    ...ownerOf(options, env),
    ...(hostName !== undefined && { hostName }),
    matchOnly: options.matchOnly ?? readSwitch('GATEHOUSE_MATCH_ONLY', env),
  };
}

function ownerOf(options: InitOptions, env: Environment): Pick<Unattended, 'owner'> {
  const parts = {
    email: options.ownerEmail ?? fromEnvironment('GATEHOUSE_OWNER_EMAIL', env),
    name: options.ownerName ?? fromEnvironment('GATEHOUSE_OWNER_NAME', env),
    password:
      options.ownerPasswordFile === undefined
        ? fromEnvironment('GATEHOUSE_OWNER_PASSWORD', env)
        : readSecret('--owner-password-file', userPath(options.ownerPasswordFile)),
  };
  const { email, name, password } = parts;
  if (email !== undefined && name !== undefined && password !== undefined)
    return { owner: { email, name, password } };
  if (email === undefined && name === undefined && password === undefined) return {};
  const flags = { email: '--owner-email', name: '--owner-name', password: '--owner-password-file' };
  const missing = Object.entries(flags).filter(([part]) => parts[part as keyof typeof parts] === undefined);
  throw new UsageError(
    `An owner needs e-mail address, name and password; missing: ${missing.map(([, flag]) => flag).join(', ')}.`,
  );
}

const given = (text: string | undefined) => (text === undefined || text === '' ? undefined : text);

function fromEnvironment(name: string, env: Environment): string | undefined {
  const direct = given(env[name]);
  if (direct === undefined) return fromFile(name, env);
  if (given(env[`${name}_FILE`]) !== undefined)
    throw new UsageError(`${name} and ${name}_FILE are both set: remove one of them.`);
  return direct;
}

function fromFile(name: string, env: Environment): string | undefined {
  const path = given(env[`${name}_FILE`]);
  return path === undefined ? undefined : readSecret(`${name}_FILE`, path);
}

/** Without the line break that an editor leaves at its end. */
function readSecret(from: string, path: string): string {
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (text !== '') return text;
  } catch (error) {
    throw new UsageError(`${from}: ${path} cannot be read: ${(error as Error).message}.`);
  }
  throw new UsageError(`${from}: ${path} is empty.`);
}

function readSwitch(name: string, env: Environment): boolean {
  const text = fromEnvironment(name, env);
  if (text === undefined || /^(0|false|no|off)$/i.test(text)) return false;
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  throw new UsageError(`${name}: "${text}" is neither true nor false.`);
}
