import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Button, useCopy } from '../../../ui/controls/index.ts';
import { Row, Stack } from '../../../ui/layout/index.ts';
import { uiStrings, useStrings } from '../../../ui/strings/index.ts';
import { auth } from '../../api/auth.ts';
import { saveFile, sessionQuery } from '../../data.ts';
import { LoadFailed, Refused, RunButton, useOperation } from '../../operations.ts';
import { PasskeyFailed, PasskeyObstacle } from '../../session/passkey-obstacle.tsx';
import { createPasskey, passkeyObstacle } from '../../session/passkeys.ts';
import { RecoveryCodeList } from '../../session/recovery-code-list.tsx';
import styles from './setup.module.css';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

/** The first passkey, and the recovery codes that stand in for it. */
export function FactorStep({ organization }: StepProps) {
  const queryClient = useQueryClient();
  const { data: session } = useQuery(sessionQuery);
  const [codes, setCodes] = useState<readonly string[]>();
  const steps = useSavedStep('factor', organization);
  const readSession = () => queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
  if (codes) return <Codes codes={codes} steps={steps} />;
  if (session?.user.factorDueAt) {
    return (
      <AddPasskey
        steps={steps}
        added={async (made) => {
          setCodes(made);
          await readSession();
        }}
      />
    );
  }
  return <CodesAgain steps={steps} made={setCodes} known={steps.frame.saved.factor === 'done'} />;
}

interface Common {
  steps: ReturnType<typeof useSavedStep>;
}

function AddPasskey({ added, steps }: Common & { added(codes: readonly string[]): Promise<void> }) {
  const t = useStrings(setupStrings);
  const obstacle = passkeyObstacle();
  const add = useOperation(
    async () => {
      await auth.register(await createPasskey(await auth.registerOptions()));
      return auth.newRecoveryCodes();
    },
    { done: added },
  );
  return (
    <SetupFrame {...steps.frame} title={t('factorTitle')} lead={t('factorLead')}>
      <PasskeyFailed
        error={add.error}
        title={t('addFailed')}
        text={t('addFailedText')}
        refused={<LoadFailed error={add.error} title={t('addFailed')} />}
      />
      {obstacle !== undefined && <PasskeyObstacle obstacle={obstacle} />}
      <StepActions back={steps.back} later={steps.later} note={t('factorLater')}>
        {obstacle === undefined && (
          <RunButton of={add} kind="primary">
            {t('addPasskey')}
          </RunButton>
        )}
      </StepActions>
    </SetupFrame>
  );
}

/** They are shown once: the page is not left by accident, and goes on only when they are stored. */
function Codes({ codes, steps }: Common & { codes: readonly string[] }) {
  const t = useStrings(setupStrings);
  const ui = useStrings(uiStrings);
  const [copied, copy] = useCopy();
  const [stored, setStored] = useState(false);
  useEffect(() => {
    if (stored) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [stored]);
  const text = codes.join('\n');
  return (
    <SetupFrame {...steps.frame} title={t('codesTitle')} lead={t('codesLead')}>
      <Stack>
        <RecoveryCodeList codes={codes} />
        <Row>
          <Button onClick={() => void copy(text)}>{copied ? ui('copied') : t('copyCodes')}</Button>
          <Button onClick={() => saveFile('gatehouse-recovery-codes.txt', `${text}\n`, 'text/plain')}>
            {t('saveCodes')}
          </Button>
        </Row>
        <label className={styles.check}>
          <input type="checkbox" checked={stored} onChange={(event) => setStored(event.target.checked)} />
          {t('codesStored')}
        </label>
        <Refused of={steps.save} title={t('failed')} />
      </Stack>
      <StepActions>
        <Button kind="primary" disabled={!stored} busy={steps.save.isPending} onClick={() => steps.finish()}>
          {t('continue')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}

/** A passkey is there, and the codes are gone from the page: after a reload, or on another day. */
function CodesAgain({
  made,
  known,
  steps,
}: Common & { made(codes: readonly string[]): void; known: boolean }) {
  const t = useStrings(setupStrings);
  const make = useOperation(() => auth.newRecoveryCodes(), { done: made });
  return (
    <SetupFrame
      {...steps.frame}
      title={t(known ? 'factorDoneTitle' : 'codesAgainTitle')}
      lead={t(known ? 'factorDoneLead' : 'codesAgainLead')}
    >
      <Refused of={make} title={t('codesFailed')} />
      <Refused of={steps.save} title={t('failed')} />
      <StepActions back={steps.back}>
        <RunButton of={make} kind={known ? 'plain' : 'primary'}>
          {t('codesAgain')}
        </RunButton>
        <Button kind={known ? 'primary' : 'plain'} busy={steps.save.isPending} onClick={() => steps.finish()}>
          {t(known ? 'continue' : 'codesHave')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}
