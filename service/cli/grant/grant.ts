import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { limitFlag } from '../limit-flag.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { facts, table } from '../terminal/terminal.ts';

type Grant = Schemas['Grant'];

export function addGrant(program: Command, runner: CommandRunner): void {
  const grant = program
    .command('grant')
    .helpCommand(false)
    .description('destinations of webhooks, callbacks and mail: nothing leaves the box without a grant');
  addList(grant, runner);
  addAdd(grant, runner);
  addRevoke(grant, runner);
}

function addList(grant: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; all?: boolean; limit: number }>(
    grant
      .command('list')
      .description('what is granted')
      .option(...organizationFlag)
      .option('--all', 'revoked ones too')
      .option(...limitFlag(1000))
      .addHelpText('after', examples('grant list', 'grant list --all --json')),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const items = await grantsOf(open, id, options.all === true ? {} : { revoked: 'false' }, options.limit);
      const rows = items.map((one) => [
        one.id,
        one.to,
        one.createdAt,
        one.createdBy,
        ...(options.all === true ? [one.revoked?.at] : []),
        one.note === '' ? undefined : one.note,
      ]);
      const revoked = options.all === true ? ['revoked'] : [];
      const header = ['grant', 'destination', 'since', 'by', ...revoked, 'note'];
      return {
        json: { items },
        text: table(
          header,
          rows,
          `Nothing is granted: nothing leaves the box. Add one: ${invocation} grant add --help`,
        ),
      };
    },
  );
}

function addAdd(grant: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; note?: string }>(
    grant
      .command('add')
      .argument(
        '<destination>',
        'host, *.host, address or network, each with :port where it is not 443 (or 80), or public-https',
      )
      .description('allow an organization to send to a destination')
      .option(...organizationFlag)
      .option('--note <text>', 'reason, shown in the list')
      .addHelpText(
        'after',
        `${examples(
          'grant add hooks.example.org',
          'grant add "*.example.org:8443" --note "access control, ticket 4711"',
          'grant add 10.20.0.0/16:8080',
          'grant add "[fd00::1]:443"',
          'grant add mail.example.org:587',
          'grant add public-https',
        )}

A name may have public or private addresses; http:// goes to private ones and loopback only. public-https is any public
address at https, port 443. Loopback is opened by its address or by localhost alone. Whatever is granted, nothing is sent to
link-local and metadata addresses, to reserved ones, or to this box's own ports.`,
      ),
    async ({ options, control }, to = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const made = await replyOf(
        open.admin.POST('/api/admin/grants', {
          params: { query: { organization: id } },
          body: defined({ to, note: options.note }),
        }),
      );
      return { json: made, text: describe(made) };
    },
  );
}

function addRevoke(grant: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; confirm?: string }>(
    grant
      .command('revoke')
      .argument('<grant-id>', 'as `grant list` shows it')
      .description('stop sending there, from the next attempt on')
      .option(...organizationFlag)
      .option('--confirm <destination>', 'its destination, as a confirmation')
      .addHelpText('after', examples('grant revoke grt_01… --confirm hooks.example.org')),
    async ({ options, control }, grantId = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const found = (await grantsOf(open, id, { revoked: 'false' })).find((one) => one.id === grantId);
      if (found && options.confirm !== found.to) {
        throw new UsageError(
          `Deliveries to ${found.to} that no other grant covers fail from the next attempt on. Nothing was changed. To confirm, repeat the destination: --confirm "${found.to}"`,
        );
      }
      const revoked = await replyOf(
        open.admin.DELETE('/api/admin/grants/{id}', {
          params: { path: { id: grantId }, query: { organization: id } },
        }),
      );
      return {
        json: revoked,
        text: `Nothing is sent to ${revoked.to} any more under the grant ${revoked.id}.`,
      };
    },
  );
}

/** The newest first. */
const grantsOf = (open: Control, organization: string, filter: { revoked?: 'false' }, most?: number) =>
  allPages(
    (page) =>
      replyOf(
        open.admin.GET('/api/admin/grants', { params: { query: { organization, ...filter, ...page } } }),
      ),
    most,
  );

const describe = ({ id, to, note, createdAt, createdBy }: Grant) =>
  facts([
    ['grant', id],
    ['destination', to],
    ['since', `${createdAt} by ${createdBy}`],
    ...(note === '' ? [] : [['note', note] as const]),
  ]);
