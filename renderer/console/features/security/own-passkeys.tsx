import { TextInput } from '@mantine/core';
import { IconFingerprint, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Card } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { DataTable } from '../../../ui/tables/data-table.tsx';
import { auth, type Passkey } from '../../api/auth.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { PasskeyObstacle } from '../../session/passkey-obstacle.tsx';
import { passkeyObstacle } from '../../session/passkeys.ts';
import { sessionQuery } from '../../session/session-query.ts';
import styles from './security.module.css';
import { securityStrings } from './strings.ts';

export function OwnPasskeys() {
  const t = useStrings(securityStrings);
  const [leaving, setLeaving] = useState<Passkey>();
  const [renaming, setRenaming] = useState<Passkey>();
  const { data, error, refetch } = useQuery({ queryKey: ['own-passkeys'], queryFn: () => auth.passkeys() });
  const obstacle = passkeyObstacle();
  const add = obstacle === undefined && (
    <ButtonLink to="/add-passkey" search={{ to: '/security' }} kind="primary">
      <IconPlus size={18} stroke={1.75} aria-hidden="true" />
      {t('addPasskey')}
    </ButtonLink>
  );
  return (
    <Card title={t('passkeys')} actions={data?.length !== 0 && add} flush>
      {obstacle && <PasskeyObstacle obstacle={obstacle} />}
      <div className={styles.flush}>
        <DataTable
          label={t('passkeys')}
          columns={useColumns()}
          rows={data}
          rowId={({ credentialId }) => credentialId}
          rowName={({ name }) => name}
          secondLine={({ lastUsedAt }) => <LastUse at={lastUsedAt} />}
          failed={error ? <LoadFailed error={error} retry={() => void refetch()} /> : undefined}
          actions={(passkey) => [
            { label: t('renamePasskey'), onClick: () => setRenaming(passkey) },
            { label: t('removePasskey'), danger: true, onClick: () => setLeaving(passkey) },
          ]}
          empty={
            <EmptyState icon={IconFingerprint} title={t('noPasskey')} action={add}>
              {t('noPasskeyText')}
            </EmptyState>
          }
        />
      </div>
      {renaming && <Rename passkey={renaming} close={() => setRenaming(undefined)} />}
      {leaving && <Remove passkey={leaving} close={() => setLeaving(undefined)} />}
    </Card>
  );
}

function LastUse({ at }: { at: string | undefined }) {
  const t = useStrings(securityStrings);
  return at === undefined ? (
    <span className="muted">{t('neverUsed')}</span>
  ) : (
    t.rich('usedAt', { time: <RelativeTime at={at} /> })
  );
}

function useColumns(): readonly Column<Passkey>[] {
  const t = useStrings(securityStrings);
  return useMemo(
    () => [
      { id: 'name', header: t('passkey'), cell: ({ name }) => <b>{name}</b> },
      {
        id: 'added',
        header: t('added'),
        priority: 2,
        cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
      },
      {
        id: 'used',
        header: t('lastUsed'),
        priority: 2,
        cell: ({ lastUsedAt }) =>
          lastUsedAt === undefined ? (
            <span className="muted">{t('never')}</span>
          ) : (
            <RelativeTime at={lastUsedAt} />
          ),
      },
    ],
    [t],
  );
}

function Rename({ passkey, close }: { passkey: Passkey; close(): void }) {
  const t = useStrings(securityStrings);
  const queryClient = useQueryClient();
  const [name, setName] = useState(passkey.name);
  const rename = useMutation({
    mutationFn: () => auth.renamePasskey(passkey.credentialId, name.trim()),
    async onSuccess() {
      toast(t('passkeyRenamed'), { text: name.trim() });
      close();
      await queryClient.invalidateQueries({ queryKey: ['own-passkeys'] });
    },
  });
  return (
    <ConfirmDialog
      opened
      title={t('renamePasskeyTitle', { name: passkey.name })}
      confirmLabel={t('renamePasskey')}
      confirmDisabled={name.trim() === ''}
      busy={rename.isPending}
      failed={rename.error && <LoadFailed error={rename.error} title={t('notRenamed')} />}
      onConfirm={() => rename.mutate()}
      onCancel={close}
    >
      <TextInput
        label={t('passkeyName')}
        maxLength={64}
        value={name}
        onChange={({ target }) => setName(target.value)}
      />
    </ConfirmDialog>
  );
}

function Remove({ passkey, close }: { passkey: Passkey; close(): void }) {
  const t = useStrings(securityStrings);
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => auth.removePasskey(passkey.credentialId),
    async onSuccess() {
      toast(t('passkeyRemoved'), { text: passkey.name });
      close();
      await queryClient.invalidateQueries({ queryKey: ['own-passkeys'] });
      await queryClient.invalidateQueries(sessionQuery);
    },
  });
  return (
    <ConfirmDialog
      opened
      danger
      title={t('removePasskeyTitle', { name: passkey.name })}
      confirmLabel={t('removePasskey')}
      cancelLabel={t('keepPasskey')}
      busy={remove.isPending}
      failed={remove.error && <LoadFailed error={remove.error} title={t('notRemoved')} />}
      onConfirm={() => remove.mutate()}
      onCancel={close}
    >
      {t('removePasskeyText')}
    </ConfirmDialog>
  );
}
