import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { count, facts, table } from '../terminal/terminal.ts';
import { addRetentionConfirm } from './confirm.ts';

interface TermsReply {
  terms: Record<string, number>;
  set: Record<string, number>;
}

interface Report {
  due: Record<string, number>;
  held: number;
  erased: number;
  pending: number;
  verifications: number;
  events: number;
  /** Absent in reports of earlier releases. */
  deliveries?: number;
  alerts?: number;
  claims: number;
  auditLines: number;
  failed?: string;
}

interface SweepReply {
  id: string;
  startedAt: string;
  finishedAt?: string;
  actor: string;
  report: Report;
}

/** Flag, name on the wire, what it is. */
const terms = [
  ['unused', 'unusedDays', 'people neither enrolled nor verified for so long are erased (at most 1095)'],
  ['consent', 'consentDays', 'how long a consent lasts that names no end'],
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
    .description(
      'how long things are kept, and the sweeps that erase what has expired (daily by the service)',
    );

  runner.run<{ org?: string }>(
    retention
      .command('show')
      .description('the terms of an organization, in days')
      .option(...organizationFlag)
      .addHelpText('after', examples('retention show')),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await open.get<TermsReply>(`/organizations/${id}/retention`);
      return { json: reply, text: describeTerms(reply) };
    },
  );

  const set = retention
    .command('set')
    .description('change terms; shorter ones delete at the next sweep, not before')
    .option(...organizationFlag);
  for (const [flag, , what] of terms) set.option(`--${flag} <days>`, `${what}; “default” for the default`);
  runner.run<{ org?: string } & Record<string, string | undefined>>(
    set.addHelpText(
      'after',
      examples('retention set --unused 365 --verifications 90', 'retention set --consent default'),
    ),
    async ({ options, control }) => {
      const change = Object.fromEntries(
        terms.flatMap(([flag, name]) => {
          const text = options[flag];
          return text === undefined ? [] : [[name, text === 'default' ? null : readDays(flag, text)]];
        }),
      );
      if (Object.keys(change).length === 0) {
        const flags = terms.map(([flag]) => `--${flag}`).join(', ');
        throw new UsageError(`Nothing to set. Give one of ${flags}.`);
      }
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await open.send<TermsReply>('PATCH', `/organizations/${id}/retention`, change);
      return { json: reply, text: describeTerms(reply) };
    },
  );

  runner.run<{ org?: string; dryRun?: boolean; confirm?: string }>(
    retention
      .command('sweep')
      .description('erase and delete now what has expired; people under a legal hold stay')
      .option('--dry-run', 'only say what would be done')
      .option('--confirm <count>', 'how many people it will erase, as --dry-run tells')
      .option(...organizationFlag)
      .addHelpText('after', examples('retention sweep --dry-run', 'retention sweep --confirm 212')),
    async ({ options, control }) => {
      const confirm = options.confirm === undefined ? undefined : Number(options.confirm);
      if (confirm !== undefined && !(Number.isInteger(confirm) && confirm >= 0))
        throw new UsageError(`--confirm: "${options.confirm}" is no number of people.`);
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const path = `/organizations/${id}/retention/sweeps`;
      if (options.dryRun) {
        const preview = await open.send<Report & { people: number; asks?: string }>('POST', path, {
          dryRun: true,
        });
        return { json: preview, text: describePreview(preview) };
      }
      const sweep = await open.send<SweepReply>('POST', path, { confirm });
      return { json: sweep, text: describeReport(sweep.report) };
    },
  );

  addRetentionConfirm(retention, runner);

  runner.run<{ org?: string; limit: string }>(
    retention
      .command('reports')
      .description('what past sweeps did, newest first')
      .option('--limit <n>', 'at most so many', '20')
      .option(...organizationFlag)
      .addHelpText('after', examples('retention reports')),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await open.get<{ sweeps: SweepReply[] }>(`/organizations/${id}/retention/sweeps`, {
        limit: options.limit,
      });
      const rows = reply.sweeps.map(({ startedAt, finishedAt, actor, report }) => [
        startedAt,
        finishedAt ?? 'not finished',
        actor,
        report.erased,
        report.held,
        report.verifications,
        report.events,
        report.auditLines,
        report.failed,
      ]);
      const header = [
        'started',
        'finished',
        'by',
        'erased',
        'held',
        'verif.',
        'events',
        'audit',
        'stopped by',
      ];
      return { json: reply, text: table(header, rows, 'No sweep has run yet.') };
    },
  );
}

function readDays(flag: string, text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days > 0) return days;
  throw new UsageError(`--${flag}: "${text}" is no number of days. Write 365, or default.`);
}

const describeTerms = ({ terms: holding, set }: TermsReply) =>
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

const dueFacts = ({ due }: Report) =>
  Object.entries(due).map(([reason, people]) => [reasons[reason] ?? reason, people] as const);

function describePreview(preview: Report & { people: number; asks?: string }): string {
  const all = Object.values(preview.due).reduce((sum, people) => sum + people, 0);
  return [
    `Of ${count(preview.people, 'person', 'people')} a sweep now would erase ${all}:`,
    facts([
      ...dueFacts(preview),
      ['kept by a legal hold', preview.held],
      ['verifications to delete', preview.verifications],
      ['events to delete', preview.events],
      ['deliveries to delete', preview.deliveries ?? 0],
      ['alerts to delete', preview.alerts ?? 0],
      ['failure counts to delete', preview.claims],
    ]),
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
    ['verifications deleted', report.verifications],
    ['events deleted', report.events],
    ['deliveries deleted', report.deliveries ?? 0],
    ['alerts deleted', report.alerts ?? 0],
    ['failure counts deleted', report.claims],
    ['audit lines deleted', report.auditLines],
  ]);
