import { IconUsers } from '@tabler/icons-react';
import { createLazyRoute } from '@tanstack/react-router';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { read, type Schemas, useWorld } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { usePictureColumns } from './person-columns.tsx';
import { peopleStrings } from './strings.ts';

export const Route = createLazyRoute('/people/doubtful')({ component: DoubtfulScreen });

/** People whose picture should be taken again. */
function DoubtfulScreen() {
  const t = useStrings(peopleStrings);
  const env = useWorld();
  const why = ({ doubt }: Schemas['DoubtfulPerson']) => t(doubt);
  return (
    <Page title={t('doubtful')} lead={t('doubtfulLead')} parents={[{ label: t('title'), to: '/people' }]}>
      <QueryTable
        label={t('doubtful')}
        columns={usePictureColumns('doubt', t('why'), why)}
        secondLine={why}
        query={useList(read('/api/admin/subjects/doubtful', { env }))}
        shown={() => true}
        rowId={({ id }) => id}
        empty={{ icon: IconUsers, title: t('noneDoubtful') }}
      />
    </Page>
  );
}
