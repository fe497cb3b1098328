import {
  type FormEvent,
  createElement as h,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import type { Connection } from '../ask.ts';
import { HumaChallenge } from '../challenge-react.ts';
import type { ChallengeStrings } from '../challenge-strings.ts';
import type { VerifyResult } from '../messages.ts';
import { startCollecting } from '../page-collector.ts';
import { type ChallengeRange, readChallengeRange } from './decision.ts';
import { createFormPass } from './form-pass.ts';
import { createGateRun, type GateBlock, type GateRun, type GateState } from './gate-run.ts';

/** The submission that was kept back. */
export interface KeptSubmission {
  /** Submits the form with the button that the person pressed. */
  submit(): void;
}

export interface HumaGateProps extends Omit<Connection, 'signal'> {
  userId: string;
  /** Submit the form here, also later, or send its data yourself; your server verifies `result.token`. One submission that your code starts goes through. */
  onPass(result: VerifyResult, submission: KeptSubmission): unknown;
  onBlock(block: GateBlock): void;
  /** Who gets a challenge: confidences of 0.3 to 0.7 when absent. False: no challenge, and `human` decides. */
  challenge?: ChallengeRange | false | undefined;
  /** False: an outage blocks (`why: 'refused'`). */
  failOpen?: boolean | undefined;
  children?: ReactNode;
  strings?: Partial<ChallengeStrings> | undefined;
  className?: string | undefined;
}

/** Around a form: verifies on submit, and shows a challenge where the confidence is uncertain. The form's own handler runs where `onPass` submits the form. */
export function HumaGate(props: HumaGateProps): ReactElement {
  const { apiKey, baseUrl, timeoutMs, fetch, userId, failOpen, children, strings, className } = props;
  const challenge = readChallengeRange(props.challenge);
  const [state, setState] = useState<GateState>({ is: 'idle' });
  const run = useRef<GateRun | undefined>(undefined);
  run.current ??= createGateRun(setState);
  const submissions = useSubmissions();
  const home = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    startCollecting();
    return () => run.current!.end();
  }, []);
  const connection = { apiKey, baseUrl, timeoutMs, fetch };
  const onSubmitCapture = (event: FormEvent) => {
    const own = submissions.keep(event);
    if (own === undefined) return;
    void run.current!.submit({
      connection: { ...connection, userId, failOpen },
      challenge,
      onPass: (result) => own.pass((submission) => latest.current.onPass(result, submission)),
      onBlock: (block) => latest.current.onBlock(block),
    });
  };
  const back = () => home.current?.querySelector<HTMLElement>('[type=submit], button:not([type])')?.focus();
  const { onClickCapture } = submissions;
  return h(
    'div',
    { className },
    h('div', { ref: home, onSubmitCapture, onClickCapture, 'aria-busy': state.is === 'verifying' }, children),
    state.is === 'challenge' &&
      h(HumaChallenge, {
        ...connection,
        userId,
        strings,
        challengeId: state.challenge.challenge_id,
        type: state.challenge.type,
        payload: state.challenge.payload,
        expiresInSeconds: state.challenge.expires_in_seconds,
        onPassed(token) {
          back();
          run.current!.passed(token);
        },
        onBlocked(why) {
          back();
          run.current!.blocked(why);
        },
        onError: (error) => run.current!.failed(error),
      }),
  );
}

/** Keeps the submissions of a person back, and lets those go through that the application starts after one was passed. */
function useSubmissions() {
  const [pass] = useState(createFormPass);
  const pressed = useRef<Element | null>(null);
  return {
    onClickCapture(event: MouseEvent) {
      if (!event.nativeEvent.isTrusted) return;
      pressed.current = (event.target as Element).closest('button, input');
      // The browser submits the form in the task of the press.
      setTimeout(() => {
        pressed.current = null;
      });
    },
    /** Undefined where the submission goes on. */
    keep(event: FormEvent) {
      const form = event.target as HTMLFormElement;
      const { submitter } = event.nativeEvent as SubmitEvent;
      // A second press of the person must not send the form in place of the application.
      const isOfPerson = submitter !== null && submitter === pressed.current;
      if (!isOfPerson && pass.take(form)) return undefined;
      event.preventDefault();
      event.stopPropagation();
      return {
        pass(handle: (submission: KeptSubmission) => unknown) {
          pass.give(form, () => handle({ submit: () => pass.give(form, () => submitWith(form, submitter)) }));
        },
      };
    },
  };
}

/** A button that is no longer there, or no longer of this form, would be refused. */
const submitWith = (form: HTMLFormElement, submitter: HTMLElement | null) =>
  form.requestSubmit((submitter as HTMLButtonElement | null)?.form === form ? submitter : null);
