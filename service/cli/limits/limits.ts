import type { Command } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { readMoment } from '../terminal/moment.ts';
import { facts } from '../terminal/terminal.ts';

type Limits = Schemas['Limits'];

interface LimitsSet {
  org?: string;
  key?: string;
  burst?: string;
  perUser?: string;
  perAddress?: string;
  monthly?: string;
  trialUntil?: string;
}

const keyFlag = ['--key <id>', 'of this key and its successors alone, as `key list` shows it'] as const;

export function addLimits(program: Command, runner: CommandRunner): void {
  const limits = program
    .command('limits')
    .helpCommand(false)
    .description('request limits of an organization and its keys');

  runner.run<{ org?: string; key?: string }>(
    limits
      .command('show')
      .description('limits, and the use of the current month')
      .option(...organizationFlag)
      .option(...keyFlag)
      .addHelpText('after', examples('limits show', 'limits show --key key_01… --json')),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await replyOf(
        open.admin.GET('/api/admin/limits', {
          params: { query: defined({ organization: id, key: options.key }) },
        }),
      );
      return { json: reply, text: describe(reply) };
    },
  );

  runner.run<LimitsSet>(
    limits
      .command('set')
      .description('change limits from the next request on; options that are not given stay unchanged')
      .option(...organizationFlag)
      .option(...keyFlag)
      .option('--burst <n>', 'requests of one key per minute')
      .option('--per-user <n>', 'requests about one person per minute')
      .option(
        '--per-address <n>',
        'requests of one source address per minute with one browser key, and visits of one published flow',
      )
      .option('--monthly <n>', 'live verifications and enrollments in a month (UTC), or none')
      .option(
        '--trial-until <date>',
        'end of the trial, after which live keys are refused: 2027-01-31, or none',
      )
      .addHelpText(
        'after',
        examples(
          'limits set --monthly 50000 --burst 120',
          'limits set --key key_01… --monthly none',
          'limits set --trial-until 2027-01-31',
        ),
      ),
    async ({ options, control }) => {
      const { burst, perUser, perAddress, monthly, trialUntil } = options;
      if ([burst, perUser, perAddress, monthly, trialUntil].every((value) => value === undefined))
        throw new UsageError(
          'Name a limit to set: --burst, --per-user, --per-address, --monthly or --trial-until.',
        );
      const change: Schemas['LimitsChange'] = defined({
        key: options.key,
        burst: readNumber('--burst', burst),
        perUser: readNumber('--per-user', perUser),
        perAddress: readNumber('--per-address', perAddress),
        monthly: monthly === 'none' ? null : readNumber('--monthly', monthly),
        trialUntil:
          trialUntil === undefined
            ? undefined
            : trialUntil === 'none'
              ? null
              : readMoment('--trial-until', trialUntil),
      });
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await replyOf(
        open.admin.PATCH('/api/admin/limits', { params: { query: { organization: id } }, body: change }),
      );
      return { json: reply, text: describe(reply) };
    },
  );
}

function readNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,13}$/.test(text)) return Number(text);
  const none = flag === '--monthly' ? ', or "none"' : '';
  throw new UsageError(`${flag}: "${text}" is not a number. Write digits alone${none}.`);
}

function describe({
  burst,
  perUser,
  perAddress,
  trialUntil,
  month,
  organization,
  visits,
  key,
}: Limits): string {
  return facts([
    ['a minute', `${burst.toLocaleString('en')} requests of a key`],
    ['per person', `${perUser.toLocaleString('en')} requests a minute`],
    ['per address', `${perAddress.toLocaleString('en')} requests of a page's visitor a minute`],
    [`month ${month}`, use(organization)],
    ['visits of flows', use(visits)],
    ...(key ? [['of the key', use(key)] as const] : []),
    ['trial', trialUntil === undefined ? 'none' : `until ${trialUntil}`],
  ]);
}

const use = ({ used, limit }: Limits['organization']) =>
  `${used.toLocaleString('en')} used of ${limit === undefined ? 'any number' : limit.toLocaleString('en')}`;
