import { z } from 'zod';
import { Button } from '../../../ui/controls/index.ts';
import { Form, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { auth, type Session } from '../../api/auth.ts';
import { useOperation } from '../../operations.ts';
import { SignInFailed, Step } from './step.tsx';
import { signInStrings } from './strings.ts';

const Field = fieldsOf<{ email: string; code: string; password: string }>()(signInStrings);

/** As the box asks for. */
const SHORTEST = 12;

/** One code that opens a session. */
export function CodeForm({
  label,
  submit,
  send,
  signedIn,
}: {
  label: string;
  submit: string;
  send(code: string): Promise<Session>;
  signedIn(session: Session): Promise<void>;
}) {
  const t = useStrings(signInStrings);
  const form = useCheckedForm(z.object({ code: z.string().trim().min(1, t('codeMissing')) }), { code: '' });
  const open = useOperation(async (code: string) => signedIn(await send(code)));
  return (
    <Form
      form={form}
      onSubmit={({ code }) => open.mutate(code)}
      failed={open.error && <SignInFailed error={open.error} title={t('failed')} />}
    >
      <Field name="code" label={label} autoComplete="one-time-code" autoCapitalize="off" spellCheck={false} />
      <Button type="submit" kind="primary" block busy={open.isPending}>
        {submit}
      </Button>
    </Form>
  );
}

/** Past the deadline without a second factor: the password was right, and a one-time code opens a session that can only add one. */
export function EnrollmentStep({
  sessionToken,
  signedIn,
  restart,
}: {
  sessionToken: string;
  signedIn(session: Session): Promise<void>;
  restart(): void;
}) {
  const t = useStrings(signInStrings);
  return (
    <Step title={t('enrollTitle')} text={t('enrollText')}>
      <CodeForm
        label={t('oneTimeCode')}
        submit={t('continue')}
        send={(code) => auth.openEnrollment(sessionToken, code)}
        signedIn={signedIn}
      />
      <Button kind="quiet" block onClick={restart}>
        {t('back')}
      </Button>
    </Step>
  );
}

/** A new account, or one that was reset: a one-time code sets its password. */
export function SetPasswordStep({
  email,
  done,
  back,
}: {
  email: string;
  done(email: string): void;
  back(email: string): void;
}) {
  const t = useStrings(signInStrings);
  const schema = z.object({
    email: z.string().trim().min(1, t('emailMissing')),
    code: z.string().trim().min(1, t('codeMissing')),
    password: z.string().min(SHORTEST, t('newPasswordShort')),
  });
  const form = useCheckedForm(schema, { email, code: '', password: '' });
  const set = useOperation(
    (values: z.output<typeof schema>) => auth.setPasswordWithCode(values.email, values.code, values.password),
    { done: (_, values) => done(values.email) },
  );
  return (
    <Step title={t('setTitle')} text={t('setText')}>
      <Form
        form={form}
        onSubmit={(values) => set.mutate(values)}
        failed={set.error && <SignInFailed error={set.error} title={t('failed')} />}
      >
        <Field name="email" type="email" autoComplete="username" inputMode="email" />
        <Field name="code" label={t('oneTimeCode')} autoComplete="one-time-code" spellCheck={false} />
        <Field name="password" as="secret" label={t('newPassword')} autoComplete="new-password" />
        <Button type="submit" kind="primary" block busy={set.isPending}>
          {t('setPassword')}
        </Button>
      </Form>
      <Button kind="quiet" block onClick={() => back(form.getValues('email'))}>
        {t('back')}
      </Button>
    </Step>
  );
}
