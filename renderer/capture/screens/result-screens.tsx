import {
  IconAppWindow,
  IconArrowsHorizontal,
  IconCamera,
  IconCheck,
  IconClock,
  IconDeviceMobile,
  IconEye,
  IconHourglass,
  IconRotateClockwise,
  IconSun,
  IconUser,
  IconWifi,
  IconX,
  type TablerIcon,
} from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { referenceOf } from '../../../sdk/admin/reference.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { captureStrings } from '../capture-strings.ts';
import { Button, Heading, Sheet } from '../parts/frame.tsx';
import { useText } from '../parts/use-text.ts';
import { wayBackOf, windowFrames } from '../session/ending.ts';
import { wordOfStep } from '../session/instruction.ts';
import type { View } from '../session/view.ts';
import type { Description, LiveState, Result, StepName } from '../session/wire.ts';
import { Line, TakingBack } from './consent-screen.tsx';

/** Seconds for which a result is shown before the page goes back; 0: it stays. */
const GOES_BACK_IN = 20;

/** A check that asks who the person is, not only whether there is one. */
const asksWho = (description: Description | undefined): boolean =>
  description?.flow === 'presence' ||
  ['verifyidentity', 'verifytrust', 'verifyage'].includes(description?.product ?? '');

interface BetweenProps {
  view: View;
  live: LiveState;
  again(): void;
  leave(why: 'cancel' | 'other'): void;
}

const tips = {
  LIGHT: ['tipLight', 'tipLens', 'tipFace'],
  MOVEMENT: ['tipSlow', 'tipUpright', 'tipLight'],
  DIRECTION: ['tipArrow', 'tipSlow', 'tipUpright'],
  FACE: ['tipInside', 'tipUpright', 'tipFace'],
  ALONE: ['tipAlone', 'tipInside', 'tipUpright'],
  TIME: ['tipReady', 'tipSlow', 'tipLight'],
  STALLED: ['tipNetwork', 'tipPrograms', 'tipOpen'],
  INTERRUPTED: ['tipOpen', 'tipReady', 'tipNetwork'],
  LOST: ['tipReady', 'tipOpen'],
  UNSURE: ['tipLight', 'tipFace', 'tipCamera'],
  Box: ['tipWait', 'tipOpen'],
  Network: ['tipNetwork', 'tipPrograms', 'tipOpen'],
  Camera: ['tipLight', 'tipPrograms', 'tipLens'],
} as const;
const tipIcons = {
  tipLight: IconSun,
  tipLens: IconCamera,
  tipUpright: IconDeviceMobile,
  tipFace: IconEye,
  tipSlow: IconRotateClockwise,
  tipArrow: IconArrowsHorizontal,
  tipInside: IconUser,
  tipAlone: IconUser,
  tipReady: IconClock,
  tipCamera: IconCamera,
  tipWait: IconHourglass,
  tipNetwork: IconWifi,
  tipPrograms: IconX,
  tipOpen: IconAppWindow,
} as const;

const wrongWays: Partial<Record<StepName, 'wrongLeft' | 'wrongRight' | 'wrongUp' | 'wrongDown'>> = {
  'turn-left': 'wrongLeft',
  'turn-right': 'wrongRight',
  'look-up': 'wrongUp',
  'look-down': 'wrongDown',
};

/** What went wrong, by the step that the person saw last, and three things to try. */
function useCause({ live, lastStep, slow = 'Network' }: View) {
  const t = useStrings(captureStrings);
  const code = live?.notPassed?.code ?? 'UNSURE';
  if (code === 'SLOW') return { why: t(`tooFew${slow}`), try: tips[slow] };
  if (code === 'TIME' && lastStep)
    return { why: t('timeFor', { step: t(wordOfStep[lastStep]) }), try: tips.TIME };
  const wrong = code === 'DIRECTION' && lastStep && wrongWays[lastStep];
  return { why: t(wrong || `why${code}`), try: tips[code] };
}

/** After an attempt that did not pass: no score and no blame. */
export function BetweenScreen({ view, live, again, leave }: BetweenProps) {
  const { description, reference } = view;
  const t = useStrings(captureStrings);
  const cause = useCause(view);
  return (
    <Sheet
      description={description}
      cancel={() => leave('cancel')}
      acts={
        <>
          <Button primary onClick={again}>
            {t('tryAgain')}
          </Button>
          <Button onClick={() => leave('other')}>{t('otherWay')}</Button>
          <Reference reference={reference} />
        </>
      }
    >
      <span className="c-mark round bad">
        <IconX aria-hidden="true" />
      </span>
      <div className="c-lead">
        <Heading>{t(asksWho(description) ? 'againTitleYou' : 'againTitle')}</Heading>
        <p className="lead">
          {cause.why} {t('attemptsLeft', { count: live.attemptsLeft })}
        </p>
      </div>
      <ul className="c-list tips">
        {cause.try.map((tip) => {
          const Icon = tipIcons[tip];
          return (
            <Line key={tip} icon={<Icon aria-hidden="true" />}>
              {t(tip)}
            </Line>
          );
        })}
      </ul>
    </Sheet>
  );
}

export function Reference({ reference }: { reference: string | undefined }) {
  const t = useStrings(captureStrings);
  if (reference === undefined) return null;
  return (
    <p className="c-reference">
      {t.rich('reference', {
        reference: <bdi className="mono">{referenceOf(reference)}</bdi>,
      })}
    </p>
  );
}

interface DecidedProps {
  description: Description | undefined;
  result: Result;
  second: boolean;
}

type Outcome = 'passed' | 'review' | 'duplicate' | 'expired' | 'cancelled' | 'rejected';
const outcomeOf = ({ passed, decision }: Result): Outcome => {
  if (passed || decision === 'approved') return 'passed';
  if (decision === null) return 'review';
  return decision;
};

/** The end: what was found, and the way back. */
export function DecidedScreen({ description, result, second }: DecidedProps) {
  const t = useStrings(captureStrings);
  const text = useText();
  const outcome = outcomeOf(result);
  const organization = description?.organization.name ?? '';
  const passed = outcome === 'passed';
  const way = useWayBack({ description, address: result.redirect, second });
  const { messages } = description ?? {};
  const words = passed
    ? (text(messages?.success) ?? (way.bySelf || second ? undefined : t('passedStay')))
    : ((outcome === 'rejected' ? text(messages?.failure) : undefined) ??
      t(`${outcome}Text`, { organization }));
  const otherWay = passed || outcome === 'review' ? undefined : text(messages?.otherWay);
  return (
    <Sheet
      description={description}
      acts={
        <>
          <WayBack {...{ way, organization }} />
          <Reference reference={result.reference} />
        </>
      }
    >
      <div className={`c-result ${passed ? '' : 'start'}`}>
        <Mark outcome={outcome} />
        <Heading>{t(passed && asksWho(description) ? 'passedTitleYou' : `${outcome}Title`)}</Heading>
        {words !== undefined && <p className="lead">{words}</p>}
        {otherWay !== undefined && <p className="lead">{otherWay}</p>}
        <WhereNext {...{ way, second, organization }} />
      </div>
      {description && (
        <div className="c-fine">
          <TakingBack of={description.consent} />
        </div>
      )}
    </Sheet>
  );
}

interface WhereNextProps {
  way: Leading;
  second: boolean;
  organization: string;
}

export function WhereNext({ way, second, organization }: WhereNextProps) {
  const t = useStrings(captureStrings);
  if (second) return <p className="lead">{t('phoneDone')}</p>;
  if (!way.bySelf) return null;
  return (
    <p className={`lead c-back ${way.left ? '' : 'stays'}`}>
      {t('goesBack', { organization, seconds: way.left })}
      <button type="button" className="c-link" onClick={way.stay}>
        {t('stayHere')}
      </button>
    </p>
  );
}

const marks: Record<Outcome, [string, TablerIcon]> = {
  passed: ['ok', IconCheck],
  review: ['', IconHourglass],
  duplicate: ['warn', IconUser],
  expired: ['', IconClock],
  cancelled: ['', IconX],
  rejected: ['bad', IconX],
};

function Mark({ outcome }: { outcome: Outcome }) {
  const [color, Icon] = marks[outcome];
  return (
    <span className={`c-mark round ${color}`}>
      <Icon aria-hidden="true" />
    </span>
  );
}

interface End {
  description: Description | undefined;
  address: string | undefined;
  second: boolean;
}
type Leading = ReturnType<typeof useWayBack>;

/** Goes back by itself after a while, unless the person touches the page: there is a reference to read. */
export function useWayBack({ description, address, second }: End) {
  const [left, setLeft] = useState(GOES_BACK_IN);
  const frames = windowFrames();
  const { href, bySelf } = wayBackOf(address, { frames, second, origins: description?.openerOrigins ?? [] });
  useEffect(() => {
    if (!bySelf || !href || !left) return;
    const timer = setTimeout(() => {
      setLeft(left - 1);
      if (left === 1) location.assign(href);
    }, 1000);
    return () => clearTimeout(timer);
  }, [bySelf, href, left]);
  const stay = () => setLeft(0);
  useEffect(() => {
    window.onpointerdown = window.onkeydown = stay;
  });
  return { href, bySelf, left, stay };
}

export function WayBack({ way, organization }: { way: Leading; organization: string }) {
  const t = useStrings(captureStrings);
  return (
    <>
      {way.href !== undefined && (
        <a className="c-btn primary" href={way.href} rel="noreferrer">
          {t('backTo', { organization })}
        </a>
      )}
      {/* A window that a page opened may be closed by its own script. */}
      {window.opener && !way.bySelf && (
        <Button primary={way.href === undefined} onClick={() => window.close()}>
          {t('closePage')}
        </Button>
      )}
    </>
  );
}
