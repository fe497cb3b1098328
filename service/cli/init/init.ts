import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { parseConfig } from '../../config.ts';
import { keyStoreAdvice } from '../../data-directory/database-place.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { normalizeEmail } from '../../storage/email-address.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
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
import { initialize } from './initialize.ts';
import { recordDatabase } from './record-database.ts';
import { type InitOptions, readUnattended, type Unattended } from './unattended.ts';

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
