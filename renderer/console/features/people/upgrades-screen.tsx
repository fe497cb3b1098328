import { IconUsers } from '@tabler/icons-react';
import { createLazyRoute } from '@tanstack/react-router';
import { Page } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { list, type Schemas, useWorld } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { usePictureColumns } from './person-columns.tsx';
import { peopleStrings } from './strings.ts';

export const Route = createLazyRoute('/people/upgrades')({ component: UpgradesScreen });

/** People who are recognized by a superseded embedding model alone. */
function UpgradesScreen() {
  const t = useStrings(peopleStrings);
  const format = useFormat();
  const env = useWorld();
  const { after } = Route.useSearch();
  const query = useList(list('/api/admin/template-upgrades', { env, cursor: after, names: 'true' }));
  const { upgraded, provisional, waiting } = query.data ?? { upgraded: 0, provisional: 0, waiting: 0 };
  const left = provisional + waiting;
  const kept = ({ provisional }: Schemas['TemplateUpgrades']['items'][number]) =>
    provisional ? t('oneVisit') : t('noVisit');
  return (
    <Page
      title={t('upgradesTitle')}
      lead={t('upgradesLead')}
      parents={[{ label: t('title'), to: '/people' }]}
    >
      {left > 0 && (
        <p className="small muted">
          {t('upgradesCount', { upgraded: format.count(upgraded), all: format.count(upgraded + left) })}
        </p>
      )}
      <QueryTable
        label={t('upgradesTitle')}
        columns={usePictureColumns('provisional', t('state'), kept)}
        secondLine={kept}
        query={query}
        rowId={({ id }) => id}
        after={after}
        total={left}
        empty={{ icon: IconUsers, title: t('noUpgrades') }}
      />
    </Page>
  );
}
