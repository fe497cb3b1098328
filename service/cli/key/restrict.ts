import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { readMoment } from '../terminal/moment.ts';
import { facts } from '../terminal/terminal.ts';
import { readScopes } from './scopes.ts';
import { boundTo, profilesOf, shownKey } from './text.ts';

interface Restrict {
  org?: string;
  scopes?: string;
  origin?: string[];
  cidr?: string[];
  profile?: string[];
  expires?: string;
}

export function addKeyRestrict(key: Command, runner: CommandRunner): void {
  runner.run<Restrict>(
    key
      .command('restrict')
      .argument('<key-id>', 'as `key list` shows it')
      .description('remove rights from a key at once; to add rights, create a new key')
      .option(...organizationFlag)
      .option('--scopes <list>', 'the scopes it keeps, separated by commas')
      .option('--origin <url...>', 'the origins it may be sent from by a browser')
      .option('--cidr <network...>', 'the networks it may be sent from, such as 10.20.0.0/16')
      .option('--profile <slug...>', 'the profiles it may name')
      .option('--expires <date>', 'an earlier end: 2027-01-31 or 2027-01-31T12:00:00Z')
      .addHelpText(
        'after',
        examples('key restrict key_01… --cidr 10.20.0.0/16', 'key restrict key_01… --scopes identity'),
      ),
    async ({ options, control }, keyId = '') => {
      const { scopes, origin, cidr, profile, expires } = options;
      if ([scopes, origin, cidr, profile, expires].every((value) => value === undefined))
        throw new UsageError('Name what to restrict: --scopes, --origin, --cidr, --profile or --expires.');
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const one = await replyOf(
        open.admin.PATCH('/api/admin/keys/{id}', {
          params: { path: { id: keyId }, query: { organization: id } },
          body: defined({
            scopes: scopes === undefined ? undefined : readScopes(scopes),
            origins: origin,
            cidrs: cidr,
            profiles: profile,
            expiresAt: expires === undefined ? undefined : readMoment('--expires', expires),
          }),
        }),
      );
      const text = facts([
        ['key', `${one.id} (${shownKey(one)})`],
        ['scopes', one.scopes.join(', ')],
        ['from', boundTo(one)],
        ['profiles', profilesOf(one)],
        ['expires', one.expiresAt],
      ]);
      return { json: one, text };
    },
  );
}
