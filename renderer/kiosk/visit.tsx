import { useCallback, useEffect, useRef, useState } from 'react';
import { Camera } from '../capture/camera/camera.tsx';
import { base64Of } from '../ui/base64.ts';
import { Refusal } from '../ui/refusal.ts';
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
import {
  CheckingScreen,
  Ending,
  NotVerifiedScreen,
  RefusedScreen,
  StartScreen,
  WhoScreen,
  WithoutScreen,
} from './visit-screens.tsx';

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
    : ['start', 'enrolled', 'verified'].includes(step.is)
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
  const { step, go } = useStep();
  const { left, stay, seen } = useIdle(idleOf(step), clear);
  useEffect(() => {
    if (step.is === 'refused' && isSignedOut(step.error)) void lost();
  }, [step, lost]);
  async function send(work: (until: AbortSignal) => Promise<Step>) {
    const until = go({ is: 'checking' });
    const next = await work(until).catch((error): Step => ({ is: 'refused', error, sent: true }));
    if (!until.aborted) go(next);
  }
  const check = (
    { person, email }: Extract<Step, { is: 'camera' }>,
    pictures: Blob[],
    until: AbortSignal,
  ): Promise<Step> =>
    person ? enrollPerson(api, person, pictures, until) : verify(api, email, pictures, until);
  const took = (step: Extract<Step, { is: 'camera' }>) => (pictures: Blob[]) =>
    void send((until) => check(step, pictures, until));
  const testPerson = (step: Extract<Step, { is: 'camera' }>) => (outcome: TestOutcome) =>
    void send(async (until) => check(step, [await testPicture(outcome)], until));
  const vouch = (step: Extract<Step, { is: 'undecided' }>) => async (pin: string, until: AbortSignal) => {
    const { email } = step;
    const about = email === undefined ? {} : { email };
    const decided = await api.verify({ ...about, picture: await base64Of(step.picture), pin }, until);
    until.throwIfAborted();
    go(ended(decided, about));
  };
  const stop = (
    <button type="button" className="k-btn" onClick={clear}>
      {t('stop')}
    </button>
  );
  const without = (
    <button type="button" className="k-btn" onClick={() => go({ is: 'without' })}>
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
        {step.is === 'start' && <StartScreen state={state} lock={lock} go={go} />}
        {step.is === 'consent' && <ConsentScreen api={api} state={state} go={go} footer={footer} />}
        {step.is === 'who' && <WhoScreen state={state} go={go} footer={footer} />}
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
                  wordsOf={wordsOf}
                />
                {state.kiosk.env === 'test' && <TestPersonChoice choose={testPerson(step)} />}
              </>
            }
            footer={footer}
          />
        )}
        {step.is === 'checking' && <CheckingScreen state={state} footer={footer} />}
        {(step.is === 'enrolled' || step.is === 'verified') && (
          <Ending state={state} step={step} clear={clear} />
        )}
        {step.is === 'undecided' && (
          <UndecidedScreen
            state={state}
            step={step}
            go={go}
            vouch={vouch(step)}
            lost={lost}
            footer={footer}
          />
        )}
        {step.is === 'not-verified' && (
          <NotVerifiedScreen state={state} step={step} go={go} footer={footer} />
        )}
        {step.is === 'refused' && <RefusedScreen state={state} step={step} go={go} footer={footer} />}
      </div>
      {left !== undefined && <StillThere left={left} stay={stay} restart={clear} />}
    </>
  );
}

/** The step that is shown. `go` shows another; its signal aborts once that one is gone, so that an answer that comes later is dropped. */
function useStep() {
  const [step, setStep] = useState<Step>({ is: 'start' });
  const shown = useRef<AbortController>(undefined);
  const go = useCallback((next: Step): AbortSignal => {
    shown.current?.abort();
    shown.current = new AbortController();
    setStep(next);
    return shown.current.signal;
  }, []);
  useEffect(() => () => shown.current?.abort(), []);
  return { step, go };
}

const isSignedOut = (error: unknown) =>
  error instanceof Refusal && (error.status === 401 || error.status === 403);

async function verify(
  api: KioskApi,
  email: string | undefined,
  [picture]: Blob[],
  until: AbortSignal,
): Promise<Step> {
  if (!picture) throw new Error('There is no picture to verify.');
  const about = email === undefined ? {} : { email };
  const decided = await api.verify({ ...about, picture: await base64Of(picture) }, until);
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
