import type { TablerIcon } from '@tabler/icons-react';
import { type ReactNode, useRef } from 'react';
import { OrganizationLogo } from '../../ui/organization-logo.tsx';
import { languages } from '../../ui/strings/define-strings.ts';
import { useLanguage } from '../../ui/strings/language.tsx';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { useScreenStart } from '../../ui/use-screen-start.ts';
import { captureStrings } from '../capture-strings.ts';
import type { Description } from '../session/wire.ts';

const ownNames = { en: 'English', de: 'Deutsch' } as const;

interface HeadProps {
  description: Description | undefined;
  cancel?: (() => void) | undefined;
}

/** Who asks at the start, languages and Cancel at the end. */
export function Head({ description, cancel }: HeadProps) {
  const t = useStrings(captureStrings);
  const { language, choose } = useLanguage();
  const name = description?.organization.name;
  return (
    <header className="c-head">
      <span className="c-tenant">
        {description && <OrganizationLogo of={description.organization} />}
        <span>{name}</span>
      </span>
      <span className="c-head-end">
        {languages
          .filter((one) => one !== language)
          .map((one) => (
            <button key={one} type="button" lang={one} className="c-quiet" onClick={() => choose(one)}>
              {ownNames[one]}
            </button>
          ))}
        {cancel && (
          <button
            type="button"
            className="c-quiet"
            onClick={cancel}
            aria-label={name === undefined ? undefined : t('cancelNamed', { organization: name })}
          >
            {t('cancel')}
          </button>
        )}
      </span>
    </header>
  );
}

export function TestBar({ shown }: { shown: boolean }) {
  const t = useStrings(captureStrings);
  return shown ? <p className="c-test">{t('test')}</p> : null;
}

interface SheetProps extends HeadProps {
  children: ReactNode;
  /** Buttons at the foot, the first one first. */
  acts?: ReactNode;
  /** Two columns on a desktop. */
  wide?: boolean;
  /** Above the buttons: the last press did nothing. */
  problem?: string | undefined;
}

/** A screen of text and buttons; its heading has the focus when it appears. */
export function Sheet({ children, acts, wide, problem, ...head }: SheetProps) {
  const main = useRef<HTMLElement>(null);
  useScreenStart(main);
  return (
    <>
      <TestBar shown={head.description?.test ?? false} />
      <div className={`c-sheet ${wide ? 'wide' : ''}`}>
        <Head {...head} />
        <main ref={main}>{children}</main>
        {(acts || problem) && (
          <footer className="c-acts">
            {problem && (
              <p className="c-problem" role="alert">
                {problem}
              </p>
            )}
            {acts}
          </footer>
        )}
      </div>
    </>
  );
}

interface ButtonProps {
  children: ReactNode;
  onClick(): void;
  primary?: boolean;
  busy?: boolean;
}

/** Both kinds have the same size. A busy one keeps the focus and does nothing. */
export function Button({ children, onClick, primary = false, busy = false }: ButtonProps) {
  return (
    <button
      type="button"
      className={`c-btn ${primary ? 'primary' : ''}`}
      aria-disabled={busy || undefined}
      onClick={() => !busy && onClick()}
    >
      {children}
    </button>
  );
}

export const Heading = ({ children }: { children: ReactNode }) => <h1 tabIndex={-1}>{children}</h1>;

interface SaidProps {
  icon: TablerIcon;
  title: string;
  text: ReactNode;
}

/** What the camera or the browser does now. `status`: said aloud when it appears. */
export const Doing = ({
  icon: Icon,
  title,
  text,
  warn,
  status,
}: SaidProps & { warn?: true; status?: true }) => (
  <>
    <span className={`c-mark ${warn ? 'warn' : ''}`}>
      <Icon aria-hidden="true" />
    </span>
    <div className="c-lead" role={status && 'status'}>
      <Heading>{title}</Heading>
      <p className="lead">{text}</p>
    </div>
  </>
);

/** How something ended, or why nothing goes on here. */
export const Notice = ({ icon: Icon, title, text, children }: SaidProps & { children?: ReactNode }) => (
  <div className="c-result start">
    <span className="c-mark round">
      <Icon aria-hidden="true" />
    </span>
    <Heading>{title}</Heading>
    <p className="lead">{text}</p>
    {children}
  </div>
);
