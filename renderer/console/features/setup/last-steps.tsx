import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Snippet } from '../../../ui/code/snippet.tsx';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { auth } from '../../api/auth.ts';
import { Refusal } from '../../api/refusal.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { PasskeyObstacle } from '../../session/passkey-obstacle.tsx';
import { createPasskey, passkeyObstacle } from '../../session/passkeys.ts';
import styles from './setup.module.css';
import { SetupFrame } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';

/** The first passkey, and the recovery codes that stand in for it. `done` reads the session anew. */
export function FactorStep({ done }: { done(): Promise<void> }) {
  const t = useStrings(setupStrings);
  const [codes, setCodes] = useState<readonly string[]>();
  const obstacle = passkeyObstacle();
  const add = useMutation({
    async mutationFn() {
      await auth.register(await createPasskey(await auth.registerOptions()));
      return auth.newRecoveryCodes();
    },
    onSuccess: setCodes,
  });
  if (codes)
    return (
      <SetupFrame step="stepFactor" title={t('codesTitle')} lead={t('codesLead')}>
        <ul className={styles.codes}>
          {codes.map((code) => (
            <li key={code} className="mono">
              {code}
            </li>
          ))}
        </ul>
        <Row>
          <Button kind="primary" onClick={() => void done()}>
            {t('codesDone')}
          </Button>
        </Row>
      </SetupFrame>
    );
  return (
    <SetupFrame step="stepFactor" title={t('factorTitle')} lead={t('factorLead')}>
      {add.error && <AddFailed error={add.error} />}
      {obstacle !== undefined && <PasskeyObstacle obstacle={obstacle} />}
      <Row>
        {obstacle === undefined && (
          <Button kind="primary" busy={add.isPending} onClick={() => add.mutate()}>
            {t('addPasskey')}
          </Button>
        )}
        <ButtonLink to="/overview" kind="quiet">
          {t('later')}
        </ButtonLink>
      </Row>
    </SetupFrame>
  );
}

function AddFailed({ error }: { error: unknown }) {
  const t = useStrings(setupStrings);
  return error instanceof Refusal ? (
    <LoadFailed error={error} title={t('addFailed')} />
  ) : (
    <Note kind="bad" title={t('addFailed')}>
      {t('addFailedText')}
    </Note>
  );
}

const makeKey = async (env: 'live' | 'test') =>
  (
    await replyOf(
      admin.POST('/api/admin/keys', {
        params: { query: {} },
        body: { env, scopes: ['identity'], name: `first ${env} key` },
      }),
    )
  ).key;

/** Two keys, shown once, and what can be done later. */
export function DoneStep() {
  const t = useStrings(setupStrings);
  const keys = useMutation({
    mutationFn: async () => ({ live: await makeKey('live'), test: await makeKey('test') }),
  });
  const code = (inside: ReactNode) => <code>{inside}</code>;
  return (
    <SetupFrame step="stepDone" title={t('doneTitle')} lead={t('doneLead')}>
      <Card title={t('keysTitle')}>
        <Stack>
          <p className="muted">{t('keysText')}</p>
          {keys.error && <LoadFailed error={keys.error} title={t('keysFailed')} />}
          {keys.data ? (
            <>
              <span>{t('liveKey')}</span>
              <Snippet name={t('liveKey')} code={keys.data.live} />
              <span>{t('testKey')}</span>
              <Snippet name={t('testKey')} code={keys.data.test} />
            </>
          ) : (
            <Row>
              <Button busy={keys.isPending} onClick={() => keys.mutate()}>
                {t('makeKeys')}
              </Button>
            </Row>
          )}
        </Stack>
      </Card>
      <Card title={t('nextTitle')}>
        <ul className={styles.next}>
          <li>{t.rich('nextConsent', { code })}</li>
          <li>{t.rich('nextLiveness', { code })}</li>
          <li>{t.rich('nextCertificate', { code })}</li>
          <li>{t('nextGrants')}</li>
        </ul>
      </Card>
      <Row>
        <ButtonLink to="/overview" kind="primary">
          {t('toOverview')}
        </ButtonLink>
      </Row>
    </SetupFrame>
  );
}
