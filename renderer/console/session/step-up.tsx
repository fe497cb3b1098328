import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Button } from '../../ui/controls/index.ts';
import { Dialog, Note, Row } from '../../ui/layout/index.ts';
import { uiStrings, useStrings } from '../../ui/strings/index.ts';
import { auth } from '../api/auth.ts';
import { askForPasskey } from './passkeys.ts';
import { sessionStrings } from './session-strings.ts';

type Waiting = (proven: boolean) => void;
const store = { waiting: [] as readonly Waiting[], listeners: new Set<() => void>() };

function change(waiting: readonly Waiting[]): void {
  store.waiting = waiting;
  for (const listener of store.listeners) listener();
}

/** Shows the dialog; several requests that wait are answered by one proof. */
export const askForProof = (): Promise<boolean> =>
  new Promise((resolve) => change([...store.waiting, resolve]));

function settle(proven: boolean): void {
  const { waiting } = store;
  change([]);
  for (const resolve of waiting) resolve(proven);
}

/** The dialog for a fresh second factor: once on the page. */
export function StepUpDialog() {
  const t = useStrings(sessionStrings);
  const ui = useStrings(uiStrings);
  const [state, setState] = useState<'asking' | 'busy' | 'failed'>('asking');
  const waiting = useSyncExternalStore(
    (listener) => {
      store.listeners.add(listener);
      return () => store.listeners.delete(listener);
    },
    () => store.waiting,
  );
  const prove = async () => {
    setState('busy');
    try {
      await auth.stepUp(await askForPasskey(await auth.stepUpOptions()));
      setState('asking');
      settle(true);
    } catch {
      setState('failed');
    }
  };
  const cancel = () => {
    setState('asking');
    settle(false);
  };
  const opened = waiting.length > 0;
  const begun = useRef(false);
  useEffect(() => {
    if (opened === begun.current) return;
    begun.current = opened;
    // Of a click a moment ago, such as "Erase with passkey": it takes no second one.
    if (opened && navigator.userActivation?.isActive) void prove();
  });
  return (
    <Dialog opened={opened} title={t('proveTitle')} size={undefined} close={cancel}>
      <p className="muted">{t('proveText')}</p>
      {state === 'failed' && (
        <Note kind="bad" title={t('proveFailed')}>
          {t('proveFailedText')}
        </Note>
      )}
      <Row>
        <Button kind="primary" busy={state === 'busy'} onClick={() => void prove()} data-autofocus>
          {t('provePasskey')}
        </Button>
        <Button onClick={cancel}>{ui('cancel')}</Button>
      </Row>
    </Dialog>
  );
}
