import { type FormEvent, useState } from 'react';
import { useStrings } from '../ui/strings/use-strings.ts';
import { type KioskApi, type KioskState, type Proof, Refusal } from './api.ts';
import { Field } from './field.tsx';
import { Frame, Settings } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';

interface Props {
  api: KioskApi;
  state: KioskState;
  changed(): Promise<void>;
}

/** Sends the form; says what was refused. */
function useProof(send: (form: FormData, proof: Proof) => Promise<unknown>, changed: () => Promise<void>) {
  const t = useStrings(kioskStrings);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const pin = form.get('pin');
    setBusy(true);
    try {
      await send(form, pin === null ? { password: String(form.get('password')) } : { pin: String(pin) });
      setProblem('');
    } catch (error) {
      setProblem(error instanceof Refusal && error.message ? error.message : t('noAnswer'));
    }
    setBusy(false);
    await changed();
  }
  return { submit, problem, busy };
}

function Secret({ locked, only }: { locked: boolean; only: boolean }) {
  const t = useStrings(kioskStrings);
  const [byPassword, setByPassword] = useState(false);
  const password = byPassword || locked;
  return (
    <>
      {locked && <p role="alert">{t('pinLocked')}</p>}
      {password ? (
        <Field
          key="password"
          label={t('password')}
          name="password"
          type="password"
          required
          autoFocus={only}
        />
      ) : (
        <Field
          key="pin"
          label={t('pin')}
          name="pin"
          type="password"
          inputMode="numeric"
          pattern="\d*"
          maxLength={12}
          required
          autoFocus={only}
        />
      )}
      {!locked && (
        <button type="button" className="k-btn quiet" onClick={() => setByPassword(!byPassword)}>
          {t(byPassword ? 'usePin' : 'usePassword')}
        </button>
      )}
    </>
  );
}

export function OperatorScreen({ api, state, changed }: Props) {
  const t = useStrings(kioskStrings);
  const { submit, problem, busy } = useProof(
    (form, proof) => api.signIn(String(form.get('email')), proof),
    changed,
  );
  const main = (
    <form className="k-form" onSubmit={(event) => void submit(event)}>
      <h1>{t('operatorTitle')}</h1>
      <p>{t('operatorText')}</p>
      <Field label={t('email')} name="email" type="email" required />
      <Secret locked={state.kiosk.pinLocked} only={false} />
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
  const { submit, problem, busy } = useProof(async (_, proof) => {
    await api.leave(proof);
    // The desktop app lets its kiosk window be closed when the page goes there.
    location.assign('/kiosk/left');
  }, changed);
  const main = (
    <form className="k-form" onSubmit={(event) => void submit(event)}>
      <h1>{t('lockTitle')}</h1>
      <p>{t('lockText')}</p>
      <Secret locked={state.kiosk.pinLocked} only />
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
