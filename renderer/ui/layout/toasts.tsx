import { IconX } from '@tabler/icons-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { Button } from '../controls/button.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './toasts.module.css';

export interface Toast {
  id: number;
  /** At most five words. */
  title: string;
  /** At most one line. Never a name that an erasure removed. */
  text?: string;
  at: number;
  undo?: { label: string; run(): void };
}

interface Toasts {
  /** On the screen now. */
  shown: readonly Toast[];
  /** Under the bell, the newest first. */
  kept: readonly Toast[];
}

/** Milliseconds on the screen. */
const STAY = 6_000;
/** While it is read, or offers to undo: not for ever. */
const STAY_AT_MOST = 30_000;
const KEPT = 50;
const store = { toasts: { shown: [], kept: [] } as Toasts, next: 1, listeners: new Set<() => void>() };

function change(toasts: Toasts): void {
  store.toasts = toasts;
  for (const listener of store.listeners) listener();
}

/** Says that something was done. Errors are never toasts: they stand where they happened. */
export function toast(title: string, more: Pick<Toast, 'text' | 'undo'> = {}): void {
  const one: Toast = { id: store.next++, title, at: Date.now(), ...more };
  const { shown, kept } = store.toasts;
  const { undo: _, ...plain } = one;
  change({ shown: [...shown, one], kept: [plain, ...kept].slice(0, KEPT) });
}

const dismiss = (id: number) =>
  change({ ...store.toasts, shown: store.toasts.shown.filter((one) => one.id !== id) });

export const useToasts = (): Toasts =>
  useSyncExternalStore(
    (listener) => {
      store.listeners.add(listener);
      return () => store.listeners.delete(listener);
    },
    () => store.toasts,
  );

/** Where toasts appear: once on a page. */
export function ToastRegion() {
  const { shown } = useToasts();
  return (
    <div className={styles.region} role="status">
      {shown.map((one) => (
        <ShownToast key={one.id} toast={one} />
      ))}
    </div>
  );
}

/** Goes by itself: later where it offers to undo, or while the pointer or the focus is on it. All of them stay under the bell. */
function ShownToast({ toast: { id, title, text, undo } }: { toast: Toast }) {
  const t = useStrings(uiStrings);
  const [held, setHeld] = useState(false);
  const stay = held || undo !== undefined ? STAY_AT_MOST : STAY;
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), stay);
    return () => clearTimeout(timer);
  }, [id, stay]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the pointer over it only keeps it from going
    <div
      className={styles.toast}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <div className={styles.text}>
        <b>{title}</b>
        {text !== undefined && <div className="small muted">{text}</div>}
      </div>
      {undo && (
        <Button
          small
          onClick={() => {
            undo.run();
            dismiss(id);
          }}
        >
          {undo.label}
        </Button>
      )}
      <Button kind="quiet" small square aria-label={t('dismiss')} onClick={() => dismiss(id)}>
        <IconX size={16} stroke={1.75} />
      </Button>
    </div>
  );
}
