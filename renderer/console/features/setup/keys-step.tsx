import { useState } from 'react';
import { Button, Snippet } from '../../../ui/controls/index.ts';
import { Card, Row } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api } from '../../data.ts';
import { Refused, useOperation } from '../../operations.ts';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

const makeKey = async (env: 'live' | 'test') =>
  (await api.post('/api/admin/keys', {}, { env, scopes: ['identity'], name: `first ${env} key` })).key;

/** Two keys, shown once. */
export function KeysStep({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { frame, save, finish, back } = useSavedStep('keys', organization);
  const [again] = useState(() => organization.setupSteps?.keys === 'done');
  const keys = useOperation(async () => ({ live: await makeKey('live'), test: await makeKey('test') }));
  return (
    <SetupFrame {...frame} title={t('keysTitle')} lead={t(again ? 'keysAgain' : 'keysText')}>
      <Refused of={keys} title={t('keysFailed')} />
      {keys.data ? (
        <Card gap={16}>
          <span>{t('liveKey')}</span>
          <Snippet name={t('liveKey')} code={keys.data.live} />
          <span>{t('testKey')}</span>
          <Snippet name={t('testKey')} code={keys.data.test} />
        </Card>
      ) : (
        <Row>
          <Button busy={keys.isPending} onClick={() => keys.mutate()}>
            {t('makeKeys')}
          </Button>
        </Row>
      )}
      <Refused of={save} title={t('failed')} />
      <StepActions back={back}>
        <Button kind="primary" busy={save.isPending} onClick={() => finish()}>
          {t('continue')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}
