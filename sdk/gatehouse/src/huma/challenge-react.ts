import { createElement as h, type ReactElement, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { Connection } from './ask.ts';
import { ChallengeBoard } from './challenge-board-react.ts';
import {
  type BlockedBy,
  type ChallengeRun,
  type ChallengeState,
  createChallengeRun,
} from './challenge-run.ts';
import { type ChallengeStrings, english } from './challenge-strings.ts';
import { type ChallengeView, viewOf } from './challenge-view.ts';
import type { HumaError } from './huma-error.ts';
import type { Challenge } from './messages.ts';

export interface HumaChallengeProps extends Omit<Connection, 'signal'> {
  challengeId: string;
  type: Challenge['type'];
  payload: Challenge['payload'];
  /** With it, a challenge whose time is over can be replaced by a new one. */
  userId?: string | undefined;
  /** `expires_in_seconds` of the challenge; 300 when absent. */
  expiresInSeconds?: number | undefined;
  onPassed(token: string): void;
  onBlocked?: ((why: BlockedBy) => void) | undefined;
  onError?: ((error: HumaError) => void) | undefined;
  /** In the language of the page. */
  strings?: Partial<ChallengeStrings> | undefined;
  /** False: the focus stays where it is when the challenge appears. */
  autoFocus?: boolean | undefined;
  className?: string | undefined;
}

/** The challenge of `/api/v1/challenge/create`: click a target, or draw a path. For mouse, touch, keyboard and screen reader. */
export function HumaChallenge(props: HumaChallengeProps): ReactElement {
  return h(OneChallenge, { ...props, key: props.challengeId });
}

function OneChallenge(props: HumaChallengeProps): ReactElement {
  const { payload, type, challengeId, expiresInSeconds = 300, autoFocus = true, className } = props;
  const strings = useMemo(() => ({ ...english, ...props.strings }), [props.strings]);
  const [state, setState] = useState<ChallengeState>(() => ({
    is: 'open',
    status: '',
    challenge: { challenge_id: challengeId, type, payload, expires_in_seconds: expiresInSeconds },
  }));
  const view = useMemo(() => viewOf(state.challenge, strings), [state.challenge, strings]);
  const { chosen, said, choose, clear } = useChosen(view, strings);
  const run = useRun(state.challenge, props, strings, (next) => {
    setState(next);
    if (next.is === 'open') clear();
  });
  const own = state.challenge.challenge_id;
  const isOver = state.is === 'passed' || state.is === 'blocked' || state.is === 'expired';
  const instruction = useFocusAt(`${own} ${isOver}`, autoFocus);
  const id = useId();
  const busy = state.is !== 'open';
  const onChoose = (item: string, how: 'press' | 'line') => {
    if (busy) return;
    if (view.is === 'targets') void run.current?.answer(item);
    else choose(item, how);
  };
  const command = (text: string, onClick: () => void, isOff = false) =>
    h(
      'button',
      { key: text, type: 'button', 'aria-disabled': isOff || undefined, onClick, style: commandStyle },
      text,
    );
  const hint = view.hintPicture
    ? h('img', { src: view.hintPicture, alt: strings.path, style: { maxWidth: '12rem', display: 'block' } })
    : view.hint !== undefined && h('p', { id: `${id}-hint`, style: textStyle }, view.hint);
  return h(
    'div',
    {
      role: 'group',
      'aria-label': strings.title,
      'aria-describedby': `${id}-what`,
      className,
      'aria-busy': state.is === 'checking',
    },
    h(
      'p',
      { id: `${id}-what`, ref: instruction, tabIndex: -1, style: textStyle },
      isOver ? state.status : view.instruction,
    ),
    isOver
      ? null
      : [
          h('div', { key: 'hint' }, hint),
          h(ChallengeBoard, { key: own, view, chosen, busy, chosenName: strings.chosen, onChoose }),
          view.is === 'dots' &&
            h(
              'div',
              { key: 'commands' },
              command(
                strings.check,
                () => chosen.length > 1 && void run.current?.answer(chosen.join('-')),
                busy || chosen.length < 2,
              ),
              command(
                strings.undo,
                () => chosen.length > 0 && onChoose(chosen.at(-1)!, 'press'),
                busy || chosen.length === 0,
              ),
            ),
          h(
            'div',
            { key: 'other' },
            command(strings.accessible, () => void run.current?.replace({ accessible: true }), busy),
          ),
        ],
    state.is === 'expired' &&
      props.userId !== undefined &&
      command(strings.again, () => void run.current?.replace({ accessible: false })),
    h('p', { role: 'status', style: textStyle }, isOver ? '' : (state.is === 'open' && said) || state.status),
  );
}

/** Moves the focus to the paragraph when `moment` changes, and at first where `isAtFirst`. */
function useFocusAt(moment: string, isAtFirst: boolean) {
  const paragraph = useRef<HTMLParagraphElement>(null);
  // React runs an effect again for what it has seen: in strict mode, and in an `Activity` that is shown again.
  const seen = useRef(isAtFirst ? undefined : moment);
  useEffect(() => {
    if (seen.current !== moment) paragraph.current?.focus();
    seen.current = moment;
  }, [moment]);
  return paragraph;
}

/** The dots in the order in which they were chosen, and what a screen reader says of the last one. Pressing the last one again takes it back. */
function useChosen(view: ChallengeView, strings: ChallengeStrings) {
  const [{ chosen, said }, set] = useState<{ chosen: readonly string[]; said: string }>(nothing);
  const nameOf = (item: string) => view.items.find((one) => one.id === item)?.name ?? '';
  const choose = (item: string, how: 'press' | 'line') =>
    set((before) => {
      const isLast = before.chosen.at(-1) === item;
      if (isLast && how === 'press')
        return { chosen: before.chosen.slice(0, -1), said: strings.undone(nameOf(item)) };
      if (before.chosen.includes(item)) return before;
      const chosen = [...before.chosen, item];
      return { chosen, said: strings.chosen(nameOf(item), chosen.length) };
    });
  return { chosen, said, choose, clear: () => set(nothing) };
}

const nothing = { chosen: [], said: '' };

/** The run lives as long as the component; what is shown by another challenge in its place belongs to the same run. */
function useRun(
  challenge: Challenge,
  props: HumaChallengeProps,
  strings: ChallengeStrings,
  show: (state: ChallengeState) => void,
) {
  const run = useRef<ChallengeRun | undefined>(undefined);
  const latest = useRef({ challenge, props, strings, show });
  latest.current = { challenge, props, strings, show };
  useEffect(() => {
    const { challenge: first, props: given, strings: words } = latest.current;
    const { apiKey, baseUrl, timeoutMs, fetch, userId } = given;
    const own = createChallengeRun(first, {
      connection: { apiKey, baseUrl, timeoutMs, fetch },
      userId,
      strings: words,
      show: (state) => latest.current.show(state),
      onPassed: (token) => latest.current.props.onPassed(token),
      onBlocked: (why) => latest.current.props.onBlocked?.(why),
      onError: (error) => latest.current.props.onError?.(error),
    });
    run.current = own;
    return () => own.end();
  }, []);
  return run;
}

const textStyle = { margin: '0.25rem 0' };
const commandStyle = {
  font: 'inherit',
  minHeight: '2.75rem',
  padding: '0 1rem',
  margin: '0.25rem 0.5rem 0.25rem 0',
};
