import { IconFingerprint, IconPlus } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { ExactTime } from '../../../ui/badges/relative-time.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { organizationQuery } from '../../organization-query.ts';
import { QueryTable } from '../../query-table.tsx';
import { managers, reviewers } from '../../screen-data.ts';
import { useSession, useWorld } from '../../session/session-query.ts';
import { useAddressPages } from '../../use-address.ts';
import type { Scope } from './scope-values.ts';
import { scopeStrings } from './strings.ts';

export const Route = createLazyRoute('/uniqueness')({ component: ScopesScreen });

const LIMIT = 50;

function ScopesScreen() {
  const t = useStrings(scopeStrings);
  const env = useWorld();
  const { user } = useSession();
  const { after } = Route.useSearch();
  const columns = useColumns();
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['scopes', env, 'page', after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/uniqueness/scopes', {
          params: { query: { env, limit: LIMIT, ...(after && { cursor: after }) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const create = managers.includes(user.role) && (
    <ButtonLink to="/uniqueness/new" kind="primary">
      <IconPlus size={18} stroke={1.75} aria-hidden="true" />
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
        paging={{ pages, limit: LIMIT }}
        empty={
          <EmptyState icon={IconFingerprint} title={t('emptyTitle')} action={create}>
            {t('emptyText')}
          </EmptyState>
        }
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

function useColumns(): readonly Column<Scope>[] {
  const t = useStrings(scopeStrings);
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('name'),
        cell: ({ id, name }) => (
          <Link to="/uniqueness/$id" params={{ id }}>
            {name === '' ? t('own') : name}
          </Link>
        ),
      },
      { id: 'state', header: t('state'), priority: 2, cell: (scope) => <ScopeState scope={scope} /> },
      {
        id: 'members',
        header: t('members'),
        number: true,
        priority: 2,
        cell: ({ members }) => format.count(members),
      },
      {
        id: 'waiting',
        header: t('waitingLabel'),
        number: true,
        priority: 3,
        cell: ({ waiting }) => (waiting === 0 ? <span className="muted">–</span> : format.count(waiting)),
      },
      {
        id: 'rate',
        header: t('falseFlags'),
        number: true,
        cell: ({ falseFlagRate }) => format.rate(falseFlagRate),
      },
      {
        id: 'threshold',
        header: t('threshold'),
        number: true,
        priority: 3,
        cell: ({ thresholds }) =>
          thresholds ? format.score(thresholds.flagged.threshold) : <span className="muted">–</span>,
      },
      { id: 'erasure', header: t('erasure'), priority: 3, cell: ({ onErasure }) => t(onErasure) },
      { id: 'epoch', header: t('epoch'), number: true, priority: 3, cell: ({ epoch }) => epoch },
      {
        id: 'ends',
        header: t('ends'),
        priority: 2,
        cell: ({ endsAt, endedAt }) => {
          const at = endedAt ?? endsAt;
          return at === undefined ? <span className="muted">{t('endsNever')}</span> : <ExactTime at={at} />;
        },
      },
    ],
    [t, format],
  );
}
