import { IconAccessible, IconLock } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Logo } from '../ui/logo.tsx';
import { OrganizationLogo } from '../ui/organization-logo.tsx';
import { useLanguage } from '../ui/strings/language.tsx';
import { useStrings } from '../ui/strings/use-strings.ts';
import { isColor } from '../ui/theme/text-on-color.ts';
import { useScreenStart } from '../ui/use-screen-start.ts';
import type { KioskState } from './api.ts';
import { kioskStrings } from './kiosk-strings.ts';

interface FrameProps {
  state?: KioskState;
  lock?(): void;
  main: ReactNode;
  footer?: ReactNode;
}

/** The public reads who is signed in: the operator is known by them, and a stranger learns no name. */
export const initialsOf = (name: string): string =>
  (name.match(/[\p{L}\p{N}]+/gu) ?? [])
    .slice(0, 3)
    .map((word) => [...word][0]?.toLocaleUpperCase())
    .join('');

/** Organization at the left, kiosk and operator at the right; below the screen's own buttons. */
export function Frame({ state, lock, main, footer }: FrameProps) {
  const t = useStrings(kioskStrings);
  const place = useRef<HTMLElement>(null);
  useScreenStart(place);
  const { kiosk, operator, organization: name, color } = state ?? {};
  const where = operator
    ? t('at', { kiosk: kiosk?.name ?? '', operator: initialsOf(operator.name) })
    : kiosk?.name;
  return (
    <div className="k-page">
      {kiosk?.env === 'test' && <div className="k-test">{t('test')}</div>}
      {color !== undefined && isColor(color) && <div className="k-stripe" style={{ background: color }} />}
      <div className="k">
        <header>
          <div className="k-org">
            {state ? (
              <OrganizationLogo of={{ ...state, name: state.organization }} />
            ) : (
              <Logo className="k-logo" />
            )}
            {name ?? 'Gatehouse'}
          </div>
          {lock && where ? (
            <button type="button" className="k-where" onClick={lock}>
              <IconLock size={20} stroke={1.75} aria-hidden="true" />
              <span>{where}</span>
              <span className="sr">: {t('lock')}</span>
            </button>
          ) : (
            where && <span className="k-where">{where}</span>
          )}
        </header>
        <main ref={place}>{main}</main>
        {footer && <footer>{footer}</footer>}
      </div>
    </div>
  );
}

const named = [
  ['en', 'English'],
  ['de', 'Deutsch'],
] as const;

/** Language, each in its own words, and a quarter larger text. */
export function Settings() {
  const t = useStrings(kioskStrings);
  const { language, choose } = useLanguage();
  const [larger, setLarger] = useState(document.documentElement.classList.contains('larger'));
  useEffect(() => void document.documentElement.classList.toggle('larger', larger), [larger]);
  return (
    <>
      <fieldset className="k-languages">
        <legend className="sr">{t('language')}</legend>
        {named.map(([code, name]) => (
          <button
            key={code}
            type="button"
            lang={code}
            className="k-btn small"
            aria-pressed={language === code}
            onClick={() => choose(code)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        className="k-btn small"
        aria-pressed={larger}
        onClick={() => setLarger((now) => !now)}
      >
        <IconAccessible size={24} stroke={1.75} aria-hidden="true" />
        {t('larger')}
      </button>
    </>
  );
}
