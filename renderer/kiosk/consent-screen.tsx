import { type ReactNode, useEffect, useState } from 'react';
import { useLanguage } from '../ui/strings/language.tsx';
import { readIn } from '../ui/strings/read-in.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import type { KioskApi, KioskState } from './api.ts';
import { Field, Form } from './form.tsx';
import { Frame } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import type { Step } from './step.ts';

interface Props {
  api: KioskApi;
  state: KioskState;
  footer: ReactNode;
  go(step: Step): void;
}

type Asked = Awaited<ReturnType<KioskApi['consent']>>;

/** Who asks, why, what is kept; the typed name is the signature. Both answers are the same size. */
export function ConsentScreen({ api, state, footer, go }: Props) {
  const t = useStrings(kioskStrings);
  const { language } = useLanguage();
  const [asked, setAsked] = useState<Asked>();
  const [none, setNone] = useState(false);
  useEffect(() => {
    const gone = new AbortController();
    api.consent(gone.signal).then(setAsked, (error) => gone.signal.aborted || go({ is: 'refused', error }));
    return () => gone.abort();
  }, [api, go]);

  function agree(typed: FormData) {
    if (!asked) return;
    const purposes = asked.apart ? asked.purposes.filter((one) => typed.has(one)) : asked.purposes;
    setNone(purposes.length === 0);
    if (purposes.length === 0) return;
    const [name, email] = [String(typed.get('name')), String(typed.get('email'))];
    const textVersion = `${asked.version}.${readIn(asked.languages, language)}`;
    go({ is: 'camera', person: { name, email, textVersion, purposes } });
  }
  const main = (
    <Form className="k-consent" send={agree}>
      {() => (
        <>
          <div lang={asked && readIn(asked.languages, language)}>
            <h1 lang={language}>{t('consentTitle')}</h1>
            {asked?.text[language].map((text) => (
              <p key={text}>{text}</p>
            ))}
          </div>
          <div className="k-form">
            <Field label={t('yourName')} name="name" required maxLength={200} autoCapitalize="words" />
            <Field label={t('email')} name="email" type="email" required />
            {asked?.apart && <Purposes asked={asked} none={none} />}
            <p className="k-agree">{t('agreeText', { organization: state.organization })}</p>
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

/** Each purpose is a choice of its own, and none is made for the person. */
function Purposes({ asked, none }: { asked: Asked; none: boolean }) {
  const t = useStrings(kioskStrings);
  return (
    <fieldset className="k-purposes">
      <legend>{t('purposes')}</legend>
      {asked.purposes.map((purpose) => (
        <label key={purpose}>
          <input type="checkbox" name={purpose} />
          <span>{t(purpose)}</span>
        </label>
      ))}
      {none && <p role="alert">{t('purposesMissing')}</p>}
    </fieldset>
  );
}
