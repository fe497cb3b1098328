import { IconArrowLeft, IconCheck, IconClock } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { FullPage } from '../../frame/full-page.tsx';
import styles from './setup.module.css';
import { type AssistantStep, assistantSteps, type SavedStep, type SavedSteps, setupSteps } from './steps.ts';
import { setupStrings } from './strings.ts';

const steps = ['token', 'organization', 'owner', ...assistantSteps] as const;
export type SetupStep = (typeof steps)[number];

const isSaved = (step: SetupStep): step is SavedStep => setupSteps.some((one) => one === step);
const isLinked = (step: SetupStep): step is AssistantStep => assistantSteps.some((one) => one === step);

/** One step a page: progress beside it, a heading that takes the focus, a sentence, and what is asked. */
export function SetupFrame({
  step,
  title,
  lead,
  foot,
  saved,
  children,
}: {
  step: SetupStep;
  title: string;
  lead: ReactNode;
  foot?: string;
  /** Once there is an owner: every step can be opened. */
  saved?: SavedSteps;
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
    <FullPage
      name={t('setup')}
      foot={
        <>
          {foot !== undefined && <span>{foot}</span>}
          {at > 0 && <span>{t('saved')}</span>}
        </>
      }
    >
      <div className={styles.setup}>
        <nav aria-label={t('steps')}>
          <ol className={styles.steps}>
            {steps.map((name, i) => {
              const state = saved && isSaved(name) ? (saved[name] ?? 'open') : i < at ? 'done' : 'open';
              return (
                <StepLine key={name} name={name} number={i + 1} state={state} now={i === at} linked={saved} />
              );
            })}
          </ol>
          <div className={styles.progress}>
            <span className="small muted">{t('progress', { step: at + 1, steps: steps.length })}</span>
            <div className={styles.bar} aria-hidden="true">
              {steps.map((name, i) => (
                <i key={name} className={i <= at ? styles.on : undefined} />
              ))}
            </div>
          </div>
        </nav>
        <main className={styles.main}>
          <div className={styles.heading}>
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            <p className="muted">{lead}</p>
          </div>
          {children}
        </main>
      </div>
    </FullPage>
  );
}

function StepLine({
  name,
  number,
  state,
  now,
  linked,
}: {
  name: SetupStep;
  number: number;
  state: 'open' | 'later' | 'done';
  now: boolean;
  linked: SavedSteps | undefined;
}) {
  const t = useStrings(setupStrings);
  const look = now ? styles.now : state === 'done' ? styles.done : undefined;
  return (
    <li className={look} aria-current={now ? 'step' : undefined}>
      <span className={styles.number}>
        {state === 'done' && !now ? (
          <IconCheck size={14} stroke={2} aria-hidden="true" />
        ) : state === 'later' && !now ? (
          <IconClock size={14} stroke={2} aria-hidden="true" />
        ) : (
          number
        )}
      </span>
      {linked && isLinked(name) && !now ? (
        <Link to="/setup" search={{ step: name }}>
          {t(`step-${name}`)}
        </Link>
      ) : (
        <span>{t(`step-${name}`)}</span>
      )}
      {state === 'later' && !now && <span className={styles.note}>{t('putOff')}</span>}
    </li>
  );
}

/** At the foot of a step: back at the left, what goes on at the right. */
export function StepActions({
  back,
  later,
  note,
  children,
}: {
  back?: (() => void) | undefined;
  /** Goes on without this step. */
  later?: (() => void) | undefined;
  note?: ReactNode;
  children: ReactNode;
}) {
  const t = useStrings(setupStrings);
  return (
    <div className={styles.actions}>
      {back ? (
        <Button kind="quiet" onClick={back} icon={IconArrowLeft}>
          {t('back')}
        </Button>
      ) : (
        <span />
      )}
      <div className={styles.forward}>
        {note !== undefined && <span className="small muted">{note}</span>}
        {later && (
          <Button kind="quiet" onClick={later}>
            {t('later')}
          </Button>
        )}
        {children}
      </div>
    </div>
  );
}
