import { IconListCheck } from '@tabler/icons-react';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { Badge, ButtonLink, RelativeTime, Verdict } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, type Filter, useColumns } from '../../../ui/tables/index.ts';
import { Actor, list, PersonName, PersonSearch, type Schemas, useWorld } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { checkNames, reasonKey, reasonStrings, reasons } from '../../reasons/reason-strings.ts';
import { verificationStrings } from './strings.ts';
import { toQuery } from './to-query.ts';

export const Route = createLazyRoute('/verifications')({ component: VerificationsScreen });

type Row = Schemas['PastVerification'];

function VerificationsScreen() {
  const t = useStrings(verificationStrings);
  const env = useWorld();
  const { after, ...filters } = Route.useSearch();
  const query = useList(
    list('/api/admin/verifications', { ...toQuery(filters), env, cursor: after }),
    // A list of one person is a line of the audit log each time.
    { live: after === undefined && filters.person === undefined },
  );
  return (
    <Page title={t('title')} lead={t('lead')}>
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, verificationStrings)}
        query={query}
        rowId={({ id }) => id}
        after={after}
        secondLine={(row) => <SecondLine row={row} />}
        filters={useFilters()}
        values={filters}
        search={{ key: 'person', label: t('personHint'), Field: PersonSearch }}
        empty={{
          icon: IconListCheck,
          title: t('empty'),
          action: (
            <ButtonLink to="/keys" kind="primary">
              {t('emptyAction')}
            </ButtonLink>
          ),
          text: t('emptyLead'),
        }}
      />
    </Page>
  );
}

/** How it ended. A refusal of the whole verification has its own word: nothing was compared, or a check that must pass failed. */
export function Ended({ decision }: { decision: Row['decision'] }) {
  const t = useStrings(verificationStrings);
  if (decision === 'refused') return <Badge kind="bad">{t('refused')}</Badge>;
  return <Verdict decision={decision} />;
}

export function Why({ row }: { row: Pick<Row, 'reason' | 'decidedBy'> }) {
  const t = useStrings(reasonStrings);
  return <>{t(reasonKey(row.reason, row.decidedBy))}</>;
}

const SecondLine = ({ row }: { row: Row }) => (
  <>
    <Ended decision={row.decision} /> <Why row={row} />
  </>
);

const listColumns: Columns<Row, typeof verificationStrings> = [
  {
    id: 'at',
    csv: { id: 'id', at: 'time' },
    header: 'time',
    cell: ({ id, at }) => (
      <Link to="/verifications/$id" params={{ id }}>
        <RelativeTime at={at} />
      </Link>
    ),
  },
  { id: 'decision', header: 'result', priority: 2, cell: ({ decision }) => <Ended decision={decision} /> },
  {
    id: 'why',
    csv: 'reason',
    priority: 2,
    cell: (row, { t }) => (
      <>
        <Why row={row} />{' '}
        {row.alike !== undefined && <Badge kind="warn">{t('alike', { count: row.alike })}</Badge>}
      </>
    ),
  },
  {
    id: 'person',
    cell: ({ person }, { t }) =>
      person === undefined ? <span className="muted">{t('noPerson')}</span> : <PersonName id={person} />,
  },
  { id: 'kind', priority: 3, cell: ({ kind }) => kind },
  {
    id: 'profile',
    csv: 'profile.slug',
    priority: 3,
    cell: ({ profile }) =>
      profile.slug === undefined ? (
        <code>{profile.id}</code>
      ) : (
        <Link to="/profiles/$slug" params={{ slug: profile.slug }}>
          {profile.slug}
        </Link>
      ),
  },
  { id: 'by', priority: 3, cell: ({ by }) => <Actor actor={by} /> },
];

function useFilters(): readonly Filter[] {
  const t = useStrings(verificationStrings);
  const words = useStrings(reasonStrings);
  const checks = checkNames.map((value) => ({ value, label: words(value) }));
  return [
    {
      key: 'decision',
      label: t('decision'),
      kind: 'choice',
      options: [
        { value: 'unverified', label: t('unverified') },
        { value: 'verified', label: t('verified') },
        { value: 'not-verified', label: t('notVerified') },
        { value: 'refused', label: t('refused') },
      ],
    },
    {
      key: 'reason',
      label: t('reason'),
      kind: 'choice',
      options: reasons.map((value) => ({ value, label: words(value) })),
    },
    { key: 'decidedBy', label: t('decidedBy'), kind: 'choice', options: checks },
    { key: 'check', label: t('check'), kind: 'choice', options: checks },
    { key: 'from', label: t('from'), kind: 'day' },
    { key: 'until', label: t('until'), kind: 'day' },
    { key: 'profile', label: t('profile'), kind: 'text' },
    { key: 'key', label: t('key'), kind: 'text', hint: t('keyHint') },
  ];
}
