import { IconPlus, IconSend } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { TwoLines } from '../../../ui/tables/data-table.tsx';
import { type Filter, FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { Actor } from '../../actor.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { QueryTable } from '../../query-table.tsx';
import { managers } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { useAddressFilters, useAddressPages } from '../../use-address.ts';
import { AllowDestination } from './allow-destination.tsx';
import { partsOf } from './covers.ts';
import { RevokeDestination } from './revoke-destination.tsx';
import { destinationStrings } from './strings.ts';

export const Route = createLazyRoute('/destinations')({ component: DestinationsScreen });

type Grant = Schemas['Grant'];
const LIMIT = 50;

function DestinationsScreen() {
  const t = useStrings(destinationStrings);
  const { user } = useSession();
  const { state, after } = Route.useSearch();
  const [allowing, setAllowing] = useState(false);
  const [revoking, setRevoking] = useState<Grant>();
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['grants', state, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/grants', {
          params: {
            query: {
              limit: LIMIT,
              cursor: after,
              ...(state !== 'all' && {
                revoked: state === 'revoked' ? ('true' as const) : ('false' as const),
              }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const mayChange = managers.includes(user.role);
  const { change } = useAddressFilters();
  const allow = mayChange && (
    <Button kind="primary" onClick={() => setAllowing(true)}>
      <IconPlus size={18} stroke={1.75} aria-hidden="true" />
      {t('allow')}
    </Button>
  );
  const isEmpty = query.data?.items.length === 0 && state === undefined;
  const filters = <FilterBar filters={useFilters()} values={{ state } as FilterValues} change={change} />;
  return (
    <Page title={t('title')} lead={t('lead')} actions={!isEmpty && allow}>
      <QueryTable
        label={t('list')}
        columns={useColumns()}
        query={query}
        rowId={({ id }) => id}
        rowName={({ to }) => to}
        paging={{ pages, limit: LIMIT }}
        secondLine={(grant) => (
          <>
            <State grant={grant} /> <Opens grant={grant} />
          </>
        )}
        filters={filters}
        {...(state && { clearFilters: () => change({ state: undefined }) })}
        actions={(grant) => [
          mayChange &&
            grant.revoked === undefined && {
              label: t('revoke'),
              danger: true,
              onClick: () => setRevoking(grant),
            },
        ]}
        empty={
          <EmptyState icon={IconSend} title={t('empty')} action={allow}>
            {t('emptyLead')}{' '}
            <Link to="/destinations" search={{ state: 'revoked' }}>
              {t('showRevoked')}
            </Link>
          </EmptyState>
        }
      />
      {allowing && <AllowDestination close={() => setAllowing(false)} />}
      {revoking && <RevokeDestination grant={revoking} close={() => setRevoking(undefined)} />}
    </Page>
  );
}

function State({ grant: { revoked } }: { grant: Grant }) {
  const t = useStrings(destinationStrings);
  return revoked ? <Badge kind="outline">{t('revoked')}</Badge> : <Badge kind="ok">{t('holds')}</Badge>;
}

/** What an entry opens, in words. */
function Opens({ grant: { to, kind, reach } }: { grant: Pick<Grant, 'to' | 'kind' | 'reach'> }) {
  const t = useStrings(destinationStrings);
  if (kind === 'preset') return t('openPublic');
  if (kind === 'cidr') return to.includes('/') ? t('openNetwork') : t('openAddress');
  const parts = partsOf(to);
  const name = parts?.below ? t('openBelow', { name: parts.name }) : t('openName');
  const what = reach === 'public' ? t('openAtPublic', { what: name }) : name;
  return parts?.port === undefined ? what : t('atPort', { what, port: parts.port });
}

function useColumns(): readonly Column<Grant>[] {
  const t = useStrings(destinationStrings);
  return useMemo(
    () => [
      {
        id: 'to',
        header: t('destination'),
        cell: ({ to, note }) => (
          <TwoLines second={note || undefined}>
            <code style={{ overflowWrap: 'anywhere' }}>{to}</code>
          </TwoLines>
        ),
      },
      { id: 'state', header: t('state'), priority: 2, cell: (grant) => <State grant={grant} /> },
      { id: 'opens', header: t('opens'), priority: 3, cell: (grant) => <Opens grant={grant} /> },
      {
        id: 'by',
        header: t('grantedBy'),
        priority: 2,
        cell: ({ createdBy }) => <Actor actor={createdBy} />,
      },
      {
        id: 'at',
        header: t('granted'),
        priority: 2,
        cell: ({ createdAt, revoked }) =>
          revoked === undefined ? (
            <RelativeTime at={createdAt} />
          ) : (
            <TwoLines
              second={
                <>
                  {t.rich('revokedBy', { by: <Actor key="by" actor={revoked.by} /> })},{' '}
                  <RelativeTime at={revoked.at} />
                </>
              }
            >
              <RelativeTime at={createdAt} />
            </TwoLines>
          ),
      },
    ],
    [t],
  );
}

function useFilters(): readonly Filter[] {
  const t = useStrings(destinationStrings);
  return useMemo(
    () => [
      {
        key: 'state',
        label: t('state'),
        kind: 'choice',
        options: [
          { value: 'revoked', label: t('revoked') },
          { value: 'all', label: t('all') },
        ],
      },
    ],
    [t],
  );
}
