import {
  type FormEvent,
  createElement as h,
  type ReactElement,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import type { Connection } from './ask.ts';
import { HumaChallenge } from './challenge-react.ts';
import type { ChallengeStrings } from './challenge-strings.ts';
import { createGateRun, type GateBlock, type GateRun, type GateState } from './gate-run.ts';
import type { VerifyResult } from './messages.ts';
import { startCollecting } from './page-collector.ts';

export interface HumaGateProps extends Omit<Connection, 'signal'> {
  userId: string;
  /** Submit the form here; your server verifies `result.token`. A submission that it starts at once goes through. */
  onPass(result: VerifyResult): void;
  onBlock(block: GateBlock): void;
  /** False: an outage blocks (`why: 'refused'`). */
  failOpen?: boolean | undefined;
  children?: ReactNode;
  strings?: Partial<ChallengeStrings> | undefined;
  className?: string | undefined;
}

/** Around a form: verifies on submit, and shows a challenge where the confidence is uncertain. The form's own handler does not run. */
export function HumaGate(props: HumaGateProps): ReactElement {
  const { apiKey, baseUrl, timeoutMs, fetch, userId, failOpen, children, strings, className } = props;
  const [state, setState] = useState<GateState>({ is: 'idle' });
  const run = useRef<GateRun | undefined>(undefined);
  run.current ??= createGateRun(setState);
  const isPassing = useRef(false);
  const home = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    startCollecting();
    return () => run.current!.end();
  }, []);
  const connection = { apiKey, baseUrl, timeoutMs, fetch };
  const onPass = (result: VerifyResult) => {
    isPassing.current = true;
    try {
      latest.current.onPass(result);
    } finally {
      isPassing.current = false;
    }
  };
  const onSubmitCapture = (event: FormEvent) => {
    if (isPassing.current) return;
    event.preventDefault();
    event.stopPropagation();
    void run.current!.submit({
      connection: { ...connection, userId, failOpen },
      onPass,
      onBlock: (block) => latest.current.onBlock(block),
    });
  };
  const back = () => home.current?.querySelector<HTMLElement>('[type=submit], button:not([type])')?.focus();
  return h(
    'div',
    { className },
    h('div', { ref: home, onSubmitCapture, 'aria-busy': state.is === 'verifying' }, children),
    state.is === 'challenge' &&
      h(HumaChallenge, {
        ...connection,
        ...{ userId, strings },
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
