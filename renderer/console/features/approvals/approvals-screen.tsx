import { IconEyeCheck } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { approvalStates } from '../../../../sdk/admin/values.ts';
import { Badge } from '../../../ui/badges/badge.tsx';
import { Id } from '../../../ui/badges/id.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { TwoLines } from '../../../ui/tables/data-table.tsx';
import { type Filter, FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { QueryTable } from '../../query-table.tsx';
import { managers } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { useAddressFilters, useAddressPages } from '../../use-address.ts';
import { FourEyes } from './four-eyes.tsx';
import { approvalStrings } from './strings.ts';

export const Route = createLazyRoute('/approvals')({ component: ApprovalsScreen });

type Approval = Schemas['Approval'];
const LIMIT = 50;

function ApprovalsScreen() {
  const t = useStrings(approvalStrings);
  const { state, after } = Route.useSearch();
  const [confirming, setConfirming] = useState<Approval>();
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['approvals', state, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/approvals', {
          params: { query: { limit: LIMIT, cursor: after, state } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const decide = useDecide();
  const { change } = useAddressFilters();
  const actions = useActions(setConfirming, (approval) => decide.mutate({ approval, verb: 'decline' }));
  return (
    <Page title={t('title')} lead={t('lead')}>
      <FourEyes />
      {decide.error && !confirming && <LoadFailed error={decide.error} title={t('notDecided')} />}
      <QueryTable
        label={t('list')}
        columns={useColumns()}
        query={query}
        rowId={({ id }) => id}
        rowName={({ action }) => t(action)}
        paging={{ pages, limit: LIMIT }}
        secondLine={(approval) => <State approval={approval} />}
        actions={actions}
        filters={<FilterBar filters={useFilters()} values={{ state } as FilterValues} change={change} />}
        {...(state && { clearFilters: () => change({ state: undefined }) })}
        empty={
          <EmptyState icon={IconEyeCheck} title={t('empty')}>
            {t('emptyText')}
          </EmptyState>
        }
      />
      {confirming && (
        <Confirm
          approval={confirming}
          decide={decide}
          close={() => {
            setConfirming(undefined);
            decide.reset();
          }}
        />
      )}
    </Page>
  );
}

/** What the reader may do with a request: its maker takes it back or does it, another decides. */
function useActions(confirm: (approval: Approval) => void, decline: (approval: Approval) => void) {
  const t = useStrings(approvalStrings);
  const { user } = useSession();
  const navigate = useNavigate();
  const mayDecide = managers.includes(user.role);
  return (approval: Approval) => {
    const { state, requestedBy, person, env } = approval;
    const own = requestedBy.id === user.id;
    const pending = mayDecide && state === 'open';
    return [
      pending && !own && { label: t('confirm'), onClick: () => confirm(approval) },
      pending && {
        label: own ? t('takeBack') : t('decline'),
        danger: true,
        onClick: () => decline(approval),
      },
      person !== undefined && {
        label: t('doIt'),
        onClick: () =>
          void navigate({ to: '/people/$id', params: { id: person }, search: env === 'test' ? { env } : {} }),
      },
    ];
  };
}

function useDecide() {
  const t = useStrings(approvalStrings);
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ approval: { id }, verb }: { approval: Approval; verb: 'confirm' | 'decline' }) => {
      const params = { path: { id } };
      return verb === 'confirm'
        ? replyOf(admin.POST('/api/admin/approvals/{id}/confirm', { params }))
        : replyOf(admin.POST('/api/admin/approvals/{id}/decline', { params }));
    },
    onSuccess: (_, { verb }) => toast(t(verb === 'confirm' ? 'confirmedToast' : 'declinedToast')),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['approvals'] }),
  });
}

function Confirm({
  approval,
  decide,
  close,
}: {
  approval: Approval;
  decide: ReturnType<typeof useDecide>;
  close(): void;
}) {
  const t = useStrings(approvalStrings);
  const format = useFormat();
  const { action, requestedBy, expiresAt, person } = approval;
  return (
    <ConfirmDialog
      opened
      danger
      title={t('confirmTitle', { what: t(action) })}
      confirmLabel={t('confirm')}
      cancelLabel={t('keep')}
      busy={decide.isPending}
      failed={decide.error && <LoadFailed error={decide.error} title={t('notDecided')} />}
      onConfirm={() => decide.mutate({ approval, verb: 'confirm' }, { onSuccess: close })}
      onCancel={close}
    >
      <Stack>
        <p>
          {t('confirmText', {
            name: requestedBy.name ?? t('removed'),
            time: format.dateTime(expiresAt),
          })}
        </p>
        {person !== undefined && <Id id={person} full name={t('what')} />}
      </Stack>
    </ConfirmDialog>
  );
}

function State({ approval: { state } }: { approval: Approval }) {
  const t = useStrings(approvalStrings);
  const kinds = { open: 'warn', confirmed: 'ok', declined: 'bad', expired: 'outline' } as const;
  return <Badge kind={kinds[state]}>{t(state)}</Badge>;
}

function useColumns(): readonly Column<Approval>[] {
  const t = useStrings(approvalStrings);
  return useMemo(
    () => [
      {
        id: 'what',
        header: t('what'),
        cell: ({ action, env, person }) => (
          <TwoLines second={person ?? (env && t(env))}>
            <b>{t(action)}</b>
          </TwoLines>
        ),
      },
      { id: 'state', header: t('state'), priority: 2, cell: (approval) => <State approval={approval} /> },
      { id: 'by', header: t('by'), priority: 2, cell: ({ requestedBy }) => requestedBy.name ?? t('removed') },
      {
        id: 'decided',
        header: t('decided'),
        priority: 3,
        cell: ({ decidedBy }) => decidedBy && (decidedBy.name ?? t('removed')),
      },
      {
        id: 'at',
        header: t('at'),
        priority: 2,
        cell: ({ requestedAt }) => <RelativeTime at={requestedAt} />,
      },
      {
        id: 'ends',
        header: t('ends'),
        priority: 3,
        cell: ({ expiresAt }) => <RelativeTime at={expiresAt} />,
      },
    ],
    [t],
  );
}

function useFilters(): readonly Filter[] {
  const t = useStrings(approvalStrings);
  return useMemo(
    () => [
      {
        key: 'state',
        label: t('state'),
        kind: 'choice',
        options: approvalStates.map((value) => ({
          value,
          label: t(value),
        })),
      },
    ],
    [t],
  );
}
