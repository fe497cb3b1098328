import { IconCheck } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { SchemeSwitch } from '../../../ui/theme/scheme-switch.tsx';
import { Logo } from '../../frame/logo.tsx';
import styles from './setup.module.css';
import { setupStrings } from './strings.ts';

const steps = ['stepToken', 'stepOrganization', 'stepOwner', 'stepFactor', 'stepDone'] as const;
export type SetupStep = (typeof steps)[number];

/** One step a page: progress beside it, a heading that takes the focus, a sentence, and what is asked. */
export function SetupFrame({
  step,
  title,
  lead,
  foot,
  children,
}: {
  step: SetupStep;
  title: string;
  lead: ReactNode;
  foot?: string;
  children?: ReactNode;
}) {
  const t = useStrings(setupStrings);
  const heading = useRef<HTMLHeadingElement>(null);
  const at = steps.indexOf(step);
  useEffect(() => {
    document.title = `${title} · Gatehouse`;
    heading.current?.focus();
  }, [title]);
  return (
    <div className={styles.full}>
      <header>
        <Logo className={styles.logo} />
        Gatehouse <span>{t('setup')}</span>
      </header>
      <div className={styles.setup}>
        <nav aria-label={t('steps')}>
          <ol className={styles.steps}>
            {steps.map((name, i) => (
              <li
                key={name}
                className={i < at ? styles.done : i === at ? styles.now : undefined}
                aria-current={i === at ? 'step' : undefined}
              >
                <span className={styles.number}>
                  {i < at ? <IconCheck size={14} stroke={2} aria-hidden="true" /> : i + 1}
                </span>
                <span>{t(name)}</span>
              </li>
            ))}
          </ol>
          <span className={`${styles.progress} small muted`}>
            {t('progress', { step: at + 1, steps: steps.length })}
          </span>
        </nav>
        <main className={styles.main}>
          <div>
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            <p className="muted">{lead}</p>
          </div>
          {children}
        </main>
      </div>
      <footer>
        {foot !== undefined && <span>{foot}</span>}
        {at > 0 && <span>{t('saved')}</span>}
        <span style={{ flex: 1 }} />
        <SchemeSwitch />
      </footer>
    </div>
  );
}
