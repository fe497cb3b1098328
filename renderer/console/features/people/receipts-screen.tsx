import { IconFileCertificate } from '@tabler/icons-react';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { Badge, ExactTime } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { shortenId, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, useColumns } from '../../../ui/tables/index.ts';
import { Actor, list, type Schemas } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { peopleStrings } from './strings.ts';

export const Route = createLazyRoute('/receipts')({ component: ReceiptsScreen });

type Receipt = Schemas['ErasureReceipt'];

/** Every erasure of the organization, in both worlds: without a name, found by the id of the erasure or of the person. */
function ReceiptsScreen() {
  const t = useStrings(peopleStrings);
  const { search, after } = Route.useSearch();
  const query = useList(list('/api/admin/erasures', { reference: search, cursor: after }));
  return (
    <Page title={t('receipts')} lead={t('receiptsLead')} parents={[{ label: t('title'), to: '/people' }]}>
      <QueryTable
        label={t('receipts')}
        columns={useColumns(listColumns, peopleStrings)}
        query={query}
        rowId={({ erasure }) => erasure}
        after={after}
        secondLine={(receipt) => <State receipt={receipt} />}
        values={{ search }}
        search={{ key: 'search', label: t('receiptSearch') }}
        empty={{ icon: IconFileCertificate, title: t('receiptsEmpty'), text: t('receiptsEmptyText') }}
      />
    </Page>
  );
}

function State({ receipt: { state, proof } }: { receipt: Receipt }) {
  const t = useStrings(peopleStrings);
  if (state !== 'done') return <Badge kind="warn">{t('receiptWaits')}</Badge>;
  return <Badge kind="ok">{t(proof ? 'receiptProven' : 'receiptErased')}</Badge>;
}

const listColumns: Columns<Receipt, typeof peopleStrings> = [
  {
    id: 'erasure',
    cell: ({ erasure }) => (
      <Link to="/receipts/$id" params={{ id: erasure }}>
        <code>{shortenId(erasure)}</code>
      </Link>
    ),
  },
  { id: 'subject', priority: 3, cell: ({ subject }) => <code>{shortenId(subject)}</code> },
  { id: 'state', header: 'receiptState', priority: 2, cell: (receipt) => <State receipt={receipt} /> },
  { id: 'world', priority: 3, cell: ({ world }, { t }) => t(world === 'live' ? 'live' : 'test') },
  {
    id: 'by',
    csv: { reason: 'reason', actor: 'by' },
    priority: 3,
    cell: ({ actor }) => <Actor actor={actor} />,
  },
  {
    id: 'requestedAt',
    csv: { requestedAt: 'requestedAt', completedAt: 'completedAt' },
    priority: 2,
    cell: ({ requestedAt }) => <ExactTime at={requestedAt} />,
  },
];
