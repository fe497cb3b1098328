import { IconCheck, IconHandStop, IconUserCheck, IconUserPlus } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { referenceOf } from '../../sdk/admin/reference.ts';
import { Refusal } from '../ui/refusal.ts';
import { Said } from '../ui/said.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import type { KioskState } from './api.ts';
import { Field, Form } from './form.tsx';
import { Frame, Settings } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import { useRefusalWords } from './refusal-words.ts';
import type { Step } from './step.ts';

interface Props {
  state: KioskState;
  go(step: Step): void;
}
/** Seconds that the last screen stays. */
const THANKS = 8;
const icon = { size: 40, stroke: 1.5, 'aria-hidden': true } as const;

export function StartScreen({ state, lock, go }: Props & { lock(): void }) {
  const t = useStrings(kioskStrings);
  const main = (
    <div className="k-start">
      <div>
        <h1>{t('hello')}</h1>
        <p className="muted">{t('helloText')}</p>
      </div>
      <div className="k-two">
        <button type="button" className="k-big main" onClick={() => go({ is: 'consent' })}>
          <span className="ic">
            <IconUserPlus {...icon} />
          </span>
          <b>{t('enroll')}</b>
          <span>{t('enrollText')}</span>
        </button>
        <button type="button" className="k-big" onClick={() => go({ is: 'who' })}>
          <span className="ic">
            <IconUserCheck {...icon} />
          </span>
          <b>{t('confirm')}</b>
          <span>{t('confirmMe')}</span>
        </button>
      </div>
      <button type="button" className="k-btn" onClick={() => go({ is: 'without' })}>
        <IconHandStop size={24} stroke={1.75} aria-hidden="true" />
        {t('noCamera')}
      </button>
    </div>
  );
  return <Frame state={state} lock={lock} main={main} footer={<Settings />} />;
}

export function WhoScreen({ state, go, footer }: Props & { footer: ReactNode }) {
  const t = useStrings(kioskStrings);
  function send(typed: FormData) {
    const email = String(typed.get('email') ?? '').trim();
    go({ is: 'camera', ...(email && { email }) });
  }
  const main = (
    <Form send={send}>
      {() => (
        <>
          <h1>{t('whoTitle')}</h1>
          <p>{t('whoText')}</p>
          <Field label={t('email')} name="email" type="email" />
          <button type="submit" className="k-btn primary">
            {t('go')}
          </button>
        </>
      )}
    </Form>
  );
  return <Frame state={state} main={main} footer={footer} />;
}

export function WithoutScreen({ state, footer }: { state: KioskState; footer: ReactNode }) {
  const t = useStrings(kioskStrings);
  const main = (
    <div className="k-form">
      <h1>{t('withoutTitle')}</h1>
      <p>{t('withoutText')}</p>
    </div>
  );
  return <Frame state={state} main={main} footer={footer} />;
}

/** What was sent is answered soon; until then there are ways on too. */
export function CheckingScreen({ state, footer }: { state: KioskState; footer: ReactNode }) {
  const t = useStrings(kioskStrings);
  const main = (
    <div className="k-form" role="status">
      <h1>{t('checking')}</h1>
      <p>{t('checkingText')}</p>
    </div>
  );
  return <Frame state={state} main={main} footer={footer} />;
}

interface OutcomeProps<Is extends Step['is']> extends Props {
  step: Extract<Step, { is: Is }>;
  footer: ReactNode;
}

/** No score and no accusation: what to try, and another way. */
export function NotVerifiedScreen({ step: { reference, email }, ...props }: OutcomeProps<'not-verified'>) {
  const t = useStrings(kioskStrings);
  const again: Step = { is: 'camera', ...(email === undefined ? {} : { email }) };
  return (
    <Outcome title={t('notVerified')} again={again} {...props}>
      <p>
        {t.rich('notVerifiedText', { reference: <span className="nowrap">{referenceOf(reference)}</span> })}
      </p>
    </Outcome>
  );
}

/** What the box said; where it said nothing, the way to the desk. */
export function RefusedScreen({ step: { error, sent }, ...props }: OutcomeProps<'refused'>) {
  const t = useStrings(kioskStrings);
  const wordsOf = useRefusalWords();
  const said = error instanceof Refusal && error.sentence !== undefined ? error : undefined;
  const cut = said === undefined;
  return (
    <Outcome title={t(cut ? 'offlineTitle' : 'refusedTitle')} again={{ is: 'start' }} {...props}>
      <p>
        {cut && t(sent ? 'cutText' : 'offlineText')}
        {said && (said.code === 'DUPLICATE_IDENTITY' ? t('waits') : <Said {...wordsOf(said)} />)}
      </p>
      {cut && <p className="muted">{t('offlineStaff')}</p>}
    </Outcome>
  );
}

function Outcome({
  state,
  title,
  again,
  go,
  footer,
  children,
}: Props & { title: string; again: Step; footer: ReactNode; children: ReactNode }) {
  const t = useStrings(kioskStrings);
  const main = (
    <div className="k-form" role="alert">
      <h1>{title}</h1>
      {children}
      <button type="button" className="k-btn primary" onClick={() => go(again)}>
        {t('again')}
      </button>
    </div>
  );
  return <Frame state={state} main={main} footer={footer} />;
}

interface EndingProps {
  state: KioskState;
  step: Extract<Step, { is: 'enrolled' | 'verified' }>;
  clear(): void;
}

export function Ending({ state, step, clear }: EndingProps) {
  const t = useStrings(kioskStrings);
  const [left, setLeft] = useState(THANKS);
  useEffect(() => {
    const timer = setTimeout(() => (left > 1 ? setLeft(left - 1) : clear()), 1_000);
    return () => clearTimeout(timer);
  }, [left, clear]);
  const main = (
    <div className="k-form" role="status">
      <span className="k-ok">
        <IconCheck {...icon} />
      </span>
      <h1>{t(step.is === 'enrolled' ? 'thanks' : 'verified')}</h1>
      {step.person !== undefined && (
        <dl className="k-who">
          <dt>{t('forDesk')}</dt>
          <dd>{step.person}</dd>
          {step.is === 'verified' && <dd className="num nowrap">{referenceOf(step.reference)}</dd>}
        </dl>
      )}
      {step.is === 'enrolled' && step.kept < step.taken && (
        <p>{t('keptOf', { count: step.kept, taken: String(step.taken) })}</p>
      )}
      {step.is === 'enrolled' && <p>{t('thanksText')}</p>}
    </div>
  );
  const footer = (
    <>
      <span className="num muted">{t('clears', { count: left })}</span>
      <button type="button" className="k-btn primary" onClick={clear}>
        {t('done')}
      </button>
    </>
  );
  return <Frame state={state} main={main} footer={footer} />;
}
