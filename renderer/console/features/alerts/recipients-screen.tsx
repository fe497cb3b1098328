import { TextInput } from '@mantine/core';
import { IconMailPlus } from '@tabler/icons-react';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, RelativeTime } from '../../../ui/controls/index.ts';
import { Note, Page, toast } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, useColumns } from '../../../ui/tables/index.ts';
import { Actor, api, list, managers, type Schemas, useSession } from '../../data.ts';
import { ConfirmOperation, QueryTable, Refused, useList, useOperation } from '../../operations.ts';
import { alertStrings } from './strings.ts';

export const Route = createLazyRoute('/alerts/recipients')({ component: RecipientsScreen });

type Recipient = Schemas['MailRecipient'];

function RecipientsScreen() {
  const t = useStrings(alertStrings);
  const { user } = useSession();
  const { after } = Route.useSearch();
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Recipient>();
  const query = useList(list('/api/admin/mail-recipients', { cursor: after }));
  const test = useOperation(
    ({ address }: Recipient) => api.post('/api/admin/mail-recipients/test', {}, { address }),
    { done: ({ sent }, { address }) => sent && toast(t('testSent'), { text: address }) },
  );
  const mayChange = managers.includes(user.role);
  const add = mayChange && (
    <Button kind="primary" onClick={() => setAdding(true)}>
      {t('approve')}
    </Button>
  );
  return (
    <Page
      title={t('recipients')}
      lead={t('recipientsLead')}
      parents={[{ label: t('title'), to: '/alerts' }]}
      actions={query.data?.items.length !== 0 && add}
    >
      <Refused of={test} title={t('testNotSent')} />
      {test.data?.sent === false && (
        <Note kind="warn" title={t('testNotSent')}>
          {test.data.reason}
        </Note>
      )}
      <QueryTable
        label={t('recipients')}
        columns={useColumns(listColumns, alertStrings)}
        query={query}
        rowId={({ address }) => address}
        rowName={({ address }) => address}
        after={after}
        secondLine={({ approvedAt }) => <RelativeTime at={approvedAt} />}
        actions={(recipient) =>
          mayChange
            ? [
                { label: t('sendTest'), onClick: () => test.mutate(recipient) },
                { label: t('withdraw'), danger: true, onClick: () => setLeaving(recipient) },
              ]
            : []
        }
        empty={{ icon: IconMailPlus, title: t('noRecipients'), action: add, text: t('noRecipientsText') }}
      />
      {adding && <Approve close={() => setAdding(false)} />}
      {leaving && <Withdraw recipient={leaving} close={() => setLeaving(undefined)} />}
    </Page>
  );
}

const listColumns: Columns<Recipient, typeof alertStrings> = [
  { id: 'address', cell: ({ address }) => <b>{address}</b> },
  {
    id: 'by',
    csv: 'approvedBy',
    header: 'approvedBy',
    priority: 2,
    cell: ({ approvedBy }) => <Actor actor={approvedBy} />,
  },
  {
    id: 'at',
    csv: 'approvedAt',
    header: 'approvedAt',
    priority: 2,
    cell: ({ approvedAt }) => <RelativeTime at={approvedAt} />,
  },
];

function Approve({ close }: { close(): void }) {
  const t = useStrings(alertStrings);
  const [address, setAddress] = useState('');
  return (
    <ConfirmOperation
      run={() => api.post('/api/admin/mail-recipients', {}, { address: address.trim() })}
      toast={[t('approvedToast'), address.trim()]}
      refresh={['mail-recipients']}
      title={t('approveTitle')}
      confirmLabel={t('approve')}
      confirmDisabled={address.trim() === ''}
      refusal={t('notApproved')}
      close={close}
    >
      <TextInput
        type="email"
        label={t('address')}
        description={t('addressHint')}
        value={address}
        onChange={({ target }) => setAddress(target.value)}
      />
    </ConfirmOperation>
  );
}

function Withdraw({ recipient: { address }, close }: { recipient: Recipient; close(): void }) {
  const t = useStrings(alertStrings);
  return (
    <ConfirmOperation
      run={() => api.post('/api/admin/mail-recipients/withdraw', {}, { address })}
      toast={[t('withdrawn'), address]}
      refresh={['mail-recipients']}
      danger
      title={t('withdrawTitle', { address })}
      confirmLabel={t('withdraw')}
      cancelLabel={t('keepRecipient')}
      close={close}
    >
      {t('withdrawText')}
    </ConfirmOperation>
  );
}
