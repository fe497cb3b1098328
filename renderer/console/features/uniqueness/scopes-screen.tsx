import { IconFingerprint, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { Badge, ButtonLink, ExactTime } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, useColumns } from '../../../ui/tables/index.ts';
import { list, managers, organizationQuery, reviewers, useSession, useWorld } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import type { Scope } from './scope-values.ts';
import { scopeStrings } from './strings.ts';

export const Route = createLazyRoute('/uniqueness')({ component: ScopesScreen });

function ScopesScreen() {
  const t = useStrings(scopeStrings);
  const env = useWorld();
  const { user } = useSession();
  const { after } = Route.useSearch();
  const columns = useColumns(listColumns, scopeStrings);
  const query = useList(list('/api/admin/uniqueness/scopes', { env, cursor: after }));
  const create = managers.includes(user.role) && (
    <ButtonLink to="/uniqueness/new" kind="primary" icon={IconPlus}>
      {t('create')}
    </ButtonLink>
  );
  const isEmpty = query.data?.items.length === 0 && after === undefined;
  return (
    <Page
      title={t('title')}
      lead={
        <>
          {t('lead')} <Policy />
        </>
      }
      actions={
        <>
          {reviewers.includes(user.role) && (
            <ButtonLink to="/review" search={{ kind: 'uniqueness' }}>
              {t('openReviews')}
            </ButtonLink>
          )}
          {!isEmpty && create}
        </>
      }
    >
      <QueryTable
        label={t('list')}
        columns={columns}
        query={query}
        rowId={({ id }) => id}
        secondLine={(scope) => <SecondLine scope={scope} />}
        after={after}
        empty={{ icon: IconFingerprint, title: t('emptyTitle'), action: create, text: t('emptyText') }}
      />
    </Page>
  );
}

/** What holds for calls that name none; it is a setting of the organization. */
function Policy() {
  const t = useStrings(scopeStrings);
  const { data } = useQuery(organizationQuery);
  if (!data) return null;
  const words = { off: t('policyOff'), warn: t('policyWarn'), block: t('policyBlock') };
  return t.rich('policy', {
    b: (inside) => <b>{inside}</b>,
    policy: words[data.uniquenessPolicy],
    link: (inside) => <Link to="/settings">{inside}</Link>,
  });
}

export const useScopeName = () => {
  const t = useStrings(scopeStrings);
  return ({ name }: Pick<Scope, 'name'>) => (name === '' ? t('own') : name);
};

export function ScopeState({ scope: { state } }: { scope: Pick<Scope, 'state'> }) {
  const t = useStrings(scopeStrings);
  return <Badge kind={state === 'active' ? 'ok' : 'outline'}>{t(state)}</Badge>;
}

function SecondLine({ scope }: { scope: Scope }) {
  const t = useStrings(scopeStrings);
  return (
    <>
      <ScopeState scope={scope} /> {t('membersCount', { count: scope.members })}
      {scope.waiting > 0 && `, ${t('waiting', { count: scope.waiting })}`}
    </>
  );
}

const listColumns: Columns<Scope, typeof scopeStrings> = [
  {
    id: 'name',
    cell: ({ id, name }, { t }) => (
      <Link to="/uniqueness/$id" params={{ id }}>
        {name === '' ? t('own') : name}
      </Link>
    ),
  },
  { id: 'state', priority: 2, cell: (scope) => <ScopeState scope={scope} /> },
  { id: 'members', number: true, priority: 2, cell: ({ members }, { format }) => format.count(members) },
  {
    id: 'waiting',
    header: 'waitingLabel',
    number: true,
    priority: 3,
    cell: ({ waiting }, { format }) =>
      waiting === 0 ? <span className="muted">–</span> : format.count(waiting),
  },
  {
    id: 'rate',
    csv: 'falseFlagRate',
    header: 'falseFlags',
    number: true,
    cell: ({ falseFlagRate }, { format }) => format.rate(falseFlagRate),
  },
  {
    id: 'threshold',
    csv: 'thresholds.flagged',
    number: true,
    priority: 3,
    cell: ({ thresholds }, { format }) =>
      thresholds ? format.score(thresholds.flagged.threshold) : <span className="muted">–</span>,
  },
  { id: 'erasure', csv: 'onErasure', priority: 3, cell: ({ onErasure }, { t }) => t(onErasure) },
  { id: 'epoch', number: true, priority: 3, cell: ({ epoch }) => epoch },
  {
    id: 'ends',
    csv: 'endsAt',
    priority: 2,
    cell: ({ endsAt, endedAt }, { t }) => {
      const at = endedAt ?? endsAt;
      return at === undefined ? <span className="muted">{t('endsNever')}</span> : <ExactTime at={at} />;
    },
  },
];
