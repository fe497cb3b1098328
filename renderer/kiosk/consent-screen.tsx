import { type ReactNode, useEffect, useState } from 'react';
import { useLanguage } from '../ui/strings/language.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import type { KioskApi, KioskState } from './api.ts';
import { Field } from './field.tsx';
import { Form } from './form.tsx';
import { Frame } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import type { Step } from './step.ts';

interface Props {
  api: KioskApi;
  state: KioskState;
  footer: ReactNode;
  go(step: Step): void;
}

/** Who asks, why, what is kept; the typed name is the signature. Both answers are the same size. */
export function ConsentScreen({ api, state, footer, go }: Props) {
  const t = useStrings(kioskStrings);
  const { language } = useLanguage();
  const [asked, setAsked] = useState<Awaited<ReturnType<KioskApi['consent']>>>();
  useEffect(() => {
    api.consent().then(setAsked, () => go({ is: 'refused', message: t('noAnswer') }));
  }, [api, go, t]);

  function agree(typed: FormData) {
    const [name, email] = [String(typed.get('name')), String(typed.get('email'))];
    if (asked) go({ is: 'camera', person: { name, email, textVersion: asked.version } });
  }
  const main = (
    <Form className="k-consent" send={agree}>
      {() => (
        <>
          <div>
            <h1>{t('consentTitle')}</h1>
            {asked?.text[language].map((text) => (
              <p key={text}>{text}</p>
            ))}
          </div>
          <div className="k-form">
            <Field label={t('yourName')} name="name" required maxLength={200} autoCapitalize="words" />
            <Field label={t('email')} name="email" type="email" required />
            <div className="k-row">
              <button type="button" className="k-btn" onClick={() => go({ is: 'without' })}>
                {t('decline')}
              </button>
              <button type="submit" className="k-btn" aria-disabled={!asked}>
                {t('agree')}
              </button>
            </div>
          </div>
        </>
      )}
    </Form>
  );
  return <Frame state={state} main={main} footer={footer} />;
}
