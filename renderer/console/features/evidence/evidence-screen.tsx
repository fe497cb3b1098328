import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { Day, Maturity } from '../../../ui/controls/index.ts';
import { Note, Page, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, DataTable, TwoLines, useColumns } from '../../../ui/tables/index.ts';
import { admin, replyOf, saveFile } from '../../data.ts';
import { Refused, RunButton, useOperation, WholeListTools } from '../../operations.ts';
import { evidenceQuery, type PublishedFigure } from './evidence-query.ts';
import { useFigureWords, Verdict } from './figure-parts.tsx';
import { evidenceStrings } from './strings.ts';

export const Route = createLazyRoute('/evidence')({ component: EvidenceScreen });

function EvidenceScreen() {
  const t = useStrings(evidenceStrings);
  const { data, error, refetch } = useQuery(evidenceQuery);
  const name = `gatehouse-evidence-${data?.version ?? ''}-${data?.id ?? ''}.pdf`;
  const report = useOperation(
    () =>
      replyOf(admin.GET('/api/admin/evidence', { params: { query: { format: 'pdf' } }, parseAs: 'blob' })),
    {
      toast: [t('saved'), name],
      done: (file) => saveFile(name, file as unknown as Blob, 'application/pdf'),
    },
  );
  return (
    <Page
      title={t('title')}
      lead={data ? t('leadOf', { version: data.version, id: data.id }) : t('lead')}
      actions={
        <RunButton of={report} kind="primary">
          {t('report')}
        </RunButton>
      }
    >
      <Stack gap={24}>
        <Refused of={{ error, refetch }} />
        <Refused of={report} title={t('notPrinted')} />
        <Figures claims={data?.claims} />
        <Note title={t('notYoursTitle')}>{t('notYours')}</Note>
      </Stack>
    </Page>
  );
}

const figureColumns: Columns<PublishedFigure, typeof evidenceStrings> = [
  {
    id: 'title',
    header: 'figure',
    cell: ({ id, title, claim }) => (
      <TwoLines second={claim}>
        <Link to="/evidence/$id" params={{ id }}>
          {title}
        </Link>
      </TwoLines>
    ),
  },
  { id: 'verdict', header: 'goal', cell: ({ verdict }) => <Verdict of={verdict} /> },
  { id: 'maturity', priority: 2, cell: ({ maturity }) => <Maturity level={maturity} /> },
  { id: 'measured', priority: 3, cell: ({ measured }) => <Day at={`${measured}Z`} /> },
];

function Figures({ claims }: { claims: readonly PublishedFigure[] | undefined }) {
  const t = useStrings(evidenceStrings);
  const wordsOf = useFigureWords();
  const rows = claims?.map(wordsOf);
  const columns = useColumns(figureColumns, evidenceStrings);
  return (
    <DataTable
      label={t('title')}
      columns={columns}
      rows={rows}
      tools={
        <WholeListTools
          name="evidence"
          path="/api/admin/evidence"
          parameters={{ format: 'json' }}
          rows={rows}
          columns={columns}
        />
      }
      rowId={({ id }) => id}
      secondLine={({ maturity }) => t(maturity)}
    />
  );
}
