import { useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useRouter } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { useStrings } from '../../../ui/strings/index.ts';
import type { SecondStep, Session } from '../../api/auth.ts';
import { sessionQuery } from '../../data.ts';
import { FullPage } from '../../frame/full-page.tsx';
import { EnrollmentStep, SetPasswordStep } from './code-steps.tsx';
import { PasswordStep } from './password-step.tsx';
import { SecondFactorStep } from './second-factor-step.tsx';
import styles from './sign-in.module.css';
import { signInStrings } from './strings.ts';

export const Route = createLazyRoute('/sign-in')({ component: SignInScreen });

type Step =
  | { is: 'password'; email: string; passwordSet?: true }
  | ({ is: 'second-factor'; email: string } & SecondStep)
  | { is: 'enrollment'; email: string; sessionToken: string }
  | { is: 'set-password'; email: string };

/** Password, then passkey or recovery code; or a one-time code where a second factor is overdue or a password is to be set. */
function SignInScreen() {
  const { to } = Route.useSearch();
  const router = useRouter();
  const queryClient = useQueryClient();
  const [step, setStep] = useState<Step>({ is: 'password', email: '' });
  const finish = async (session: Session) => {
    queryClient.setQueryData(sessionQuery.queryKey, session);
    await router.navigate({ href: session.limitedTo === 'enrollment' ? '/add-passkey' : (to ?? '/') });
  };
  const restart = (email: string, passwordSet?: true) => setStep({ is: 'password', email, passwordSet });
  return <Surround>{content()}</Surround>;

  function content(): ReactNode {
    switch (step.is) {
      case 'password':
        return (
          <PasswordStep
            email={step.email}
            passwordSet={step.passwordSet}
            signedIn={finish}
            secondFactor={(email, second) => setStep({ ...second, is: 'second-factor', email })}
            enrollment={(email, sessionToken) => setStep({ is: 'enrollment', email, sessionToken })}
            haveCode={(email) => setStep({ is: 'set-password', email })}
          />
        );
      case 'second-factor':
        return (
          <SecondFactorStep
            email={step.email}
            second={step}
            signedIn={finish}
            restart={() => restart(step.email)}
          />
        );
      case 'enrollment':
        return (
          <EnrollmentStep
            sessionToken={step.sessionToken}
            signedIn={finish}
            restart={() => restart(step.email)}
          />
        );
      case 'set-password':
        return <SetPasswordStep email={step.email} done={(email) => restart(email, true)} back={restart} />;
      default:
        return step satisfies never;
    }
  }
}

/** The page around a step, without the frame. */
function Surround({ children }: { children: ReactNode }) {
  const t = useStrings(signInStrings);
  useEffect(() => {
    document.title = `${t('title')} · Gatehouse`;
  }, [t]);
  return (
    <FullPage foot={t('footer')}>
      <main className={styles.main}>{children}</main>
    </FullPage>
  );
}
