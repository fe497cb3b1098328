import { useEffect, useRef } from 'react';
import { useStrings } from '../ui/strings/use-strings.ts';
import { kioskStrings } from './kiosk-strings.ts';

interface StillThereProps {
  left: number;
  stay(): void;
  restart(): void;
}

/** Asked before the screen clears itself. */
export function StillThere({ left, stay, restart }: StillThereProps) {
  const t = useStrings(kioskStrings);
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => yes.current?.focus(), []);
  return (
    <div className="k-veil">
      <div
        className="k-still"
        role="alertdialog"
        aria-modal="true"
        aria-labelledby="still"
        aria-describedby="still-text"
      >
        <h1 id="still">{t('stillThere')}</h1>
        <p id="still-text" className="num">
          {t('stillText', { count: left })}
        </p>
        <progress value={left} max={20} aria-hidden="true" />
        <div className="k-row">
          <button type="button" className="k-btn" onClick={restart}>
            {t('restart')}
          </button>
          <button type="button" className="k-btn primary" onClick={stay} ref={yes}>
            {t('stay')}
          </button>
        </div>
      </div>
    </div>
  );
}
