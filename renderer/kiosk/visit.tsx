import { useEffect, useState } from 'react';
import { Camera } from '../capture/camera/camera.tsx';
import { languageOf, useLanguage } from '../ui/strings/language.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import { type KioskApi, type KioskState, Refusal, toBase64 } from './api.ts';
import { ConsentScreen } from './consent-screen.tsx';
import { enrollPerson } from './enroll-person.ts';
import { Frame } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import type { Step } from './step.ts';
import { StillThere } from './still-there.tsx';
import { useIdle } from './use-idle.ts';
import { Ending, Outcome, StartScreen, WhoScreen, WithoutScreen } from './visit-screens.tsx';

interface VisitProps {
  api: KioskApi;
  state: KioskState;
  lock(): void;
  /** Whether the operator is still signed in is to be asked. */
  lost(): Promise<void>;
}

/** Seconds without a touch or a face before the page asks whether the person is still there. */
const idleOf = (step: Step): number | undefined =>
  step.is === 'consent'
    ? 120
    : ['start', 'checking', 'enrolled', 'verified'].includes(step.is)
      ? undefined
      : 40;
const PICTURES = 3;

/** One person after another. */
export function Visit(props: VisitProps) {
  const [number, setNumber] = useState(0);
  const { choose } = useLanguage();
  const first = languageOf(props.state.language ?? null, navigator.languages);
  useEffect(() => choose(first), [choose, first]);
  const clear = () => {
    document.documentElement.classList.remove('larger');
    choose(first);
    setNumber((before) => before + 1);
  };
  return <OneVisit key={number} {...props} clear={clear} />;
}

function OneVisit({ api, state, lock, lost, clear }: VisitProps & { clear(): void }) {
  const t = useStrings(kioskStrings);
  const [step, setStep] = useState<Step>({ is: 'start' });
  const { left, stay, seen } = useIdle(idleOf(step), clear);

  async function send(work: () => Promise<Step>) {
    setStep({ is: 'checking' });
    try {
      setStep(await work());
    } catch (error) {
      const said = error instanceof Refusal ? error : new Refusal(0, 'NO_ANSWER', '');
      const waits = said.code === 'DUPLICATE_IDENTITY';
      setStep({ is: 'refused', message: waits ? t('waits') : said.message || t('noAnswer') });
      if (said.status === 401 || said.status === 403) await lost();
    }
  }
  const took = (step: Extract<Step, { is: 'camera' }>) => (pictures: Blob[]) =>
    void send(() =>
      step.person ? enrollPerson(api, step.person, pictures) : verify(api, step.email, pictures),
    );

  const stop = (
    <button type="button" className="k-btn" onClick={clear}>
      {t('stop')}
    </button>
  );
  const without = (
    <button type="button" className="k-btn" onClick={() => setStep({ is: 'without' })}>
      {t('without')}
    </button>
  );
  const footer = (
    <>
      {stop}
      {step.is !== 'without' && without}
    </>
  );
  return (
    <>
      <div inert={left !== undefined}>
        {step.is === 'start' && <StartScreen state={state} lock={lock} go={setStep} />}
        {step.is === 'consent' && <ConsentScreen api={api} state={state} go={setStep} footer={footer} />}
        {step.is === 'who' && <WhoScreen state={state} go={setStep} footer={footer} />}
        {step.is === 'without' && <WithoutScreen state={state} footer={stop} />}
        {step.is === 'camera' && (
          <Frame
            state={state}
            main={
              <Camera
                large
                count={step.person ? PICTURES : 1}
                openCapture={api.openCapture}
                onPictures={took(step)}
                onFace={seen}
              />
            }
            footer={footer}
          />
        )}
        {step.is === 'checking' && <Frame state={state} main={<h1 role="status">{t('checking')}</h1>} />}
        {(step.is === 'enrolled' || step.is === 'verified') && (
          <Ending state={state} step={step} clear={clear} />
        )}
        {(step.is === 'not-verified' || step.is === 'refused') && (
          <Outcome state={state} step={step} go={setStep} footer={footer} />
        )}
      </div>
      {left !== undefined && <StillThere left={left} stay={stay} restart={clear} />}
    </>
  );
}

async function verify(api: KioskApi, email: string | undefined, [picture]: Blob[]): Promise<Step> {
  if (!picture) throw new Error('There is no picture to verify.');
  const about = email === undefined ? {} : { email };
  const { verified, reference } = await api.verify({ ...about, picture: await toBase64(picture) });
  return verified ? { is: 'verified' } : { is: 'not-verified', reference, ...about };
}
