import { type Command, Option } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type KeyPrefix, keyPrefixes } from '../../engine/access/api-key.ts';
import { scopes } from '../../engine/access/scope.ts';
import { defined } from '../../lib/defined.ts';
import type { World } from '../../lib/id.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { readMoment } from '../terminal/moment.ts';
import { facts, table } from '../terminal/terminal.ts';
import { addKeyRestrict } from './restrict.ts';
import { addKeyRevoke } from './revoke.ts';
import { addKeyRotate } from './rotate.ts';
import { readScopes } from './scopes.ts';
import { boundTo, type Key, profilesOf, shownKey } from './text.ts';

interface NewKey {
  org?: string;
  scopes: string;
  env: World;
  prefix?: KeyPrefix;
  name?: string;
  expires?: string;
  browser?: boolean;
  origin?: string[];
  cidr?: string[];
  profile?: string[];
}

const scopesHelp = `what it may do, separated by commas: ${scopes.join(', ')}`;

export function addKey(program: Command, runner: CommandRunner): void {
  const key = program.command('key').helpCommand(false).description('API keys of an organization');
  addCreate(key, runner);
  addList(key, runner);

  addKeyRevoke(key, runner);
  addKeyRotate(key, runner);
  addKeyRestrict(key, runner);
}

function addCreate(key: Command, runner: CommandRunner): void {
  runner.run<NewKey>(
    key
      .command('create')
      .description('create a key; it is shown only once')
      .option(...organizationFlag)
      .requiredOption('--scopes <list>', scopesHelp)
      .addOption(
        new Option('--env <world>', 'live: real people; test: trials')
          .choices(['live', 'test'])
          .makeOptionMandatory(),
      )
      .addOption(
        new Option('--prefix <prefix>', 'how the key begins (default: gh)').choices([...keyPrefixes]),
      )
      .option('--name <name>', 'name for the list')
      .option('--expires <date>', 'expiry: 2027-01-31 or 2027-01-31T12:00:00Z')
      .option('--cidr <network...>', 'allowed network, such as 10.20.0.0/16; any when absent')
      .option(
        '--profile <slug...>',
        'allowed profiles, separated by spaces; those of the organization when absent',
      )
      .option('--browser', 'browser key: bound to origins, with few scopes')
      .option(
        '--origin <url...>',
        'origin of a page that may send the key, or show the sessions it creates, such as https://shop.example.com',
      )
      .addHelpText(
        'after',
        examples(
          'key create --scopes identity:verify --env live --name "door camera"',
          'key create --org org_01… --scopes identity --env test --prefix prf --json',
        ),
      ),
    async ({ options, control }) => {
      const wanted = readScopes(options.scopes);
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const made = await replyOf(
        open.admin.POST('/api/admin/keys', {
          params: { query: { organization: id } },
          body: defined({
            env: options.env,
            scopes: [...new Set(wanted)],
            prefix: options.prefix,
            name: options.name,
            expiresAt: options.expires === undefined ? undefined : readMoment('--expires', options.expires),
            browser: options.browser,
            origins: options.origin,
            cidrs: options.cidr,
            profiles: options.profile,
          }),
        }),
      );
      const text = [
        facts([
          ['id', made.id],
          ['key', made.key],
          ['world', made.env],
          ['scopes', made.scopes.join(', ')],
          ['from', boundTo(made)],
          ['profiles', profilesOf(made)],
          ['expires', made.expiresAt],
        ]),
        '',
        'The key is not shown again.',
      ].join('\n');
      return { json: { id: made.id, key: made.key }, text };
    },
  );
}

function addList(key: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; limit: number }>(
    key
      .command('list')
      .description('the keys of an organization, without their secrets')
      .option(...organizationFlag)
      .option(...limitFlag(1000))
      .addHelpText('after', examples('key list')),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const items = await allPages(
        (page) =>
          replyOf(open.admin.GET('/api/admin/keys', { params: { query: { organization: id, ...page } } })),
        options.limit,
      );
      const rows = items.map((one) => [
        one.id,
        shownKey(one),
        one.env,
        one.name,
        one.scopes.join(','),
        boundTo(one),
        state(one),
        one.lastUsedAt &&
          `${one.lastUsedAt}${one.lastUsedAddress === undefined ? '' : ` from ${one.lastUsedAddress}`}`,
        one.lineage === one.id ? undefined : one.lineage,
      ]);
      const header = [
        'id',
        'key',
        'world',
        'name',
        'scopes',
        'may be sent from',
        'state',
        'last used',
        'descends from',
      ];
      return {
        json: { items },
        text: table(header, rows, 'No key yet. Make one: key create --scopes identity --env test'),
      };
    },
  );
}

function state(key: Key): string {
  if (key.altered) return 'REFUSED: another program wrote or changed its row in the database';
  if (key.revokedAt !== undefined) return `revoked ${key.revokedAt}`;
  const succeeded = key.successor === undefined ? '' : `, succeeded by ${key.successor}`;
  if (key.expiresAt !== undefined) return `until ${key.expiresAt}${succeeded}`;
  return 'active';
}
