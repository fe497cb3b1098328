import { IconClock, IconDeviceMobile } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { captureStrings } from '../capture-strings.ts';
import { Button, Heading, Notice, Sheet } from '../parts/frame.tsx';
import { usePurpose } from '../parts/use-purpose.ts';
import type { View } from '../session/view.ts';
import type { Description } from '../session/wire.ts';

/** Drawn only where a phone goes on. */
const QrCode = lazy(() =>
  import('../../ui/controls/qr-code.tsx').then(({ QrCode }) => ({ default: QrCode })),
);
const bold = (inside: ReactNode) => <b>{inside}</b>;

interface PhoneProps {
  view: View;
  noCamera: boolean;
  problem: string | undefined;
  newCode(): void;
  toCamera(): void;
  leave(why: 'cancel' | 'other'): void;
}

/** The computer: a code for the phone, then it follows. */
export function PhoneScreen({ view, noCamera, problem, newCode, toCamera, leave }: PhoneProps) {
  const { description, handover, live, busy, wrongNumber } = view;
  const t = useStrings(captureStrings);
  const left = useTimeLeft(handover?.expiresAt);
  const following = live?.state === 'following';
  const usable = handover !== undefined && left > 0;
  const [first] = useState(handover);
  const renewed = usable && handover !== first;
  const over = t(wrongNumber ? 'phoneWrong' : 'phoneOver');
  const text = following ? t('phoneFollowing') : usable ? t('phoneWaiting', { time: minutes(left) }) : over;
  return (
    <Sheet description={description} cancel={() => leave('cancel')} wide problem={problem}>
      <div className="c-two">
        <div className="c-stack">
          <div className="c-lead">
            <Heading>{t(following ? 'phoneFollowTitle' : 'phoneTitle')}</Heading>
            <p className="lead">{t(noCamera && !following ? 'phoneNoCamera' : 'phoneText')}</p>
          </div>
          {description && <WhoAndWhy description={description} />}
          {!following && usable && <PhoneSteps url={handover.url} number={handover.number} />}
          <div className={`c-note info ${wrongNumber ? 'warn' : ''}`}>
            {following ? <IconDeviceMobile aria-hidden="true" /> : <IconClock aria-hidden="true" />}
            <p className="num">{text}</p>
            <p className="sr" role="status">
              {following ? t('phoneFollowing') : renewed ? t('phoneRenewed') : usable ? '' : over}
            </p>
          </div>
          {!following && (
            <Button primary={!usable} busy={busy} onClick={newCode}>
              {t('phoneNew')}
            </Button>
          )}
          <p className="c-others start">
            {!following && (
              <button type="button" className="c-link" onClick={toCamera}>
                {t('phoneCamera')}
              </button>
            )}
            {!following && usable && <CopyLink url={handover.url} />}
            <button type="button" className="c-link" onClick={() => leave('other')}>
              {t('otherWay')}
            </button>
          </p>
        </div>
        {!following && usable && (
          <figure className="c-qr">
            <Suspense fallback={<div className="c-qr-place" />}>
              <QrCode text={handover.url} label={t('phoneLabel')} />
            </Suspense>
            <figcaption>
              {t('phoneYourNumber')} <b className="c-number">{handover.number}</b>
            </figcaption>
          </figure>
        )}
      </div>
    </Sheet>
  );
}

/** The same words on both screens, so that a person can compare them. */
function WhoAndWhy({ description }: { description: Description }) {
  const t = useStrings(captureStrings);
  const purpose = usePurpose(description);
  return (
    <dl className="c-who">
      <dt>{t('numberWho')}</dt>
      <dd>{description.organization.name}</dd>
      <dt>{t('numberFor')}</dt>
      <dd>{purpose}</dd>
    </dl>
  );
}

function PhoneSteps({ url, number }: { url: string; number: string }) {
  const t = useStrings(captureStrings);
  return (
    <ol className="c-how">
      <li>
        <p>{t('phoneScan')}</p>
      </li>
      <li>
        <p>{t.rich('phoneHost', { b: bold, host: URL.parse(url)?.host ?? location.host })}</p>
      </li>
      <li>
        <p>{t.rich('phoneNumber', { b: bold, number })}</p>
      </li>
      <li>
        <p>{t('phoneBack')}</p>
      </li>
    </ol>
  );
}

function CopyLink({ url }: { url: string }) {
  const t = useStrings(captureStrings);
  const [copied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard
      ?.writeText(url)
      .then(() => setCopied(true))
      .catch(() => undefined);
  return (
    <button type="button" className="c-link" onClick={() => void copy()}>
      {t(copied ? 'phoneCopied' : 'phoneCopy')}
    </button>
  );
}

/** Milliseconds until `until` of the box's clock, as this device sees it. */
function useTimeLeft(until: number | undefined): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (until === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [until]);
  return until === undefined ? 0 : Math.max(0, until - now);
}

function minutes(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

interface NumberProps {
  view: View;
  problem: string | undefined;
  pick(number: string): void;
}

/** The phone: who asks and for what, and which number the computer shows. A link that another person sent ends here. */
export function NumberScreen({ view: { description, busy }, problem, pick }: NumberProps) {
  const t = useStrings(captureStrings);
  const [stranger, setStranger] = useState(false);
  if (stranger) return <StrangerScreen view={{ description }} />;
  return (
    <Sheet
      description={description}
      problem={problem}
      acts={<Button onClick={() => setStranger(true)}>{t('numberNotMe')}</Button>}
    >
      <div className="c-lead">
        <Heading>{t('numberTitle')}</Heading>
        <p className="lead">{t('numberText')}</p>
      </div>
      {description && <WhoAndWhy description={description} />}
      <div className="c-numbers">
        {description?.numbers?.map((number) => (
          <Button key={number} busy={busy} onClick={() => pick(number)}>
            {number}
          </Button>
        ))}
      </div>
      <p>{t.rich('numberHost', { b: bold, host: location.host })}</p>
      <p>
        <button type="button" className="c-link" onClick={() => setStranger(true)}>
          {t('numberNone')}
        </button>
      </p>
    </Sheet>
  );
}

function StrangerScreen({ view: { description } }: { view: Pick<View, 'description'> }) {
  const t = useStrings(captureStrings);
  return (
    <Sheet description={description}>
      <Notice icon={IconDeviceMobile} title={t('strangerTitle')} text={t('strangerText')} />
    </Sheet>
  );
}
