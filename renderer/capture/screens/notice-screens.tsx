import { IconCheck, IconClock, IconDeviceMobile, IconHelp, IconLinkOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { captureStrings } from '../capture-strings.ts';
import { Button, Heading, Sheet } from '../parts/frame.tsx';
import { useText } from '../parts/use-text.ts';
import type { Trouble } from '../session/view.ts';
import type { Description } from '../session/wire.ts';
import { Reference, useWayBack, WayBack, WhereNext } from './result-screens.tsx';

const notices = {
  noLink: ['noLinkTitle', 'noLinkText', <IconLinkOff key="i" aria-hidden="true" />],
  gone: ['goneTitle', 'goneText', <IconLinkOff key="i" aria-hidden="true" />],
  taken: ['takenTitle', 'takenText', <IconDeviceMobile key="i" aria-hidden="true" />],
  over: ['overTitle', 'overText', <IconClock key="i" aria-hidden="true" />],
  finished: ['finishedTitle', 'finishedText', <IconCheck key="i" aria-hidden="true" />],
  offline: ['offlineTitle', 'offlineText', <IconLinkOff key="i" aria-hidden="true" />],
  busy: ['busyBoxTitle', 'busyBoxText', <IconClock key="i" aria-hidden="true" />],
  wrongNumber: ['wrongNumberTitle', 'wrongNumberText', <IconDeviceMobile key="i" aria-hidden="true" />],
  kiosk: ['kioskTitle', 'kioskText', <IconHelp key="i" aria-hidden="true" />],
} as const satisfies Record<Trouble, readonly [string, string, ReactNode]>;

interface TroubleProps {
  what: Trouble;
  description: Description | undefined;
  again(): void;
}

/** Nothing can be done here, and what can be done instead. */
export function TroubleScreen({ what, description, again }: TroubleProps) {
  const t = useStrings(captureStrings);
  const [title, words, icon] = notices[what];
  const mayRetry = what === 'offline' || what === 'busy';
  return (
    <Sheet
      description={description}
      acts={
        mayRetry && (
          <Button primary onClick={again}>
            {t('tryAgain')}
          </Button>
        )
      }
    >
      <div className="c-result start">
        <span className="c-mark round">{icon}</span>
        <Heading>{t(title)}</Heading>
        <p className="lead">{t(words)}</p>
      </div>
    </Sheet>
  );
}

interface LeaveProps {
  why: 'cancel' | 'other';
  description: Description | undefined;
  reference: string | undefined;
  busy: boolean;
  problem: string | undefined;
  end(): void;
  stay(): void;
}

/** Before a check is ended: what that means. Both ways are one press away. */
export function LeaveScreen({ why, description, reference, busy, problem, end, stay }: LeaveProps) {
  const t = useStrings(captureStrings);
  const text = useText();
  const organization = description?.organization.name ?? '';
  return (
    <Sheet
      description={description}
      problem={problem}
      acts={
        <>
          <Button primary onClick={stay}>
            {t('leaveStay')}
          </Button>
          <Button busy={busy} onClick={end}>
            {t('leaveEnd')}
          </Button>
          <Reference reference={reference} />
        </>
      }
    >
      <div className="c-result start">
        <span className="c-mark round">
          <IconHelp aria-hidden="true" />
        </span>
        <Heading>{t(why === 'cancel' ? 'leaveCancelTitle' : 'leaveTitle')}</Heading>
        <p className="lead">{text(description?.messages?.otherWay) ?? t('leaveText', { organization })}</p>
        <p>{t('leaveEffect', { organization })}</p>
      </div>
    </Sheet>
  );
}

interface LeftProps {
  description: Description | undefined;
  redirect: string | undefined;
  reference: string | undefined;
  second: boolean;
}

export function LeftScreen({ description, redirect, reference, second }: LeftProps) {
  const t = useStrings(captureStrings);
  const text = useText();
  const organization = description?.organization.name ?? '';
  const way = useWayBack({ description, address: redirect, second, slow: true });
  return (
    <Sheet
      description={description}
      acts={
        <>
          <WayBack {...{ way, organization }} />
          <Reference reference={reference} />
        </>
      }
    >
      <div className="c-result start">
        <span className="c-mark round">
          <IconHelp aria-hidden="true" />
        </span>
        <Heading>{t('leftTitle')}</Heading>
        <p className="lead">{text(description?.messages?.otherWay) ?? t('leftText', { organization })}</p>
        <WhereNext {...{ going: way.going, second, organization }} />
      </div>
    </Sheet>
  );
}

export function LoadingScreen() {
  const t = useStrings(captureStrings);
  return (
    <div className="c-sheet">
      <header className="c-head" />
      <main>
        <p className="c-wait" role="status">
          {t('loading')}
        </p>
      </main>
    </div>
  );
}
