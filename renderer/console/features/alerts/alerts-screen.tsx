import { IconBell } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { LinkButton } from '../../../ui/controls/link-button.tsx';
import { EmptyState, Note } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { TwoLines } from '../../../ui/tables/data-table.tsx';
import { type Filter, FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { QueryTable } from '../../query-table.tsx';
import { operators } from '../../screen-data.ts';
import { useSession, useWorld } from '../../session/session-query.ts';
import { useAddressFilters, useAddressPages } from '../../use-address.ts';
import { AlertDialog } from './alert-dialog.tsx';
import { alertStrings } from './strings.ts';

export const Route = createLazyRoute('/alerts')({ component: AlertsScreen });

type Alert = Schemas['Alert'];
const LIMIT = 50;

function AlertsScreen() {
  const t = useStrings(alertStrings);
  const { user } = useSession();
  const { state, alert, after } = Route.useSearch();
  const navigate = useNavigate();
  const show = (id: string | undefined) =>
    void navigate({ to: '.', search: (now) => ({ ...now, alert: id }) });
  const pages = useAddressPages(after);
  const query = useAlerts(state, after);
  const acknowledge = useAcknowledge();
  const mayAcknowledge = operators.includes(user.role);
  const { change } = useAddressFilters();
  const opened = query.data?.items.find(({ id }) => id === alert);
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        <>
          <ButtonLink to="/alerts/recipients">{t('recipients')}</ButtonLink>
          <ButtonLink to="/alerts/rules">{t('rules')}</ButtonLink>
        </>
      }
    >
      {acknowledge.error && <LoadFailed error={acknowledge.error} title={t('notAcknowledged')} />}
      {alert !== undefined && query.data && !opened && <Note title={t('olderAlert')}>{alert}</Note>}
      <QueryTable
        label={t('list')}
        columns={useColumns(show)}
        query={query}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
        paging={{ pages, limit: LIMIT }}
        secondLine={(one) => <State of={one} />}
        actions={(one) => [
          { label: t('show'), onClick: () => show(one.id) },
          mayAcknowledge &&
            one.acknowledged === undefined && {
              label: t('acknowledge'),
              onClick: () => acknowledge.mutate(one),
            },
        ]}
        filters={<FilterBar filters={useFilters()} values={{ state } as FilterValues} change={change} />}
        {...(state && { clearFilters: () => change({ state: undefined }) })}
        empty={
          <EmptyState
            icon={IconBell}
            title={t('empty')}
            action={
              <ButtonLink to="/alerts/rules" kind="primary">
                {t('seeRules')}
              </ButtonLink>
            }
          >
            {t('emptyText')}
          </EmptyState>
        }
      />
      {opened && (
        <AlertDialog
          alert={opened}
          close={() => show(undefined)}
          action={
            mayAcknowledge &&
            opened.acknowledged === undefined && (
              <Button kind="primary" busy={acknowledge.isPending} onClick={() => acknowledge.mutate(opened)}>
                {t('acknowledge')}
              </Button>
            )
          }
        />
      )}
    </Page>
  );
}

function useAlerts(state: 'open' | 'acknowledged' | undefined, after: string | undefined) {
  const env = useWorld();
  return useQuery({
    queryKey: ['alerts', env, state, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/alerts', {
          params: {
            query: {
              env,
              limit: LIMIT,
              cursor: after,
              ...(state && { open: state === 'open' ? ('true' as const) : ('false' as const) }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

function useAcknowledge() {
  const t = useStrings(alertStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Alert) =>
      replyOf(admin.POST('/api/admin/alerts/{id}/acknowledge', { params: { path: { id }, query: { env } } })),
    async onSuccess({ name }) {
      toast(t('acknowledgedToast'), { text: name });
      await queryClient.invalidateQueries({ queryKey: ['alerts'] });
    },
  });
}

function State({ of: { acknowledged } }: { of: Alert }) {
  const t = useStrings(alertStrings);
  return acknowledged ? (
    <Badge kind="outline">{t('acknowledged')}</Badge>
  ) : (
    <Badge kind="warn">{t('open')}</Badge>
  );
}

function useColumns(show: (id: string) => void): readonly Column<Alert>[] {
  const t = useStrings(alertStrings);
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('alert'),
        cell: ({ id, name, metric }) => (
          <TwoLines second={t(metric)}>
            <LinkButton onClick={() => show(id)}>{name}</LinkButton>
          </TwoLines>
        ),
      },
      { id: 'state', header: t('state'), priority: 2, cell: (one) => <State of={one} /> },
      {
        id: 'value',
        header: t('measured'),
        number: true,
        priority: 2,
        cell: ({ value, threshold }) =>
          t('of', { value: format.count(value), threshold: format.count(threshold) }),
      },
      { id: 'fired', header: t('fired'), priority: 2, cell: ({ firedAt }) => <RelativeTime at={firedAt} /> },
      {
        id: 'by',
        header: t('acknowledgedBy'),
        priority: 3,
        cell: ({ acknowledged }) => acknowledged?.by ?? <span className="muted">–</span>,
      },
    ],
    [t, format, show],
  );
}

function useFilters(): readonly Filter[] {
  const t = useStrings(alertStrings);
  return useMemo(
    () => [
      {
        key: 'state',
        label: t('state'),
        kind: 'choice',
        options: [
          { value: 'open', label: t('open') },
          { value: 'acknowledged', label: t('acknowledged') },
        ],
      },
    ],
    [t],
  );
}
