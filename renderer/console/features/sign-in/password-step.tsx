import { IconFingerprint } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { Button } from '../../../ui/controls/index.ts';
import { Form, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Note } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { auth, type SecondStep, type Session } from '../../api/auth.ts';
import { RunButton, useOperation } from '../../operations.ts';
import { PasskeyFailed } from '../../session/passkey-obstacle.tsx';
import { askForPasskey, passkeyObstacle } from '../../session/passkeys.ts';
import styles from './sign-in.module.css';
import { SignInFailed, Step } from './step.tsx';
import { signInStrings } from './strings.ts';

const Field = fieldsOf<{ email: string; password: string }>()(signInStrings);

export function PasswordStep({
  email,
  passwordSet,
  signedIn,
  secondFactor,
  enrollment,
  haveCode,
}: {
  email: string;
  passwordSet?: true;
  signedIn(session: Session): Promise<void>;
  secondFactor(email: string, second: SecondStep): void;
  enrollment(email: string, sessionToken: string): void;
  haveCode(email: string): void;
}) {
  const t = useStrings(signInStrings);
  const schema = z.object({
    email: z.string().trim().min(1, t('emailMissing')),
    password: z.string().min(1, t('passwordMissing')),
  });
  const form = useCheckedForm(schema, { email, password: '' });
  const signIn = useOperation(
    (values: z.output<typeof schema>) => auth.signIn(values.email, values.password),
    {
      async done(result, values) {
        if (result.is === 'signed-in') await signedIn(result.session);
        else if (result.is === 'second-step') secondFactor(values.email, result);
        else enrollment(values.email, result.sessionToken);
      },
      refused: () => form.resetField('password'),
    },
  );
  // Asked for once the field was left.
  const typed = form.watch('email');
  const shown = form.formState.touchedFields.email ? typed : email;
  return (
    <Step title={t('title')} text={location.host} first={email === ''}>
      <Notices email={shown} />
      {passwordSet && <Note kind="ok" title={t('passwordSet')} />}
      <Form
        form={form}
        onSubmit={(values) => signIn.mutate(values)}
        failed={signIn.error && <SignInFailed error={signIn.error} />}
      >
        <Field name="email" type="email" autoComplete="username webauthn" inputMode="email" />
        <Field name="password" as="secret" hint={null} autoComplete="current-password" />
        <Button type="submit" kind="primary" block busy={signIn.isPending}>
          {t('continue')}
        </Button>
        <Button kind="quiet" block onClick={() => haveCode(form.getValues('email'))}>
          {t('haveCode')}
        </Button>
        <PasskeyAlone signedIn={signedIn} />
        <p className="small muted">{t.rich('lockedOut', { code: (inside) => <code>{inside}</code> })}</p>
      </Form>
    </Step>
  );
}

/** A passkey that the device keeps, after it has verified the person, is both factors. */
function PasskeyAlone({ signedIn }: { signedIn(session: Session): Promise<void> }) {
  const t = useStrings(signInStrings);
  const prove = useOperation(async () => {
    const credential = await askForPasskey(await auth.passkeySignInOptions());
    await signedIn(await auth.signInWithPasskey(credential));
  });
  if (passkeyObstacle() !== undefined) return null;
  const { error } = prove;
  return (
    <>
      <PasskeyFailed
        error={error}
        title={t('passkeyFailed')}
        text={t('passkeyAloneFailed')}
        refused={<SignInFailed error={error} title={t('failed')} />}
      />
      <RunButton of={prove} block icon={IconFingerprint}>
        {t('passkeyAlone')}
      </RunButton>
    </>
  );
}

/** The text of the organization of this address. Without an answer the page signs in all the same. */
function Notices({ email }: { email: string }) {
  const t = useStrings(signInStrings);
  const { data = [] } = useQuery({
    queryKey: ['sign-in-notice', email.split('@')[1] ?? ''],
    queryFn: () => auth.notices(email),
  });
  return data.map((notice) => (
    <Note key={notice} title={t('notice')}>
      <span className={styles.notice}>{notice}</span>
    </Note>
  ));
}
