import { IconAppWindow, IconCamera, IconCameraOff } from '@tabler/icons-react';
import { type ReactNode, useEffect } from 'react';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { captureStrings } from '../capture-strings.ts';
import { Button, Doing, Sheet } from '../parts/frame.tsx';
import { isDesktop } from '../parts/use-device.ts';
import type { LiveSession } from '../session/live-session.ts';
import type { Description } from '../session/wire.ts';

const bold = (inside: ReactNode) => <b>{inside}</b>;

interface ScreenProps {
  /** In the test world. */
  testPerson?: ReactNode;
  description: Description | undefined;
  leave(why: 'cancel' | 'other'): void;
  toPhone(): void;
  problem: string | undefined;
  busy: boolean;
}

/** Before the browser asks: what it will ask, and where the pictures go. */
export function AskScreen({ goOn, notAsked, ...rest }: ScreenProps & { goOn(): void; notAsked(): void }) {
  const { description, leave, toPhone, problem, busy, testPerson } = rest;
  const t = useStrings(captureStrings);
  return (
    <Sheet
      description={description}
      cancel={() => leave('cancel')}
      problem={problem}
      acts={
        <>
          <Button primary onClick={goOn}>
            {t('goOn')}
          </Button>
          <Button onClick={notAsked}>{t('notAsked')}</Button>
          {testPerson}
          <Others leave={leave} toPhone={isDesktop() ? toPhone : undefined} busy={busy} />
        </>
      }
    >
      <Doing
        icon={IconCamera}
        title={t('askTitle')}
        text={t.rich('askText', { b: bold, organization: description?.organization.name ?? '' })}
      />
    </Sheet>
  );
}

/** While the browser asks. */
export function OpeningScreen({ description, leave }: Pick<ScreenProps, 'description' | 'leave'>) {
  const t = useStrings(captureStrings);
  return (
    <Sheet
      description={description}
      cancel={() => leave('cancel')}
      acts={<Button onClick={() => leave('other')}>{t('otherWay')}</Button>}
    >
      <Doing icon={IconCamera} title={t('openingTitle')} text={t('openingText')} status />
    </Sheet>
  );
}

export type CameraProblem = 'refused' | 'missing' | 'busy' | 'insecure' | 'framed';

interface HelpProps extends Omit<ScreenProps, 'toPhone'> {
  /** Absent: nothing has begun that a phone could go on with. */
  toPhone?: () => void;
  kind: CameraProblem;
  /** The link as a whole: its token no longer stands in the address. */
  address: string;
  tryAgain(): void;
}

/** Why there is no picture, and what to do. */
export function HelpScreen({ kind, address, tryAgain, ...rest }: HelpProps) {
  const { description, leave, toPhone, problem, busy, testPerson } = rest;
  const t = useStrings(captureStrings);
  const phone = isDesktop() ? toPhone : undefined;
  const again =
    kind === 'framed' ? (
      <a className="c-btn primary" href={address} target="_blank" rel="noopener">
        {t('framedOpen')}
      </a>
    ) : (
      <Button primary onClick={tryAgain}>
        {t('tryCamera')}
      </Button>
    );
  return (
    <Sheet
      description={description}
      cancel={() => leave('cancel')}
      problem={problem}
      acts={
        <>
          {again}
          <Button onClick={() => leave('other')}>{t('otherWay')}</Button>
          {testPerson}
          {phone && <Others toPhone={phone} busy={busy} />}
        </>
      }
    >
      <Doing icon={IconCameraOff} title={t(`${kind}Title`)} text={t(`${kind}Text`)} warn />
      {kind === 'refused' && <BrowserSteps />}
    </Sheet>
  );
}

interface FramedProps extends Omit<HelpProps, 'kind' | 'tryAgain'> {
  session: LiveSession;
}

/** Before the consent, where the page around keeps the camera: all of it is in another window, and this one waits for its end. */
export function FramedScreen({ session, ...rest }: FramedProps) {
  useEffect(() => session.watch(), [session]);
  const { description, leave } = rest;
  if (description?.state !== 'taken') return <HelpScreen {...rest} kind="framed" tryAgain={() => {}} />;
  return <OtherWindowScreen {...{ description, leave }} />;
}

function OtherWindowScreen({ description, leave }: Pick<ScreenProps, 'description' | 'leave'>) {
  const t = useStrings(captureStrings);
  return (
    <Sheet description={description} cancel={() => leave('cancel')}>
      <Doing icon={IconAppWindow} title={t('windowTitle')} text={t('windowText')} status />
    </Sheet>
  );
}

const browsers = ['chromeAndroid', 'safariPhone', 'chromeDesktop', 'firefox', 'safariDesktop'] as const;
type Browser = (typeof browsers)[number];

function browserOf(agent: string): Browser {
  if (/Firefox|FxiOS/.test(agent)) return 'firefox';
  if (/iPhone|iPad/.test(agent)) return 'safariPhone';
  if (/Android/.test(agent)) return 'chromeAndroid';
  return /Macintosh/.test(agent) && !/Chrome/.test(agent) ? 'safariDesktop' : 'chromeDesktop';
}

function BrowserSteps() {
  const t = useStrings(captureStrings);
  const own = browserOf(navigator.userAgent);
  return (
    <>
      <Steps of={own} />
      <div className="c-fine">
        <p>{t(own)}</p>
        <details>
          <summary>{t('otherBrowsers')}</summary>
          {browsers
            .filter((one) => one !== own)
            .map((one) => (
              <section key={one} className="c-lead">
                <h2>{t(one)}</h2>
                <Steps of={one} />
              </section>
            ))}
        </details>
        <p>{t('systemBlocks')}</p>
      </div>
    </>
  );
}

function Steps({ of }: { of: Browser }) {
  const t = useStrings(captureStrings);
  return (
    <ol className="c-how">
      {([1, 2, 3] as const).map((number) => (
        <li key={number}>{<p>{t.rich(`${of}${number}`, { b: bold })}</p>}</li>
      ))}
      <li>
        <p>{t.rich('goesOnBySelf', { b: bold })}</p>
      </li>
    </ol>
  );
}

interface OthersProps {
  leave?: ScreenProps['leave'];
  toPhone?: (() => void) | undefined;
  busy: boolean;
}

/** Ways that are chosen less often, as links below the two buttons. */
function Others({ leave, toPhone, busy }: OthersProps) {
  const t = useStrings(captureStrings);
  return (
    <p className="c-others">
      {toPhone && (
        <button type="button" className="c-link" onClick={() => !busy && toPhone()}>
          {t('usePhone')}
        </button>
      )}
      {leave && (
        <button type="button" className="c-link" onClick={() => leave('other')}>
          {t('otherWay')}
        </button>
      )}
    </p>
  );
}
