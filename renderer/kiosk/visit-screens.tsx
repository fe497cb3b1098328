import { IconCheck, IconHandStop, IconUserCheck, IconUserPlus } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { referenceOf } from '../../sdk/admin/reference.ts';
import { Said } from '../ui/said.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import type { KioskState } from './api.ts';
import { Field, Form } from './form.tsx';
import { Frame, Settings } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
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

interface OutcomeProps extends Props {
  step: Extract<Step, { is: 'not-verified' | 'refused' }>;
  footer: ReactNode;
}

/** No score and no accusation: what to try, and another way. */
export function Outcome({ state, step, go, footer }: OutcomeProps) {
  const t = useStrings(kioskStrings);
  const refused = step.is === 'refused';
  const cut = refused && step.cut;
  const again: Step = refused
    ? { is: 'start' }
    : { is: 'camera', ...(step.email === undefined ? {} : { email: step.email }) };
  const main = (
    <div className="k-form" role="alert">
      <h1>{t(cut ? 'offlineTitle' : refused ? 'refusedTitle' : 'notVerified')}</h1>
      <p>
        {refused ? (
          <Said {...step.words} />
        ) : (
          t.rich('notVerifiedText', {
            reference: <span className="nowrap">{referenceOf(step.reference)}</span>,
          })
        )}
      </p>
      {cut && <p className="muted">{t('offlineStaff')}</p>}
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
