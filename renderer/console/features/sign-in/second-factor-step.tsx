import { IconFaceId, IconFingerprint, IconKey } from '@tabler/icons-react';
import { Suspense, useState } from 'react';
import { Button, PersonTile } from '../../../ui/controls/index.ts';
import { Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { auth, type FacePictures, type SecondStep, type Session } from '../../api/auth.ts';
import { RunButton, useOperation } from '../../operations.ts';
import { FaceCamera } from '../../session/face-camera.tsx';
import { PasskeyFailed, PasskeyObstacle } from '../../session/passkey-obstacle.tsx';
import { askForPasskey, passkeyObstacle } from '../../session/passkeys.ts';
import { CodeForm } from './code-steps.tsx';
import styles from './sign-in.module.css';
import { SignInFailed, Step } from './step.tsx';
import { signInStrings } from './strings.ts';

/** After the right password: a passkey, a face where one is enrolled, or a recovery code where none is at hand or none can work. */
export function SecondFactorStep({
  email,
  second,
  signedIn,
  restart,
}: {
  email: string;
  second: SecondStep;
  signedIn(session: Session): Promise<void>;
  restart(): void;
}) {
  const t = useStrings(signInStrings);
  const [way, setWay] = useState<'passkey' | 'face' | 'recovery'>(second.passkey ? 'passkey' : 'recovery');
  if (way === 'recovery')
    return (
      <Step title={t('recoveryTitle')} text={t('recoveryText')} sign={<IconKey size={24} stroke={1.75} />}>
        <Account email={email} restart={restart} />
        <CodeForm
          label={t('recoveryCode')}
          submit={t('signIn')}
          send={(code) => auth.finishWithRecoveryCode(second.sessionToken, code)}
          signedIn={signedIn}
        />
        {second.passkey && (
          <Button kind="quiet" block onClick={() => setWay('passkey')}>
            {t('backToPasskey')}
          </Button>
        )}
      </Step>
    );
  if (way === 'face')
    return (
      <FaceWay
        email={email}
        sessionToken={second.sessionToken}
        signedIn={signedIn}
        restart={restart}
        passkey={() => setWay('passkey')}
      />
    );
  return (
    <PasskeyWay
      email={email}
      second={second}
      signedIn={signedIn}
      restart={restart}
      face={() => setWay('face')}
      recovery={() => setWay('recovery')}
    />
  );
}

function FaceWay({
  email,
  sessionToken,
  signedIn,
  restart,
  passkey,
}: {
  email: string;
  sessionToken: string;
  signedIn(session: Session): Promise<void>;
  restart(): void;
  passkey(): void;
}) {
  const t = useStrings(signInStrings);
  const prove = useOperation(async (pictures: FacePictures) =>
    signedIn(await auth.finishWithFace(sessionToken, pictures)),
  );
  return (
    <Step title={t('faceTitle')} text={t('faceText')} sign={<IconFaceId size={24} stroke={1.75} />}>
      <Account email={email} restart={restart} />
      {prove.error && <SignInFailed error={prove.error} title={t('failed')} />}
      <Suspense>
        <FaceCamera label={t('takeFace')} busy={prove.isPending} take={(taken) => prove.mutate(taken)} />
      </Suspense>
      <Button kind="quiet" block onClick={passkey}>
        {t('backToPasskey')}
      </Button>
    </Step>
  );
}

function PasskeyWay({
  email,
  second,
  signedIn,
  restart,
  face,
  recovery,
}: {
  email: string;
  second: SecondStep;
  signedIn(session: Session): Promise<void>;
  restart(): void;
  face(): void;
  recovery(): void;
}) {
  const t = useStrings(signInStrings);
  const obstacle = passkeyObstacle();
  const prove = useOperation(async () => {
    const credential = await askForPasskey(await auth.passkeyOptions(second.sessionToken));
    await signedIn(await auth.finishWithPasskey(second.sessionToken, credential));
  });
  return (
    <Step
      title={t('passkeyTitle')}
      text={t('passkeyText')}
      sign={<IconFingerprint size={24} stroke={1.75} />}
    >
      <Account email={email} restart={restart} />
      <PasskeyFailed
        error={prove.error}
        title={t('passkeyFailed')}
        text={t('passkeyFailedText')}
        refused={<SignInFailed error={prove.error} title={t('failed')} />}
      />
      {obstacle === undefined ? (
        <RunButton of={prove} kind="primary" block>
          {t('usePasskey')}
        </RunButton>
      ) : (
        <PasskeyObstacle obstacle={obstacle} />
      )}
      {(second.face || second.recoveryCode) && (
        <Stack gap={4}>
          <h2 className="small muted" style={{ fontWeight: 500 }}>
            {t('noPasskey')}
          </h2>
          {second.face && (
            <Button kind="quiet" onClick={face} icon={IconFaceId}>
              {t('useFace')}
            </Button>
          )}
          {second.recoveryCode && (
            <Button kind="quiet" onClick={recovery} icon={IconKey}>
              {t('useRecovery')}
            </Button>
          )}
        </Stack>
      )}
    </Step>
  );
}

function Account({ email, restart }: { email: string; restart(): void }) {
  const t = useStrings(signInStrings);
  return (
    <div className={styles.who}>
      <PersonTile id={email} />
      <span style={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>{email}</span>
      <Button kind="quiet" small onClick={restart}>
        {t('notYou')}
      </Button>
    </div>
  );
}
