import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { parseConfig } from '../../config.ts';
import { keyStoreAdvice, recordDatabase } from '../../data-directory/database-location.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { normalizeEmail } from '../../storage/email-address.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { asTyped, invocation } from '../invocation.ts';
import {
  databaseUrlFlag,
  keysDatabaseUrlFlag,
  nodeAddressFlag,
  nodesFlag,
  toConfigInput,
} from '../serve/options.ts';
import { describeFirstSetup } from '../serve/setup-address.ts';
import { facts } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';
import { initialize } from './initialize.ts';

export function addInit(program: Command, runner: CommandRunner): void {
  const command = program
    .command('init')
    .summary('create a data directory with its first organization and keys')
    .description(
      'Creates the data directory, its first organization, a live key and a test key (all scopes but admin). The keys are ' +
        'shown only now. A directory that has an organization already is left unchanged. For unattended setups every option is ' +
        'also an environment variable (GATEHOUSE_ORG, GATEHOUSE_OWNER_EMAIL, GATEHOUSE_OWNER_NAME, GATEHOUSE_OWNER_PASSWORD, ' +
        'GATEHOUSE_HOST_NAME, GATEHOUSE_MATCH_ONLY); with _FILE at the end of its name it names a file that holds the value. The ' +
        'owner has seven days to add a second factor.',
    )
    .option('--org <name>', 'name of the organization')
    .option('--owner-email <address>', 'makes the owner of the box, who signs in with it')
    .option('--owner-name <name>', 'name of the owner')
    .option('--owner-password-file <file>', 'holds the password of the owner, at least 12 characters')
    .option('--host-name <name>', 'name by which browsers reach the box; written into gatehouse.json')
    .option('--match-only', 'let live verifications run without presentation attack detection')
    .option(...databaseUrlFlag)
    .option(...keysDatabaseUrlFlag)
    .option(...nodesFlag)
    .option(...nodeAddressFlag)
    .addHelpText(
      'after',
      examples(
        'init --org "Museum of Bern"',
        'init --data /srv/gatehouse --org Museum --json',
        'init --org Museum --owner-email elin@museum.example --owner-name Elin --owner-password-file /run/secrets/owner',
        'init --org Museum --database-url postgresql://gatehouse@db.example/gatehouse --keys-database-url postgresql://gatehouse@db.example/gatehouse_keys',
      ),
    );
  runner.run<InitOptions>(command, async ({ options, data, control }) => {
    const wanted = readUnattended(options);
    const { databaseUrl, keysDatabaseUrl, nodes, nodeAddress } = options;
    const given = defined({ databaseUrl, keysDatabaseUrl, nodes, nodeAddress });
    const config = parseConfig(toConfigInput(data, given));
    const open = await control({ create: true, settings: given });
    if (open.via === 'own process') recordDatabase(data, config);
    const made = await initialize(open, wanted.org, ['live', 'test'], (organization) =>
      setUp(open, organization, wanted),
    );
    if (!made) {
      throw new Problem(
        'CONFLICT',
        `${data} is initialized already; nothing was changed. What is there: org list. Another organization: ` +
          'org create --name NAME. Another key: key create --scopes identity --env live.',
      );
    }
    const advice = keyStoreAdvice(config);
    // Read again: the host name is in it now.
    const setup = await describeFirstSetup(open, parseConfig(toConfigInput(data, given)));
    const text = [
      `${data} is ready.`,
      '',
      facts([
        ['organization', `${made.organizationId}  ${wanted.org}`],
        ['owner', wanted.owner?.email],
        ['host name', wanted.hostName],
        ['match only', wanted.matchOnly ? 'yes: a photograph of a person verifies as the person' : undefined],
        ['live key', made.keys.live],
        ['test key', made.keys.test],
      ]),
      '',
      'The keys are not shown again: put them where your application finds its secrets.',
      ...(advice === undefined ? [] : [asTyped(advice)]),
      ...(wanted.owner
        ? ['The owner has seven days to sign in to the console and add a second factor.']
        : []),
      `Record the consent on which real people are enrolled; until then they cannot be enrolled:  ${invocation} consent attest --data ${data} --help`,
      `Start the service:  ${startOf(data)}`,
      ...(setup === undefined ? [] : ['', setup]),
    ].join('\n');
    return { json: made, text };
  });
}

/** The unit of a package serves this directory; any other is served by the command. */
function startOf(data: string): string {
  const isOfUnit = data === '/var/lib/gatehouse' && existsSync('/usr/lib/systemd/system/gatehouse.service');
  return isOfUnit ? 'sudo systemctl start gatehouse' : `${invocation} serve --data ${data}`;
}

/** Owner, name and match-only; what an interrupted run did is left as it is. */
async function setUp(
  { admin }: Control,
  organization: string,
  { owner, hostName, matchOnly }: Unattended,
): Promise<void> {
  const params = { query: { organization } };
  if (owner) {
    const { items } = await replyOf(admin.GET('/api/admin/administrators', { params }));
    if (!items.some(({ email }) => normalizeEmail(email) === normalizeEmail(owner.email)))
      await replyOf(admin.POST('/api/admin/organization/first-owner', { params, body: owner }));
  }
  if (hostName !== undefined) {
    const { network } = await replyOf(admin.GET('/api/admin/box-name', {}));
    await replyOf(admin.PUT('/api/admin/box-name', { body: { hostName, network } }));
  }
  if (matchOnly) await replyOf(admin.PATCH('/api/admin/organization', { params, body: { matchOnly } }));
}

interface InitOptions {
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
interface Unattended {
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
