import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { UsageError } from '../failure.ts';
import { type Flag, needed, readPeople, toggle, value } from '../flag.ts';
import { invocation } from '../invocation.ts';
import { call, list, noun, work } from '../operation-command.ts';
import { count, facts, table } from '../terminal/terminal.ts';

type Preview = Schemas['SweepPreview'];
type Report = Schemas['Sweep']['report'];
type Term = keyof Schemas['RetentionChange'];

/** Flag, name on the wire, description. */
const terms: readonly (readonly [string, Term, string])[] = [
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
];
const termFlags = Object.fromEntries(
  terms.map(([flag, name, what]) => [
    name,
    value(`--${flag} <days>`, `${what}; “default” for the default`, readDays),
  ]),
) as Record<Term, Flag<number | null>>;

export const retention = noun(
  'retention terms, and the sweeps that erase expired data (run daily by the service)',
  {
    show: call('GET /api/admin/retention', {
      on: 'org',
      about: 'the terms of an organization, in days',
      text: describeTerms,
      examples: ['retention show'],
    }),
    set: call('PATCH /api/admin/retention', {
      on: 'org',
      about: 'change terms; shorter ones take effect at the next sweep',
      fields: termFlags,
      ask(given) {
        if (Object.keys(given).length > 0) return {};
        throw new UsageError(`Nothing to set. Give one of ${terms.map(([flag]) => `--${flag}`).join(', ')}.`);
      },
      text: describeTerms,
      examples: ['retention set --unused 365 --verifications 90', 'retention set --consent default'],
    }),
    sweep: work({
      on: 'org',
      about: 'erase and delete expired data now; people under a legal hold stay',
      options: {
        dryRun: toggle('only print what would be done'),
        confirm: value('<count>', 'number of people it will erase, from --dry-run', readPeople),
      },
      examples: ['retention sweep --dry-run', 'retention sweep --confirm 212'],
      async run({ dryRun, confirm }, { realm }) {
        const { open, query } = await realm();
        const params = { query };
        if (dryRun) {
          const preview = await replyOf(open.admin.GET('/api/admin/retention/preview', { params }));
          return { json: preview, text: describePreview(preview) };
        }
        const swept = await replyOf(
          open.admin.POST('/api/admin/retention/sweeps', { params, body: defined({ confirm }) }),
        );
        return { json: swept, text: describeReport(swept.report) };
      },
    }),
    waiting: call('GET /api/admin/retention/waiting', {
      about: 'sweeps that need confirmation, each with its command',
      text: (reply) =>
        waitingLines(reply)
          .map(({ found, remedy }) => `${found}\n  ${remedy}`)
          .join('\n') || 'Nothing waits.',
      examples: ['retention waiting'],
    }),
    confirm: call('POST /api/admin/retention/clock', {
      summary: 'confirm that the clock of this machine is right',
      about:
        'Retention sweeps stop where the clock may be wrong: before the program was built, after a jump in either direction. ' +
        'This confirms that it is right, and they go on. A sweep that would erase many people is confirmed with its number: ' +
        'retention sweep --confirm.',
      fields: {
        today: needed(
          value('<date>', 'today’s date from your own watch, as 2026-11-20; compared with the clock'),
        ),
      },
      text: ({ now }) => `The clock (${now}) is confirmed. Retention sweeps continue.`,
      examples: ['retention confirm --today 2026-11-20'],
    }),
    reports: list('GET /api/admin/retention/sweeps', {
      on: 'org',
      about: 'what past sweeps did, newest first',
      limit: 20,
      rows: {
        started: 'startedAt',
        finished: ({ finishedAt }) => finishedAt ?? 'not finished',
        by: 'actor',
        erased: ({ report }) => report.erased,
        held: ({ report }) => report.held,
        'verif.': ({ report }) => report.rows.verifications,
        events: ({ report }) => report.rows.events,
        audit: ({ report }) => report.auditLines,
        'stopped by': ({ report }) => report.failed,
      },
      empty: 'No sweep has run yet.',
      examples: ['retention reports'],
    }),
  },
);

/** The command for each pending confirmation. */
export function waitingLines({
  clock,
  sweeps,
}: Schemas['RetentionWaiting']): { found: string; remedy: string }[] {
  const wrongClock = {
    found: `${clock} Nothing is swept.`,
    remedy: `Set the clock if it is wrong. When it is right: ${invocation} retention confirm --today YYYY-MM-DD   (from your own watch)`,
  };
  return [
    ...(clock === undefined ? [] : [wrongClock]),
    ...sweeps.map(({ organization, due, people, why }) => ({
      found: `The sweep of ${organization} would erase ${due} of ${people} people. ${why}`,
      remedy: `${invocation} retention sweep --dry-run --org ${organization}   then with --confirm ${due}`,
    })),
  ];
}

function readDays(flag: string, text: string): number | null {
  if (text === 'default') return null;
  const days = Number(text);
  if (Number.isInteger(days) && days > 0) return days;
  throw new UsageError(`${flag}: "${text}" is not a number of days. Write 365, or default.`);
}

function describeTerms({ terms: holding, set }: Schemas['RetentionTerms']): string {
  const rows = terms.map(([flag, name, what]) => [
    flag,
    holding[name] ?? 'no end',
    name in set ? 'set' : 'default',
    what.split(';')[0],
  ]);
  return table(['term', 'days', '', 'what'], rows, '');
}

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
