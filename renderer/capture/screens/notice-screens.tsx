import {
  IconCheck,
  IconClock,
  IconDeviceMobile,
  IconHelp,
  IconLinkOff,
  type TablerIcon,
} from '@tabler/icons-react';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { captureStrings } from '../capture-strings.ts';
import { Button, Notice, Sheet } from '../parts/frame.tsx';
import { useText } from '../parts/use-text.ts';
import type { Trouble } from '../session/view.ts';
import type { Description } from '../session/wire.ts';
import { Reference, useWayBack, WayBack, WhereNext } from './result-screens.tsx';

const notices = {
  noLink: ['noLinkTitle', 'noLinkText', IconLinkOff],
  gone: ['goneTitle', 'goneText', IconLinkOff],
  taken: ['takenTitle', 'takenText', IconDeviceMobile],
  over: ['overTitle', 'overText', IconClock],
  finished: ['finishedTitle', 'finishedText', IconCheck],
  offline: ['offlineTitle', 'offlineText', IconLinkOff],
  busy: ['busyBoxTitle', 'busyBoxText', IconClock],
  wrongNumber: ['wrongNumberTitle', 'wrongNumberText', IconDeviceMobile],
  kiosk: ['kioskTitle', 'kioskText', IconHelp],
} as const satisfies Record<Trouble, readonly [string, string, TablerIcon]>;

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
      <Notice icon={icon} title={t(title)} text={t(words)} />
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
      <Notice
        icon={IconHelp}
        title={t(why === 'cancel' ? 'leaveCancelTitle' : 'leaveTitle')}
        text={text(description?.messages?.otherWay) ?? t('leaveText', { organization })}
      >
        <p>{t('leaveEffect', { organization })}</p>
      </Notice>
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
  const way = useWayBack({ description, address: redirect, second });
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
      <Notice
        icon={IconHelp}
        title={t('leftTitle')}
        text={text(description?.messages?.otherWay) ?? t('leftText', { organization })}
      >
        <WhereNext {...{ way, second, organization }} />
      </Notice>
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
