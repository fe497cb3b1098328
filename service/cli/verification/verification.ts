import { type Command, Option } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { checkNames } from '../../engine/checks/registered-checks.ts';
import { decisions, unverifiedOutcomes } from '../../engine/verification/outcome.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { readMoment } from '../terminal/moment.ts';
import { describeVerification, verificationTable } from './text.ts';

type Past = Schemas['PastVerification'];
type Check = Past['failed'][number];

interface Which extends RealmOptions {
  person?: string;
  decision?: Past['decision'] | 'unverified';
  reason?: NonNullable<Past['reason']>;
  decidedBy?: Check;
  check?: Check;
  profile?: string;
  key?: string;
  since?: string;
  until?: string;
  limit: number;
}

export function addVerification(program: Command, runner: CommandRunner): void {
  const verification = program
    .command('verification')
    .helpCommand(false)
    .description('verifications that were decided, and why');
  addList(verification, runner);

  const show = verification
    .command('show')
    .argument('<verification>', 'id, as `verification list` shows it')
    .description('one verification with every check and its figures; the look is in the audit log')
    .addHelpText(
      'after',
      examples('verification show ver_01…', 'verification show ver_01… --env test --json'),
    );
  runner.run<RealmOptions>(withRealm(show), async ({ options, control }, id = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const one = await replyOf(
      open.admin.GET('/api/admin/verifications/{id}', { params: { path: { id }, query } }),
    );
    return { json: one, text: describeVerification(one) };
  });
}

function addList(verification: Command, runner: CommandRunner): void {
  const list = withRealm(
    verification
      .command('list')
      .description('verifications, the newest first; nothing sealed is opened')
      .option('--person <person>', 'of this person alone: id or e-mail address; the look is in the audit log')
      .addOption(
        new Option('--decision <decision>', 'that ended so; unverified: all but the verified').choices([
          ...decisions,
          'unverified',
        ]),
      )
      .addOption(new Option('--reason <code>', 'not verified for this reason').choices(unverifiedOutcomes))
      .addOption(new Option('--decided-by <check>', 'that this check decided against').choices(checkNames))
      .addOption(new Option('--check <check>', 'where this check failed').choices(checkNames))
      .option('--profile <profile>', 'slug of the profile, or id of one version')
      .option('--key <id>', 'that this API key asked for')
      .option('--since <time>', 'from this time on, such as 2026-11-01 or 2026-11-01T08:00:00Z')
      .option('--until <time>', 'before this time')
      .option(...limitFlag(50)),
  ).addHelpText(
    'after',
    examples(
      'verification list --person ada@example.com --decision unverified',
      'verification list --since 2026-11-20 --decided-by liveness --limit 500 --json',
    ),
  );
  runner.run<Which>(list, async ({ options, control }) => {
    const { person, decision, reason, decidedBy, check, profile, key } = options;
    const filter = defined({
      person,
      decision,
      reason,
      decidedBy,
      check,
      profile,
      key,
      from: options.since && readMoment('--since', options.since, 'first'),
      until: options.until && readMoment('--until', options.until, 'first'),
    });
    const open = await control();
    const { env, query } = await realmOf(open, options);
    const items = await allPages(
      (page) =>
        replyOf(
          open.admin.GET('/api/admin/verifications', {
            params: { query: { ...query, ...filter, ...page } },
          }),
        ),
      options.limit,
    );
    const empty =
      Object.keys(filter).length > 0
        ? `There is no such verification in the ${env} world.`
        : `There are no verifications in the ${env} world yet.`;
    return { json: { items }, text: verificationTable(items, empty) };
  });
}
