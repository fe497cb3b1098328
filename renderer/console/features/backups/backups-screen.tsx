import { IconDatabaseExport } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { EmptyState, Note } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { TwoLines } from '../../../ui/tables/data-table.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { QueryTable } from '../../query-table.tsx';
import { useAddressPages } from '../../use-address.ts';
import { BackupNow } from './backup-now.tsx';
import { Drills, useDrill } from './drills.tsx';
import { Plans, plansQuery } from './plans.tsx';
import { backupStrings } from './strings.ts';

export const Route = createLazyRoute('/backups')({ component: BackupsScreen });

type Backup = Schemas['Backup'];
const LIMIT = 50;

function BackupsScreen() {
  const t = useStrings(backupStrings);
  const { after } = Route.useSearch();
  const [asking, setAsking] = useState(false);
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['backups', after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/backups', { params: { query: { limit: LIMIT, cursor: after } }, signal }),
      ),
    placeholderData: keepPreviousData,
  });
  const { data: plans } = useQuery(plansQuery);
  const drill = useDrill();
  const warnings = plans?.warnings ?? [];
  const now = (
    <Button kind="primary" onClick={() => setAsking(true)}>
      {t('now')}
    </Button>
  );
  return (
    <Page title={t('title')} lead={t('lead')} actions={query.data?.items.length !== 0 && now}>
      {warnings.length > 0 && (
        <Note kind="warn" title={t('warnings')}>
          {warnings.map((warning) => (
            <p key={warning}>{warning}</p>
          ))}
        </Note>
      )}
      <Plans />
      <Drills error={drill.error} />
      <QueryTable
        label={t('list')}
        columns={useColumns()}
        query={query}
        rowId={({ id }) => id}
        rowName={({ path }) => path}
        actions={({ id, file }) => [file === 'there' && { label: t('try'), onClick: () => drill.mutate(id) }]}
        paging={{ pages, limit: LIMIT }}
        secondLine={(backup) => <State backup={backup} />}
        empty={
          <EmptyState icon={IconDatabaseExport} title={t('empty')} action={now}>
            {t('emptyText')}
          </EmptyState>
        }
      />
      {asking && <BackupNow folder={plans?.items[0]?.folder ?? ''} close={() => setAsking(false)} />}
    </Page>
  );
}

function State({ backup: { outcome, file } }: { backup: Backup }) {
  const t = useStrings(backupStrings);
  switch (outcome) {
    case 'running':
      return <Badge kind="info">{t('running')}</Badge>;
    case 'failed':
      return <Badge kind="bad">{t('failed')}</Badge>;
    case 'unproven':
      return <Badge kind="warn">{t('unproven')}</Badge>;
    case 'done':
      if (file === 'removed') return <Badge kind="outline">{t('removed')}</Badge>;
      return file === 'away' ? (
        <Badge kind="warn">{t('away')}</Badge>
      ) : (
        <Badge kind="ok">{t('proven')}</Badge>
      );
    default:
      return outcome satisfies never;
  }
}

function useColumns(): readonly Column<Backup>[] {
  const t = useStrings(backupStrings);
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'file',
        header: t('file'),
        cell: ({ path, reason }) => (
          <TwoLines second={reason}>
            <code style={{ overflowWrap: 'anywhere' }}>{path}</code>
          </TwoLines>
        ),
      },
      { id: 'state', header: t('state'), priority: 2, cell: (backup) => <State backup={backup} /> },
      {
        id: 'bytes',
        header: t('size'),
        number: true,
        priority: 2,
        cell: ({ bytes }) => bytes !== undefined && format.bytes(bytes),
      },
      {
        id: 'started',
        header: t('started'),
        priority: 2,
        cell: ({ startedAt, futureDated }) => (
          <TwoLines second={futureDated ? t('futureDated') : undefined}>
            <RelativeTime at={startedAt} />
          </TwoLines>
        ),
      },
      {
        id: 'proven',
        header: t('provenAt'),
        priority: 3,
        cell: ({ verifiedAt }) => verifiedAt !== undefined && <RelativeTime at={verifiedAt} />,
      },
      { id: 'origin', header: t('by'), priority: 3, cell: ({ origin }) => t(origin) },
    ],
    [t, format],
  );
}
