import { useCallback, useEffect, useState } from 'react';
import { useStrings } from '../ui/strings/use-strings.ts';
import { createKioskApi, type KioskApi, type KioskState, Refusal } from './api.ts';
import { type DeviceIdentity, forgetIdentity, readIdentity } from './device-key.ts';
import { Frame } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import { LockScreen, OperatorScreen } from './operator-screens.tsx';
import { PairScreen } from './pair-screen.tsx';
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
  const refresh = useCallback(async () => {
    if (!api) return;
    try {
      const state = await api.state();
      setStage((now) =>
        now.is === 'ready' ? { ...now, state, locking: now.locking && !state.kiosk.pinLocked } : now,
      );
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) setStage({ is: 'revoked' });
    }
  }, [api]);
  useEffect(() => {
    const timer = setInterval(() => void refresh(), POLL);
    return () => clearInterval(timer);
  }, [refresh]);

  if (stage.is === 'loading') return <Frame main={<p role="status">{t('wait')}</p>} />;
  if (stage.is === 'unpaired') return <PairScreen paired={load} />;
  if (stage.is === 'offline') {
    return <Frame main={<Trouble text={t('noAnswer')} action={t('again')} act={() => void load()} />} />;
  }
  if (stage.is === 'revoked') {
    const act = () => void forgetIdentity().then(() => setStage({ is: 'unpaired' }));
    return <Frame main={<Trouble text={t('revoked')} action={t('pairAgain')} act={act} />} />;
  }
  const { state, locking } = stage;
  const lock = () => setStage({ ...stage, locking: true });
  const back = () => setStage((now) => (now.is === 'ready' ? { ...now, locking: false } : now));
  const common = { api: stage.api, state };
  if (locking) return <LockScreen {...common} changed={refresh} back={back} />;
  if (!state.operator) return <OperatorScreen {...common} changed={refresh} lock={lock} />;
  return <Visit {...common} lock={lock} lost={refresh} />;
}

function Trouble({ text, action, act }: { text: string; action: string; act(): void }) {
  return (
    <div className="k-form" role="alert">
      <h1>{text}</h1>
      <button type="button" className="k-btn primary" onClick={act}>
        {action}
      </button>
    </div>
  );
}
