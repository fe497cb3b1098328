import { type ReactNode, useEffect, useState } from 'react';
import { referenceOf } from '../../sdk/admin/reference.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import type { KioskState } from './api.ts';
import { Frame } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import { PinForm } from './pin-form.tsx';
import type { Step } from './step.ts';

interface Props {
  state: KioskState;
  step: Extract<Step, { is: 'undecided' }>;
  go(step: Step): void;
  vouch(pin: string, until: AbortSignal): Promise<void>;
  /** Whether the operator is still signed in is to be asked. */
  lost(): Promise<void>;
  footer: ReactNode;
}

/** The clerk looks at the person and decides, or the person tries again. */
export function UndecidedScreen({ state, step, go, vouch, lost, footer }: Props) {
  const t = useStrings(kioskStrings);
  const [url, setUrl] = useState<string>();
  const { picture, email } = step;
  useEffect(() => {
    const made = URL.createObjectURL(picture);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  const again = () => go({ is: 'camera', ...(email === undefined ? {} : { email }) });
  const main = (
    <div className="k-undecided">
      <div className="k-form" role="status">
        <h1>{t('undecidedTitle')}</h1>
        <p>
          {t.rich('undecidedText', {
            reference: <span className="nowrap">{referenceOf(step.reference)}</span>,
          })}
        </p>
        {url !== undefined && <img src={url} alt={t('undecidedPicture')} />}
        <button type="button" className="k-btn" onClick={again}>
          {t('again')}
        </button>
      </div>
      <PinForm
        send={(pin, _, until) => vouch(pin, until)}
        changed={lost}
        heading="h2"
        title={t('forDesk')}
        text={t('undecidedDesk')}
        action={t('vouch')}
      />
    </div>
  );
  return <Frame state={state} main={main} footer={footer} />;
}
