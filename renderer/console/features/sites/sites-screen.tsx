import { IconMapPin, IconPlus } from '@tabler/icons-react';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { ButtonLink } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, useColumns } from '../../../ui/tables/index.ts';
import { api, managers, type Schemas, useSession, whole } from '../../data.ts';
import { ConfirmOperation, QueryTable, useList } from '../../operations.ts';
import { sitesStrings } from './strings.ts';

export const Route = createLazyRoute('/sites')({ component: SitesScreen });

type Site = Schemas['Site'];

const listColumns: Columns<Site, typeof sitesStrings> = [
  { id: 'name', cell: ({ name }) => <b>{name}</b> },
  { id: 'network', csv: 'cidr', cell: ({ cidr }) => <code>{cidr}</code> },
  { id: 'country', cell: ({ country }) => country, priority: 2 },
  {
    id: 'position',
    csv: { latitude: 'latitude', longitude: 'longitude' },
    cell: ({ latitude, longitude }) => `${latitude}, ${longitude}`,
    number: true,
    priority: 3,
  },
  { id: 'timeZone', cell: ({ timeZone }) => timeZone, priority: 2 },
];

function SitesScreen() {
  const t = useStrings(sitesStrings);
  const { user } = useSession();
  const { find } = Route.useSearch();
  const columns = useColumns(listColumns, sitesStrings);
  const [leaving, setLeaving] = useState<Site>();
  const sites = useList(whole('/api/admin/sites'));
  const mayChange = managers.includes(user.role);
  const add = mayChange && (
    <ButtonLink to="/sites/new" kind="primary" icon={IconPlus}>
      {t('add')}
    </ButtonLink>
  );
  const isEmpty = sites.data?.items.length === 0;
  return (
    <Page title={t('title')} lead={t('lead')} actions={!isEmpty && add}>
      <QueryTable
        label={t('title')}
        query={sites}
        columns={columns}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
        secondLine={({ country, timeZone }) => `${country}, ${timeZone}`}
        names={({ id, name, cidr }) => [name, cidr, id]}
        values={{ find }}
        actions={
          mayChange
            ? (site) => [{ label: t('remove'), danger: true, onClick: () => setLeaving(site) }]
            : undefined
        }
        empty={{ icon: IconMapPin, title: t('emptyTitle'), action: add, text: t('emptyText') }}
      />
      {leaving && (
        <ConfirmOperation
          run={() => api.delete('/api/admin/sites/{id}', { id: leaving.id })}
          toast={t('removed')}
          refresh={['sites']}
          close={() => setLeaving(undefined)}
          title={t('removeTitle', { name: leaving.name })}
          confirmLabel={t('remove')}
          cancelLabel={t('keep')}
          danger
        >
          {t('removeText', { network: leaving.cidr })}
        </ConfirmOperation>
      )}
    </Page>
  );
}
