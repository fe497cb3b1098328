import { type FormEvent, useState } from 'react';
import { useStrings } from '../ui/strings/use-strings.ts';
import { type KioskApi, type KioskState, Refusal } from './api.ts';
import { Field } from './field.tsx';
import { Frame, Settings } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';

interface Props {
  api: KioskApi;
  state: KioskState;
  changed(): Promise<void>;
}

/** Sends the PIN; says what was refused. */
function usePin(send: (pin: string, form: FormData) => Promise<unknown>, changed: () => Promise<void>) {
  const t = useStrings(kioskStrings);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    try {
      await send(String(form.get('pin') ?? ''), form);
      setProblem('');
    } catch (error) {
      setProblem(error instanceof Refusal && error.message ? error.message : t('noAnswer'));
    }
    setBusy(false);
    await changed();
  }
  return { submit, problem, busy };
}

function PinField({ autoFocus = false }: { autoFocus?: boolean }) {
  const t = useStrings(kioskStrings);
  return (
    <Field
      label={t('pin')}
      name="pin"
      type="password"
      inputMode="numeric"
      pattern="\d*"
      maxLength={12}
      required
      autoFocus={autoFocus}
    />
  );
}

export function OperatorScreen({ api, state, changed }: Props) {
  const t = useStrings(kioskStrings);
  const { submit, problem, busy } = usePin(
    (pin, form) => api.signIn(String(form.get('email')), pin),
    changed,
  );
  const main = state.kiosk.pinLocked ? (
    <div className="k-form" role="alert">
      <h1>{t('operatorTitle')}</h1>
      <p>{t('pinLocked')}</p>
      <button type="button" className="k-btn primary" onClick={() => void changed()}>
        {t('again')}
      </button>
    </div>
  ) : (
    <form className="k-form" onSubmit={(event) => void submit(event)}>
      <h1>{t('operatorTitle')}</h1>
      <p>{t('operatorText')}</p>
      <Field label={t('email')} name="email" type="email" required />
      <PinField />
      <p className="muted">{t('pinHint')}</p>
      {problem && <p role="alert">{problem}</p>}
      <button type="submit" className="k-btn primary" aria-disabled={busy}>
        {t('signIn')}
      </button>
    </form>
  );
  return <Frame state={state} main={main} footer={<Settings />} />;
}

/** The operator proves to be there; then the session of the kiosk is over. */
export function LockScreen({ api, state, changed, back }: Props & { back(): void }) {
  const t = useStrings(kioskStrings);
  const { submit, problem, busy } = usePin(async (pin) => {
    await api.leave(pin);
    // The desktop app lets its kiosk window be closed when the page goes there.
    location.assign('/kiosk/left');
  }, changed);
  const main = (
    <form className="k-form" onSubmit={(event) => void submit(event)}>
      <h1>{t('lockTitle')}</h1>
      <p>{t('lockText')}</p>
      <PinField autoFocus />
      {problem && <p role="alert">{problem}</p>}
      <button type="submit" className="k-btn primary" aria-disabled={busy}>
        {t('leave')}
      </button>
    </form>
  );
  const footer = (
    <button type="button" className="k-btn" onClick={back}>
      {t('back')}
    </button>
  );
  return <Frame state={state} main={main} footer={footer} />;
}
