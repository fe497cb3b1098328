import { Link, Navigate, useRouter } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { Card } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { useSession, useWorld } from '../../data.ts';
import { EnrollPerson } from '../enroll/index.ts';
import { type By, type Claimed, TakePicture, VerifyResult } from '../verify/index.ts';
import styles from './setup.module.css';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { type SavedSteps, stepBefore, stepsLeft } from './steps.ts';
import { setupStrings } from './strings.ts';
import type { StepProps } from './use-saved-step.ts';

const STEP = 'first-person';
/** What counts begins in the live world. */
const toLive = { env: undefined };

type Stage =
  | { is: 'enroll' }
  | { is: 'verify'; person: Claimed; by: By }
  | { is: 'end'; result?: { person: Claimed; by: By; picture: Blob } };

/** The owner sees it work: a person is enrolled by camera and verified by camera, in the test world. Then what comes next. */
export function FirstPersonStep({ organization: { setupSteps = {} } }: StepProps) {
  const t = useStrings(setupStrings);
  const router = useRouter();
  const { user } = useSession();
  const [stage, setStage] = useState<Stage>({ is: 'enroll' });
  if (useWorld() !== 'test') return <Navigate to="/setup" search={{ step: STEP, env: 'test' }} replace />;
  const back = () => void router.navigate({ to: '/setup', search: { step: stepBefore(STEP) } });
  const frame = { step: STEP, saved: setupSteps } as const;
  switch (stage.is) {
    case 'enroll':
      return (
        <SetupFrame {...frame} title={t('tryTitle')} lead={t('tryLead')}>
          <EnrollPerson
            known={{ email: user.email, name: user.name }}
            then={(person, by) => setStage({ is: 'verify', person, by: by === 'camera' ? by : 'file' })}
          />
          <StepActions back={back}>
            <Button onClick={() => setStage({ is: 'end' })}>{t('skipTry')}</Button>
          </StepActions>
        </SetupFrame>
      );
    case 'verify': {
      const { person, by } = stage;
      return (
        <SetupFrame {...frame} title={t('tryVerifyTitle')} lead={t('tryVerifyLead')}>
          <TakePicture
            claimed={person}
            by={by}
            taken={(picture) => setStage({ is: 'end', result: { person, by, picture } })}
          />
          <StepActions>
            <Button onClick={() => setStage({ is: 'end' })}>{t('skipTry')}</Button>
          </StepActions>
        </SetupFrame>
      );
    }
    case 'end': {
      const { result } = stage;
      return (
        <End saved={setupSteps}>
          {result && (
            <VerifyResult
              claimed={result.person}
              picture={result.picture}
              again={() => setStage({ is: 'verify', person: result.person, by: result.by })}
            />
          )}
        </End>
      );
    }
    default:
      return stage satisfies never;
  }
}

/** What was put off, and what comes next. `children`: how the try ended. */
function End({ saved, children }: { saved: SavedSteps; children: ReactNode }) {
  const t = useStrings(setupStrings);
  const router = useRouter();
  const left = stepsLeft(saved);
  return (
    <SetupFrame
      step={STEP}
      saved={saved}
      title={t('doneTitle')}
      lead={t(left.length === 0 ? 'doneLead' : 'nearlyLead')}
    >
      {children}
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
      <NextSteps />
      <StepActions>
        <Button kind="primary" onClick={() => void router.navigate({ to: '/overview', search: toLive })}>
          {t('toOverview')}
        </Button>
      </StepActions>
    </SetupFrame>
  );
}

function NextSteps() {
  const t = useStrings(setupStrings);
  const to =
    (path: '/enroll' | '/administrators/new' | '/backups' | '/alerts/rules') => (inside: ReactNode) => (
      <Link to={path} search={toLive}>
        {inside}
      </Link>
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
