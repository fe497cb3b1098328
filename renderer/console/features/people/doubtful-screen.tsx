import { IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { DataTable } from '../../../ui/tables/index.ts';
import { read, type Schemas, useWorld } from '../../data.ts';
import { ReadCommand, Refused } from '../../operations.ts';
import { usePictureColumns } from './person-columns.tsx';
import { peopleStrings } from './strings.ts';

export const Route = createLazyRoute('/people/doubtful')({ component: DoubtfulScreen });

/** People whose picture should be taken again. */
function DoubtfulScreen() {
  const t = useStrings(peopleStrings);
  const env = useWorld();
  const { data, error, refetch } = useQuery(read('/api/admin/subjects/doubtful', { env }));
  const why = ({ doubt }: Schemas['DoubtfulPerson']) => t(doubt);
  return (
    <Page title={t('doubtful')} lead={t('doubtfulLead')} parents={[{ label: t('title'), to: '/people' }]}>
      <DataTable
        label={t('doubtful')}
        columns={usePictureColumns(t('why'), why)}
        secondLine={why}
        rows={data?.items}
        rowId={({ id }) => id}
        tools={<ReadCommand path="/api/admin/subjects/doubtful" env={env} />}
        failed={error ? <Refused of={{ error, refetch }} /> : undefined}
        empty={{ icon: IconUsers, title: t('noneDoubtful') }}
      />
    </Page>
  );
}
