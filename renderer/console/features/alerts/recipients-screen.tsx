import { TextInput } from '@mantine/core';
import { IconMailPlus } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { EmptyState, Note } from '../../../ui/feedback/note.tsx';
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
import { alertStrings } from './strings.ts';

export const Route = createLazyRoute('/alerts/recipients')({ component: RecipientsScreen });

type Recipient = Schemas['MailRecipient'];
const LIMIT = 50;

function RecipientsScreen() {
  const t = useStrings(alertStrings);
  const { user } = useSession();
  const { after } = Route.useSearch();
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Recipient>();
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['mail-recipients', after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/mail-recipients', {
          params: { query: { limit: LIMIT, cursor: after } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const test = useMutation({
    mutationFn: ({ address }: Recipient) =>
      replyOf(admin.POST('/api/admin/mail-recipients/test', { body: { address } })),
    onSuccess: ({ sent }, { address }) => sent && toast(t('testSent'), { text: address }),
  });
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
      {test.error && <LoadFailed error={test.error} title={t('testNotSent')} />}
      {test.data?.sent === false && (
        <Note kind="warn" title={t('testNotSent')}>
          {test.data.reason}
        </Note>
      )}
      <QueryTable
        label={t('recipients')}
        columns={useColumns()}
        query={query}
        rowId={({ address }) => address}
        rowName={({ address }) => address}
        paging={{ pages, limit: LIMIT }}
        secondLine={({ approvedAt }) => <RelativeTime at={approvedAt} />}
        actions={(recipient) =>
          mayChange
            ? [
                { label: t('sendTest'), onClick: () => test.mutate(recipient) },
                { label: t('withdraw'), danger: true, onClick: () => setLeaving(recipient) },
              ]
            : []
        }
        empty={
          <EmptyState icon={IconMailPlus} title={t('noRecipients')} action={add}>
            {t('noRecipientsText')}
          </EmptyState>
        }
      />
      {adding && <Approve close={() => setAdding(false)} />}
      {leaving && <Withdraw recipient={leaving} close={() => setLeaving(undefined)} />}
    </Page>
  );
}

function useColumns(): readonly Column<Recipient>[] {
  const t = useStrings(alertStrings);
  return useMemo(
    () => [
      { id: 'address', header: t('address'), cell: ({ address }) => <b>{address}</b> },
      {
        id: 'by',
        header: t('approvedBy'),
        priority: 2,
        cell: ({ approvedBy }) => approvedBy,
      },
      {
        id: 'at',
        header: t('approvedAt'),
        priority: 2,
        cell: ({ approvedAt }) => <RelativeTime at={approvedAt} />,
      },
    ],
    [t],
  );
}

function Approve({ close }: { close(): void }) {
  const t = useStrings(alertStrings);
  const queryClient = useQueryClient();
  const [address, setAddress] = useState('');
  const approve = useMutation({
    mutationFn: () =>
      replyOf(admin.POST('/api/admin/mail-recipients', { body: { address: address.trim() } })),
    async onSuccess() {
      toast(t('approvedToast'), { text: address.trim() });
      close();
      await queryClient.invalidateQueries({ queryKey: ['mail-recipients'] });
    },
  });
  return (
    <ConfirmDialog
      opened
      title={t('approveTitle')}
      confirmLabel={t('approve')}
      confirmDisabled={address.trim() === ''}
      busy={approve.isPending}
      failed={approve.error && <LoadFailed error={approve.error} title={t('notApproved')} />}
      onConfirm={() => approve.mutate()}
      onCancel={close}
    >
      <TextInput
        type="email"
        label={t('address')}
        description={t('addressHint')}
        value={address}
        onChange={({ target }) => setAddress(target.value)}
      />
    </ConfirmDialog>
  );
}

function Withdraw({ recipient: { address }, close }: { recipient: Recipient; close(): void }) {
  const t = useStrings(alertStrings);
  const queryClient = useQueryClient();
  const withdraw = useMutation({
    mutationFn: () => replyOf(admin.POST('/api/admin/mail-recipients/withdraw', { body: { address } })),
    async onSuccess() {
      toast(t('withdrawn'), { text: address });
      close();
      await queryClient.invalidateQueries({ queryKey: ['mail-recipients'] });
    },
  });
  return (
    <ConfirmDialog
      opened
      danger
      title={t('withdrawTitle', { address })}
      confirmLabel={t('withdraw')}
      cancelLabel={t('keepRecipient')}
      busy={withdraw.isPending}
      failed={withdraw.error && <LoadFailed error={withdraw.error} />}
      onConfirm={() => withdraw.mutate()}
      onCancel={close}
    >
      {t('withdrawText')}
    </ConfirmDialog>
  );
}
