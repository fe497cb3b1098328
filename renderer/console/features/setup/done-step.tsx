import { Link, useRouter } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Button, Snippet } from '../../../ui/controls/index.ts';
import { Card, Row } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api } from '../../data.ts';
import { Refused, useOperation } from '../../operations.ts';
import styles from './setup.module.css';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { stepsLeft } from './steps.ts';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

const makeKey = async (env: 'live' | 'test') =>
  (await api.post('/api/admin/keys', {}, { env, scopes: ['identity'], name: `first ${env} key` })).key;

/** Two keys, shown once; what was put off; what comes next. */
export function DoneStep({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { frame, save, back } = useSavedStep('keys', organization);
  const router = useRouter();
  const [opened] = useState(() => organization.setupSteps?.keys ?? 'open');
  const left = stepsLeft(frame.saved).filter((step) => step !== 'keys');
  const leave = async () => {
    if (opened !== 'done') await save.mutateAsync({ state: 'done', stay: true });
    await router.navigate({ to: '/overview' });
  };
  return (
    <SetupFrame
      {...frame}
      title={t(left.length === 0 ? 'doneTitle' : 'nearlyTitle')}
      lead={t(left.length === 0 ? 'doneLead' : 'nearlyLead')}
    >
      {left.length > 0 && (
        <Card title={t('leftTitle')}>
          <ul className={styles.next}>
            {left.map((step) => (
              <li key={step}>
                <Link to="/setup" search={{ step }}>
                  {t(`step-${step}`)}
                </Link>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Keys again={opened === 'done'} />
      <NextSteps />
      <Refused of={save} title={t('failed')} />
      <StepActions back={back}>
        <Button kind="primary" busy={save.isPending} onClick={() => void leave()}>
          {t('toOverview')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}

function Keys({ again }: { again: boolean }) {
  const t = useStrings(setupStrings);
  const keys = useOperation(async () => ({ live: await makeKey('live'), test: await makeKey('test') }));
  return (
    <Card title={t('keysTitle')} gap={16}>
      <p className="muted">{t(again ? 'keysAgain' : 'keysText')}</p>
      <Refused of={keys} title={t('keysFailed')} />
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
    </Card>
  );
}

function NextSteps() {
  const t = useStrings(setupStrings);
  const to =
    (path: '/enroll' | '/administrators/new' | '/backups' | '/alerts/rules') => (inside: ReactNode) => (
      <Link to={path}>{inside}</Link>
    );
  const docs = (inside: ReactNode) => <a href="/docs/">{inside}</a>;
  return (
    <Card title={t('nextTitle')}>
      <ul className={styles.next}>
        <li>{t.rich('nextEnroll', { link: to('/enroll') })}</li>
        <li>{t.rich('nextPrograms', { link: docs })}</li>
        <li>{t.rich('nextAdministrators', { link: to('/administrators/new') })}</li>
        <li>{t.rich('nextBackups', { link: to('/backups') })}</li>
        <li>{t.rich('nextAlerts', { link: to('/alerts/rules') })}</li>
      </ul>
    </Card>
  );
}
