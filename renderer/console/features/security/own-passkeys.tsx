import { TextInput } from '@mantine/core';
import { IconFingerprint, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ButtonLink, RelativeTime } from '../../../ui/controls/index.ts';
import { Card } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, DataTable, useColumns } from '../../../ui/tables/index.ts';
import { auth, type Passkey } from '../../api/auth.ts';
import { ConfirmOperation, Refused, WholeListTools } from '../../operations.ts';
import { PasskeyObstacle } from '../../session/passkey-obstacle.tsx';
import { passkeyObstacle } from '../../session/passkeys.ts';
import styles from './security.module.css';
import { securityStrings } from './strings.ts';

export function OwnPasskeys() {
  const t = useStrings(securityStrings);
  const [leaving, setLeaving] = useState<Passkey>();
  const [renaming, setRenaming] = useState<Passkey>();
  const { data, error, refetch } = useQuery({ queryKey: ['own-passkeys'], queryFn: () => auth.passkeys() });
  const columns = useColumns(listColumns, securityStrings);
  const obstacle = passkeyObstacle();
  const add = obstacle === undefined && (
    <ButtonLink to="/add-passkey" search={{ to: '/security' }} kind="primary" icon={IconPlus}>
      {t('addPasskey')}
    </ButtonLink>
  );
  return (
    <Card title={t('passkeys')} actions={data?.length !== 0 && add} flush>
      {obstacle && <PasskeyObstacle obstacle={obstacle} />}
      <div className={styles.flush}>
        <DataTable
          label={t('passkeys')}
          columns={columns}
          rows={data}
          rowId={({ credentialId }) => credentialId}
          rowName={({ name }) => name}
          secondLine={({ lastUsedAt }) => <LastUse at={lastUsedAt} />}
          tools={
            <WholeListTools
              name="passkeys"
              path="/api/auth/2fa/passkey/credentials"
              rows={data}
              columns={columns}
            />
          }
          failed={error ? <Refused of={{ error, refetch }} /> : undefined}
          actions={(passkey) => [
            { label: t('renamePasskey'), onClick: () => setRenaming(passkey) },
            { label: t('removePasskey'), danger: true, onClick: () => setLeaving(passkey) },
          ]}
          empty={{ icon: IconFingerprint, title: t('noPasskey'), action: add, text: t('noPasskeyText') }}
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

const listColumns: Columns<Passkey, typeof securityStrings> = [
  { id: 'name', header: 'passkey', cell: ({ name }) => <b>{name}</b> },
  { id: 'added', csv: 'createdAt', priority: 2, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  {
    id: 'used',
    csv: 'lastUsedAt',
    header: 'lastUsed',
    priority: 2,
    cell: ({ lastUsedAt }, { t }) =>
      lastUsedAt === undefined ? (
        <span className="muted">{t('never')}</span>
      ) : (
        <RelativeTime at={lastUsedAt} />
      ),
  },
];

function Rename({ passkey, close }: { passkey: Passkey; close(): void }) {
  const t = useStrings(securityStrings);
  const [name, setName] = useState(passkey.name);
  return (
    <ConfirmOperation
      run={() => auth.renamePasskey(passkey.credentialId, name.trim())}
      toast={[t('passkeyRenamed'), name.trim()]}
      refresh={['own-passkeys']}
      title={t('renamePasskeyTitle', { name: passkey.name })}
      confirmLabel={t('renamePasskey')}
      confirmDisabled={name.trim() === ''}
      refusal={t('notRenamed')}
      close={close}
    >
      <TextInput
        label={t('passkeyName')}
        maxLength={64}
        value={name}
        onChange={({ target }) => setName(target.value)}
      />
    </ConfirmOperation>
  );
}

function Remove({ passkey, close }: { passkey: Passkey; close(): void }) {
  const t = useStrings(securityStrings);
  return (
    <ConfirmOperation
      run={() => auth.removePasskey(passkey.credentialId)}
      toast={[t('passkeyRemoved'), passkey.name]}
      refresh={['own-passkeys', 'session']}
      danger
      title={t('removePasskeyTitle', { name: passkey.name })}
      confirmLabel={t('removePasskey')}
      cancelLabel={t('keepPasskey')}
      refusal={t('notRemoved')}
      close={close}
    >
      {t('removePasskeyText')}
    </ConfirmOperation>
  );
}
