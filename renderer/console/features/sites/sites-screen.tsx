import { IconMapPin } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { QueryTable } from '../../query-table.tsx';
import { managers } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { useAddressPages } from '../../use-address.ts';
import { sitesStrings } from './strings.ts';

export const Route = createLazyRoute('/sites')({ component: SitesScreen });

type Site = Schemas['Site'];
const LIMIT = 50;

function useColumns(): Column<Site>[] {
  const t = useStrings(sitesStrings);
  return useMemo(
    () => [
      { id: 'name', header: t('name'), cell: ({ name }) => <b>{name}</b> },
      { id: 'network', header: t('network'), cell: ({ cidr }) => <code>{cidr}</code> },
      { id: 'country', header: t('country'), cell: ({ country }) => country, priority: 2 },
      {
        id: 'position',
        header: t('position'),
        cell: ({ latitude, longitude }) => `${latitude}, ${longitude}`,
        number: true,
        priority: 3,
      },
      { id: 'timeZone', header: t('timeZone'), cell: ({ timeZone }) => timeZone, priority: 2 },
    ],
    [t],
  );
}

function SitesScreen() {
  const t = useStrings(sitesStrings);
  const { user } = useSession();
  const { after } = Route.useSearch();
  const columns = useColumns();
  const [leaving, setLeaving] = useState<Site>();
  const pages = useAddressPages(after);
  const sites = useQuery({
    queryKey: ['sites', after],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/sites', { params: { query: { limit: LIMIT, cursor: after } }, signal })),
    placeholderData: keepPreviousData,
  });
  const mayChange = managers.includes(user.role);
  const add = mayChange && (
    <ButtonLink to="/sites/new" kind="primary">
      {t('add')}
    </ButtonLink>
  );
  const isEmpty = sites.data?.items.length === 0 && after === undefined;
  return (
    <Page title={t('title')} lead={t('lead')} actions={!isEmpty && add}>
      <QueryTable
        label={t('title')}
        query={sites}
        columns={columns}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
        secondLine={({ country, timeZone }) => `${country}, ${timeZone}`}
        paging={{ pages, limit: LIMIT }}
        actions={
          mayChange
            ? (site) => [{ label: t('remove'), danger: true, onClick: () => setLeaving(site) }]
            : undefined
        }
        empty={
          <EmptyState icon={IconMapPin} title={t('emptyTitle')} action={add}>
            {t('emptyText')}
          </EmptyState>
        }
      />
      <RemoveSite site={leaving} close={() => setLeaving(undefined)} />
    </Page>
  );
}

function RemoveSite({ site, close }: { site: Site | undefined; close(): void }) {
  const t = useStrings(sitesStrings);
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: (id: string) =>
      replyOf(admin.DELETE('/api/admin/sites/{id}', { params: { path: { id }, query: {} } })),
    async onSuccess() {
      toast(t('removed'));
      close();
      await queryClient.invalidateQueries({ queryKey: ['sites'] });
    },
  });
  return (
    <ConfirmDialog
      opened={site !== undefined}
      title={t('removeTitle', { name: site?.name ?? '' })}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      danger
      busy={remove.isPending}
      failed={remove.error && <LoadFailed error={remove.error} />}
      onConfirm={() => site && remove.mutate(site.id)}
      onCancel={close}
    >
      {t('removeText', { network: site?.cidr ?? '' })}
    </ConfirmDialog>
  );
}
