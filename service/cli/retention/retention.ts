import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { limitFlag } from '../limit-flag.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { count, facts, table } from '../terminal/terminal.ts';
import { addRetentionConfirm } from './confirm.ts';

type Terms = Schemas['RetentionTerms'];
type Preview = Schemas['SweepPreview'];
type Report = Schemas['Sweep']['report'];

/** Flag, name on the wire, description. */
const terms = [
  [
    'unused',
    'unusedDays',
    'days without enrollment or verification after which people are erased (at most 1095)',
  ],
  ['consent', 'consentDays', 'how long a consent without an end is valid'],
  ['verifications', 'verificationDays', 'verifications, alerts, and failures counted against an address'],
  [
    'deliveries',
    'deliveryDays',
    'events and the log of deliveries; what is still being delivered stays until it has ended',
  ],
  ['audit', 'auditDays', 'lines of the audit log; the longest of all organizations holds'],
] as const;

export function addRetention(program: Command, runner: CommandRunner): void {
  const retention = program
    .command('retention')
    .helpCommand(false)
    .description('retention terms, and the sweeps that erase expired data (run daily by the service)');
  addTerms(retention, runner);
  addSweep(retention, runner);
  addRetentionConfirm(retention, runner);
  addReports(retention, runner);
}

function addTerms(retention: Command, runner: CommandRunner): void {
  const show = retention
    .command('show')
    .description('the terms of an organization, in days')
    .option(...organizationFlag)
    .addHelpText('after', examples('retention show'));
  runner.run<{ org?: string }>(show, async ({ options, control }) => {
    const open = await control();
    const { id: organization } = await chooseOrganization(open, options.org);
    const reply = await replyOf(
      open.admin.GET('/api/admin/retention', { params: { query: { organization } } }),
    );
    return { json: reply, text: describeTerms(reply) };
  });

  const set = retention
    .command('set')
    .description('change terms; shorter ones take effect at the next sweep')
    .option(...organizationFlag);
  for (const [flag, , what] of terms) set.option(`--${flag} <days>`, `${what}; “default” for the default`);
  set.addHelpText(
    'after',
    examples('retention set --unused 365 --verifications 90', 'retention set --consent default'),
  );
  runner.run<{ org?: string } & Record<string, string | undefined>>(set, async ({ options, control }) => {
    const body = readTerms(options);
    const open = await control();
    const { id: organization } = await chooseOrganization(open, options.org);
    const reply = await replyOf(
      open.admin.PATCH('/api/admin/retention', { params: { query: { organization } }, body }),
    );
    return { json: reply, text: describeTerms(reply) };
  });
}

function addSweep(retention: Command, runner: CommandRunner): void {
  const sweep = retention
    .command('sweep')
    .description('erase and delete expired data now; people under a legal hold stay')
    .option('--dry-run', 'only print what would be done')
    .option('--confirm <count>', 'number of people it will erase, from --dry-run')
    .option(...organizationFlag)
    .addHelpText('after', examples('retention sweep --dry-run', 'retention sweep --confirm 212'));
  runner.run<{ org?: string; dryRun?: boolean; confirm?: string }>(sweep, async ({ options, control }) => {
    const confirm = options.confirm === undefined ? undefined : Number(options.confirm);
    if (confirm !== undefined && !(Number.isInteger(confirm) && confirm >= 0))
      throw new UsageError(`--confirm: "${options.confirm}" is not a number of people.`);
    const open = await control();
    const { id: organization } = await chooseOrganization(open, options.org);
    const params = { query: { organization } };
    if (options.dryRun) {
      const preview = await replyOf(open.admin.GET('/api/admin/retention/preview', { params }));
      return { json: preview, text: describePreview(preview) };
    }
    const swept = await replyOf(
      open.admin.POST('/api/admin/retention/sweeps', { params, body: defined({ confirm }) }),
    );
    return { json: swept, text: describeReport(swept.report) };
  });
}

function addReports(retention: Command, runner: CommandRunner): void {
  const reports = retention
    .command('reports')
    .description('what past sweeps did, newest first')
    .option(...limitFlag(20))
    .option(...organizationFlag)
    .addHelpText('after', examples('retention reports'));
  runner.run<{ org?: string; limit: number }>(reports, async ({ options, control }) => {
    const open = await control();
    const { id: organization } = await chooseOrganization(open, options.org);
    const items = await allPages(
      (page) =>
        replyOf(
          open.admin.GET('/api/admin/retention/sweeps', { params: { query: { organization, ...page } } }),
        ),
      options.limit,
    );
    const rows = items.map(({ startedAt, finishedAt, actor, report }) => [
      startedAt,
      finishedAt ?? 'not finished',
      actor,
      report.erased,
      report.held,
      report.rows.verifications,
      report.rows.events,
      report.auditLines,
      report.failed,
    ]);
    const header = ['started', 'finished', 'by', 'erased', 'held', 'verif.', 'events', 'audit', 'stopped by'];
    return { json: { items }, text: table(header, rows, 'No sweep has run yet.') };
  });
}

function readTerms(options: Record<string, string | undefined>): Schemas['RetentionChange'] {
  const change: Schemas['RetentionChange'] = {};
  for (const [flag, name] of terms) {
    const text = options[flag];
    if (text !== undefined) change[name] = text === 'default' ? null : readDays(flag, text);
  }
  if (Object.keys(change).length > 0) return change;
  const flags = terms.map(([flag]) => `--${flag}`).join(', ');
  throw new UsageError(`Nothing to set. Give one of ${flags}.`);
}

function readDays(flag: string, text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days > 0) return days;
  throw new UsageError(`--${flag}: "${text}" is not a number of days. Write 365, or default.`);
}

const describeTerms = ({ terms: holding, set }: Terms) =>
  table(
    ['term', 'days', '', 'what'],
    terms.map(([flag, name, what]) => [
      flag,
      holding[name] ?? 'no end',
      name in set ? 'set' : 'default',
      what.split(';')[0],
    ]),
    '',
  );

const reasons: Record<string, string> = {
  unused: 'not used for the whole term',
  'consent-over': 'consent has run out',
  'consent-withdrawn': 'consent withdrawn',
};

const dueFacts = ({ due }: Pick<Report, 'due'>) =>
  Object.entries(due).map(([reason, people]) => [reasons[reason] ?? reason, people] as const);

const rowFacts = ({ rows }: Pick<Report, 'rows'>, what: string) =>
  Object.entries(rows).map(
    ([counted, amount]) => [`${counted === 'claims' ? 'failure counts' : counted} ${what}`, amount] as const,
  );

function describePreview(preview: Preview): string {
  const all = Object.values(preview.due).reduce((sum, people) => sum + people, 0);
  return [
    `Of ${count(preview.people, 'person', 'people')} a sweep now would erase ${all}:`,
    facts([...dueFacts(preview), ['kept by a legal hold', preview.held], ...rowFacts(preview, 'to delete')]),
    ...(preview.asks === undefined ? [] : [`The daily sweep does not do this by itself. ${preview.asks}`]),
    `To do it: ${invocation} retention sweep --confirm ${all}`,
  ].join('\n');
}

const describeReport = (report: Report) =>
  facts([
    ['people erased', report.erased],
    ['of these pending', report.pending],
    ...dueFacts(report),
    ['kept by a legal hold', report.held],
    ...rowFacts(report, 'deleted'),
    ['audit lines deleted', report.auditLines],
  ]);
