import { IconDeviceMobile } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Badge, type BadgeKind } from '../../../ui/badges/badge.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { type Filter, FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { QueryTable } from '../../query-table.tsx';
import { readers } from '../../screen-data.ts';
import { useSession, useWorld } from '../../session/session-query.ts';
import { useAddressFilters, useAddressPages } from '../../use-address.ts';
import { decisions, flows, states } from './search.ts';
import { reasonKey, sessionStrings } from './strings.ts';

export const Route = createLazyRoute('/sessions')({ component: SessionsScreen });

type Session = Schemas['LiveSession'];
const LIMIT = 50;

function SessionsScreen() {
  const t = useStrings(sessionStrings);
  const env = useWorld();
  const { user } = useSession();
  const { after, ...filters } = Route.useSearch();
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['live-sessions', env, filters, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/sessions', {
          params: { query: { env, limit: LIMIT, ...filters, ...(after && { cursor: after }) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const { change, clear } = useAddressFilters();
  const { flow, state, decision, inReview } = filters;
  return (
    <Page title={t('title')} lead={t('lead')}>
      <QueryTable
        label={t('list')}
        columns={useColumns()}
        query={query}
        rowId={({ id }) => id}
        paging={{ pages, limit: LIMIT }}
        secondLine={(session) => <SecondLine session={session} />}
        filters={<FilterBar filters={useFilters()} values={filters as FilterValues} change={change} />}
        {...((flow ?? state ?? decision ?? inReview) && {
          clearFilters: clear,
        })}
        empty={
          <EmptyState
            icon={IconDeviceMobile}
            title={t('empty')}
            action={
              readers.includes(user.role) && (
                <ButtonLink to="/flows" kind="primary">
                  {t('emptyAction')}
                </ButtonLink>
              )
            }
          >
            {t('emptyText')}
          </EmptyState>
        }
      />
    </Page>
  );
}

const kinds = {
  approved: 'ok',
  rejected: 'bad',
  duplicate: 'warn',
  expired: 'outline',
  cancelled: 'outline',
} as const satisfies Record<NonNullable<Session['decision']>, BadgeKind>;

/** The decision, or where the session is. */
export function Outcome({
  session: { decision, state, inReview },
}: {
  session: Pick<Session, 'decision' | 'state' | 'inReview'>;
}) {
  const t = useStrings(sessionStrings);
  if (decision !== undefined) return <Badge kind={kinds[decision]}>{t(decision)}</Badge>;
  if (inReview) return <Badge kind="warn">{t('inReview')}</Badge>;
  return <Badge kind={state === 'created' ? 'outline' : 'info'}>{t(state)}</Badge>;
}

export function Reasons({ codes }: { codes: readonly string[] }) {
  const t = useStrings(sessionStrings);
  const texts = codes.map((code) => {
    const key = reasonKey(code);
    return key === undefined ? code : t(key);
  });
  return <>{texts.join('. ')}</>;
}

const SecondLine = ({ session }: { session: Session }) => (
  <>
    <Outcome session={session} /> <Reasons codes={session.reasons} />
    <span style={{ display: 'block' }}>
      <Kind flow={session.flow} />
    </span>
  </>
);

function Kind({ flow }: Pick<Session, 'flow'>) {
  const t = useStrings(sessionStrings);
  return <>{t(flow)}</>;
}

function useColumns(): readonly Column<Session>[] {
  const t = useStrings(sessionStrings);
  return useMemo(
    () => [
      {
        id: 'at',
        header: t('started'),
        cell: ({ id, createdAt }) => (
          <Link to="/sessions/$id" params={{ id }}>
            <RelativeTime at={createdAt} />
          </Link>
        ),
      },
      {
        id: 'result',
        header: t('result'),
        priority: 2,
        cell: (session) => <Outcome session={session} />,
      },
      { id: 'why', header: t('why'), priority: 2, cell: ({ reasons }) => <Reasons codes={reasons} /> },
      { id: 'flow', header: t('flow'), priority: 2, cell: ({ flow }) => t(flow) },
      {
        id: 'attempts',
        header: t('attempts'),
        cell: ({ attempts }) => t('attemptsOf', { count: attempts }),
      },
      {
        id: 'risk',
        header: t('risk'),
        priority: 3,
        cell: ({ risk }) => (risk === undefined ? <span className="muted">–</span> : t(risk.level)),
      },
      { id: 'profile', header: t('profile'), priority: 3, cell: ({ profile }) => profile },
    ],
    [t],
  );
}

function useFilters(): readonly Filter[] {
  const t = useStrings(sessionStrings);
  return useMemo(
    () => [
      {
        key: 'decision',
        label: t('decision'),
        kind: 'choice',
        options: decisions.map((value) => ({ value, label: t(value) })),
      },
      {
        key: 'flow',
        label: t('flow'),
        kind: 'choice',
        options: flows.map((value) => ({ value, label: t(value) })),
      },
      {
        key: 'state',
        label: t('state'),
        kind: 'choice',
        options: states.map((value) => ({ value, label: t(value) })),
      },
      {
        key: 'inReview',
        label: t('inReview'),
        kind: 'choice',
        options: [{ value: 'true', label: t('onlyInReview') }],
      },
    ],
    [t],
  );
}
