import { useCallback, useEffect, useRef, useState } from 'react';
import { Camera } from '../capture/camera/camera.tsx';
import { base64Of } from '../ui/base64.ts';
import { noAnswer, Refusal } from '../ui/refusal.ts';
import { languageOf, useLanguage } from '../ui/strings/language.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import { type TestOutcome, TestPersonChoice, testPicture } from '../ui/test-people/test-person-choice.tsx';
import type { KioskApi, KioskState } from './api.ts';
import { ConsentScreen } from './consent-screen.tsx';
import { enrollPerson } from './enroll-person.ts';
import { Frame } from './frame.tsx';
import { kioskStrings } from './kiosk-strings.ts';
import { useRefusalWords } from './refusal-words.ts';
import type { Step } from './step.ts';
import { UndecidedScreen } from './undecided-screen.tsx';
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
  step.is === 'consent' || step.is === 'undecided'
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
  const wordsOf = useRefusalWords();
  const [step, setStep] = useState<Step>({ is: 'start' });
  const { left, stay, seen } = useIdle(idleOf(step), clear);
  async function send(work: () => Promise<Step>) {
    setStep({ is: 'checking' });
    try {
      setStep(await work());
    } catch (error) {
      const said = error instanceof Refusal ? error : noAnswer(error);
      const waits = said.code === 'DUPLICATE_IDENTITY';
      setStep(
        said.sentence === undefined
          ? { is: 'refused', words: { text: t('cutText') }, cut: true }
          : { is: 'refused', words: waits ? { text: t('waits') } : wordsOf(said) },
      );
      if (said.status === 401 || said.status === 403) await lost();
    }
  }
  const took = (step: Extract<Step, { is: 'camera' }>) => (pictures: Blob[]) =>
    void send(() =>
      step.person ? enrollPerson(api, step.person, pictures) : verify(api, step.email, pictures),
    );
  const testPerson = (step: Extract<Step, { is: 'camera' }>) => (outcome: TestOutcome) =>
    void testPicture(outcome).then(
      (picture) => took(step)([picture]),
      () => setStep({ is: 'refused', words: { text: t('noAnswer') } }),
    );
  const vouch = (step: Extract<Step, { is: 'undecided' }>) => async (pin: string) => {
    const { email } = step;
    const about = email === undefined ? {} : { email };
    setStep(ended(await api.verify({ ...about, picture: await base64Of(step.picture), pin }), about));
  };
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
              <>
                <Camera
                  large
                  count={step.person ? PICTURES : 1}
                  openCapture={api.openCapture}
                  onPictures={took(step)}
                  onFace={seen}
                />
                {state.kiosk.env === 'test' && <TestPersonChoice choose={testPerson(step)} />}
              </>
            }
            footer={footer}
          />
        )}
        {step.is === 'checking' && <Frame state={state} main={<h1 role="status">{t('checking')}</h1>} />}
        {(step.is === 'enrolled' || step.is === 'verified') && (
          <Ending state={state} step={step} clear={clear} />
        )}
        {step.is === 'undecided' && (
          <UndecidedScreen
            state={state}
            step={step}
            go={setStep}
            vouch={vouch(step)}
            lost={lost}
            footer={footer}
          />
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
  const decided = await api.verify({ ...about, picture: await base64Of(picture) });
  if (decided.undecided) return { is: 'undecided', picture, reference: decided.reference, ...about };
  return ended(decided, about);
}

const ended = (
  { verified, reference, person }: Awaited<ReturnType<KioskApi['verify']>>,
  about: { email?: string },
): Step => (verified ? { is: 'verified', reference, person } : { is: 'not-verified', reference, ...about });

/** Asked before the screen clears itself. */
function StillThere({ left, stay, restart }: { left: number; stay(): void; restart(): void }) {
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

/** Seconds that the question stays; the least WCAG 2.2.1 allows. */
const ASKED = 20;
const signs = ['pointerdown', 'keydown', 'input'] as const;

/**
 * Seconds that are left, counted from `after` seconds without a touch; undefined before. `stay` answers the question, `seen`
 * counts as a touch (a face before the camera).
 */
function useIdle(after: number | undefined, over: () => void) {
  const [left, setLeft] = useState<number>();
  const last = useRef(performance.now());
  const end = useRef(over);
  end.current = over;
  const stay = useCallback(() => {
    last.current = performance.now();
    setLeft(undefined);
  }, []);
  const seen = useCallback(() => {
    last.current = performance.now();
  }, []);
  useEffect(() => {
    stay();
    if (after === undefined) return;
    // While it is asked, only the answer counts.
    const touched = () => {
      if (performance.now() - last.current < after * 1000) last.current = performance.now();
    };
    for (const sign of signs) addEventListener(sign, touched, { passive: true });
    const timer = setInterval(() => {
      const idle = (performance.now() - last.current) / 1000 - after;
      if (idle >= ASKED) end.current();
      else setLeft(idle < 0 ? undefined : Math.ceil(ASKED - idle));
    }, 250);
    return () => {
      clearInterval(timer);
      for (const sign of signs) removeEventListener(sign, touched);
    };
  }, [after, stay]);
  return { left, stay, seen };
}
