import { useCallback, useEffect, useState } from 'react';
import { Refusal } from '../ui/refusal.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import { createKioskApi, type KioskApi, type KioskState } from './api.ts';
import { type DeviceIdentity, readIdentity } from './device-key.ts';
import { Field } from './form.tsx';
import { Frame, initialsOf, Settings } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import { PairScreen } from './pair-screen.tsx';
import { PinForm } from './pin-form.tsx';
import { Visit } from './visit.tsx';

type Stage =
  | { is: 'loading' }
  | { is: 'unpaired' }
  | { is: 'revoked' }
  | { is: 'offline' }
  | { is: 'ready'; api: KioskApi; state: KioskState; locking: boolean };

const POLL = 30_000;

/** From the unpaired device to one visit after another. */
export function Kiosk() {
  const t = useStrings(kioskStrings);
  const [stage, setStage] = useState<Stage>({ is: 'loading' });
  const load = useCallback(async (identity?: DeviceIdentity) => {
    const known = identity ?? (await readIdentity().catch(() => undefined));
    if (!known) return setStage({ is: 'unpaired' });
    const api = createKioskApi(known);
    try {
      setStage({ is: 'ready', api, state: await api.state(), locking: false });
    } catch (error) {
      setStage({ is: error instanceof Refusal && error.status === 401 ? 'revoked' : 'offline' });
    }
  }, []);
  useEffect(() => void load(), [load]);
  const api = stage.is === 'ready' ? stage.api : undefined;
  // A refusal, or a network that is away, may be over by itself.
  const isOut = stage.is === 'revoked' || stage.is === 'offline';
  const refresh = useCallback(async () => {
    if (isOut) await load();
    if (!api) return;
    try {
      const state = await api.state();
      setStage((now) =>
        now.is === 'ready' ? { ...now, state, locking: now.locking && !state.kiosk.pinLocked } : now,
      );
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) setStage({ is: 'revoked' });
    }
  }, [api, isOut, load]);
  useEffect(() => {
    const timer = setInterval(() => void refresh(), POLL);
    return () => clearInterval(timer);
  }, [refresh]);
  if (stage.is === 'loading') return <Frame main={<p role="status">{t('wait')}</p>} />;
  if (stage.is === 'unpaired') return <PairScreen paired={load} />;
  if (stage.is === 'offline') {
    const trouble = (
      <Trouble
        title={t('offlineTitle')}
        text={t('offlineText')}
        action={t('again')}
        act={() => void load()}
      />
    );
    return <Frame main={trouble} footer={<p className="muted">{t('offlineStaff')}</p>} />;
  }
  if (stage.is === 'revoked') {
    // The key is kept until another pairing takes its place.
    const act = () => setStage({ is: 'unpaired' });
    return <Frame main={<Trouble title={t('revoked')} action={t('pairAgain')} act={act} />} />;
  }
  const { state, locking } = stage;
  const lock = () => setStage({ ...stage, locking: true });
  const back = () => setStage((now) => (now.is === 'ready' ? { ...now, locking: false } : now));
  const common = { api: stage.api, state };
  if (locking) return <LockScreen {...common} changed={refresh} back={back} />;
  if (!state.operator) return <OperatorScreen {...common} changed={refresh} lock={lock} />;
  return <Visit {...common} lock={lock} lost={refresh} />;
}

interface TroubleProps {
  title: string;
  text?: string;
  action: string;
  act(): void;
}

function Trouble({ title, text, action, act }: TroubleProps) {
  return (
    <div className="k-form" role="alert">
      <h1>{title}</h1>
      {text && <p>{text}</p>}
      <button type="button" className="k-btn primary" onClick={act}>
        {action}
      </button>
    </div>
  );
}

interface Props {
  api: KioskApi;
  state: KioskState;
  changed(): Promise<void>;
}

function OperatorScreen({ api, state, changed, lock }: Props & { lock(): void }) {
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
      send={(pin, typed, until) => api.signIn(String(typed.get('email')), pin, until)}
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
function LockScreen({ api, state, changed, back }: Props & { back(): void }) {
  const t = useStrings(kioskStrings);
  async function leave(pin: string, typed: FormData, until: AbortSignal) {
    const email = String(typed.get('email') ?? '').trim();
    const { token } = await api.leave(pin, email === '' ? undefined : email, until);
    until.throwIfAborted();
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
      text={operator ? t('lockText', { operator: initialsOf(operator.name) }) : t('lockTextNoOperator')}
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
