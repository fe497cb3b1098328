import { type ReactNode, useState } from 'react';
import { useStrings } from '../ui/strings/use-strings.ts';
import { type KioskApi, type KioskState, Refusal } from './api.ts';
import { Field } from './field.tsx';
import { Form } from './form.tsx';
import { Frame, Settings } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';

interface Props {
  api: KioskApi;
  state: KioskState;
  changed(): Promise<void>;
}

/** A form with a PIN, which is cleared when it was refused: a key that is held gives no second try. */
function PinForm({
  send,
  changed,
  title,
  text,
  action,
  pinFirst = false,
  children,
}: {
  send(pin: string, typed: FormData): Promise<unknown>;
  changed(): Promise<void>;
  title: string;
  text: string;
  action: string;
  /** The PIN gets the focus, and not the address before it. */
  pinFirst?: boolean;
  children?: ReactNode;
}) {
  const t = useStrings(kioskStrings);
  const [problem, setProblem] = useState('');
  const [tries, setTries] = useState(0);
  async function submit(typed: FormData) {
    try {
      await send(String(typed.get('pin') ?? ''), typed);
      setProblem('');
    } catch (error) {
      setProblem(error instanceof Refusal && error.message ? error.message : t('noAnswer'));
      setTries((before) => before + 1);
    }
    await changed();
  }
  return (
    <Form send={submit}>
      {(busy) => (
        <>
          <h1>{title}</h1>
          <p>{text}</p>
          {children}
          <Field
            key={tries}
            label={t('pin')}
            name="pin"
            type="password"
            inputMode="numeric"
            pattern="\d*"
            maxLength={12}
            required
            autoFocus={pinFirst || tries > 0}
          />
          <p className="muted">{t('pinHint')}</p>
          {problem && <p role="alert">{problem}</p>}
          <button type="submit" className="k-btn primary" aria-disabled={busy}>
            {action}
          </button>
        </>
      )}
    </Form>
  );
}

export function OperatorScreen({ api, state, changed, lock }: Props & { lock(): void }) {
  const t = useStrings(kioskStrings);
  const main = state.kiosk.pinLocked ? (
    <div className="k-form" role="alert">
      <h1>{t('operatorTitle')}</h1>
      <p>{t('pinLocked')}</p>
      <button type="button" className="k-btn primary" onClick={() => void changed()}>
        {t('again')}
      </button>
    </div>
  ) : (
    <PinForm
      send={(pin, typed) => api.signIn(String(typed.get('email')), pin)}
      changed={changed}
      title={t('operatorTitle')}
      text={t('operatorText')}
      action={t('signIn')}
    >
      <Field label={t('email')} name="email" type="email" required />
    </PinForm>
  );
  const leave = state.kiosk.pinLocked ? {} : { lock };
  return <Frame state={state} {...leave} main={main} footer={<Settings />} />;
}

/** An operator proves to be there; then the session of the kiosk is over. */
export function LockScreen({ api, state, changed, back }: Props & { back(): void }) {
  const t = useStrings(kioskStrings);
  async function leave(pin: string, typed: FormData) {
    const email = String(typed.get('email') ?? '').trim();
    const { token } = await api.leave(pin, email === '' ? undefined : email);
    back();
    // The desktop app asks the service about the token, and then closes its kiosk window.
    location.assign(`/kiosk/left#token=${token}`);
  }
  const { operator } = state;
  const main = (
    <PinForm
      send={leave}
      changed={changed}
      title={t('lockTitle')}
      text={operator ? t('lockText', { operator: operator.name }) : t('lockTextNoOperator')}
      action={t('leave')}
      pinFirst={operator !== undefined}
    >
      <Field label={t(operator ? 'otherEmail' : 'email')} name="email" type="email" required={!operator} />
    </PinForm>
  );
  const footer = (
    <button type="button" className="k-btn" onClick={back}>
      {t('back')}
    </button>
  );
  return <Frame state={state} main={main} footer={footer} />;
}
