import { type ReactNode, useEffect, useRef } from 'react';
import { Note } from '../../../ui/layout/index.ts';
import { Refusal } from '../../../ui/refusal.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { LoadFailed } from '../../operations.ts';
import { RefusalWords } from '../../reasons/refusal-words.tsx';
import styles from './sign-in.module.css';
import { signInStrings } from './strings.ts';

/** One step: a heading that takes the focus when the step is reached, a sentence, and what is asked. */
export function Step({
  title,
  text,
  sign,
  first = false,
  children,
}: {
  title: string;
  text?: ReactNode;
  sign?: ReactNode;
  first?: boolean;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!first) heading.current?.focus();
  }, [first]);
  return (
    <div className={styles.box}>
      <div className={styles.heading}>
        {sign !== undefined && <span className={styles.sign}>{sign}</span>}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {text !== undefined && <p className="muted">{text}</p>}
      </div>
      {children}
    </div>
  );
}

/** Why signing in was refused. Never whether an account exists. `title`: of steps after the password. */
export function SignInFailed({ error, title }: { error: unknown; title?: string }) {
  const t = useStrings(signInStrings);
  const format = useFormat();
  if (error instanceof Refusal && error.code === 'SIGN_IN_REFUSED')
    return (
      <Note kind="bad" title={title ?? t('wrong')}>
        <RefusalWords error={error} />
      </Note>
    );
  const seconds = error instanceof Refusal ? error.body.retryAfterSeconds : undefined;
  if (error instanceof Refusal && error.code === 'SIGN_IN_DELAYED' && typeof seconds === 'number')
    return (
      <Note kind="bad" title={t('wait', { wait: format.duration(seconds * 1000) })}>
        <RefusalWords error={error} />
      </Note>
    );
  return <LoadFailed error={error} title={title ?? t('failed')} />;
}
