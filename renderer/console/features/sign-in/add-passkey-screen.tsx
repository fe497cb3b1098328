import { TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { Card, Page, Row } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { auth } from '../../api/auth.ts';
import { sessionQuery, useSession } from '../../data.ts';
import { Refused, RunButton, useOperation } from '../../operations.ts';
import { PasskeyFailed, PasskeyObstacle } from '../../session/passkey-obstacle.tsx';
import { createPasskey, passkeyObstacle } from '../../session/passkeys.ts';
import { RecoveryCodeList } from '../../session/recovery-code-list.tsx';
import { signInStrings } from './strings.ts';

export const Route = createLazyRoute('/add-passkey')({ component: AddPasskeyScreen });

function AddPasskeyScreen() {
  const t = useStrings(signInStrings);
  const router = useRouter();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [codes, setCodes] = useState<readonly string[]>();
  const { to = '/' } = Route.useSearch();
  const leave = () => router.navigate({ href: to });
  const { user, limitedTo } = useSession();
  const isFirst = Boolean(user.factorDueAt) || limitedTo === 'enrollment';
  const obstacle = passkeyObstacle();
  const add = useOperation(
    async () => {
      const credential = await createPasskey(await auth.registerOptions());
      await auth.register(credential, name.trim());
      // With the first factor comes a way in without it.
      return isFirst ? await auth.newRecoveryCodes() : undefined;
    },
    {
      toast: [t('added'), name],
      refresh: ['own-passkeys'],
      done: async (recoveryCodes) => {
        await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
        if (recoveryCodes) setCodes(recoveryCodes);
        else await leave();
      },
    },
  );
  if (codes) return <RecoveryCodes codes={codes} done={() => void leave()} />;
  return (
    <Page title={t('addTitle')} lead={t('addLead')} reading>
      {obstacle === undefined ? (
        <Card gap={16}>
          <PasskeyFailed
            error={add.error}
            title={t('addFailed')}
            text={t('addFailedText')}
            refused={<Refused of={add} title={t('addFailed')} />}
          />
          <TextInput
            label={t('addName')}
            description={t('addNameHint')}
            value={name}
            maxLength={60}
            onChange={(event) => setName(event.target.value)}
          />
          <Row>
            <RunButton of={add} kind="primary">
              {t('add')}
            </RunButton>
          </Row>
        </Card>
      ) : (
        <PasskeyObstacle obstacle={obstacle} />
      )}
    </Page>
  );
}

function RecoveryCodes({ codes, done }: { codes: readonly string[]; done(): void }) {
  const t = useStrings(signInStrings);
  return (
    <Page title={t('codesTitle')} lead={t('codesText')} reading>
      <RecoveryCodeList codes={codes} />
      <Row>
        <Button kind="primary" onClick={done}>
          {t('codesDone')}
        </Button>
      </Row>
    </Page>
  );
}
