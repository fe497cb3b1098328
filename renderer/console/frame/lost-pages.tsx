import type { ErrorComponentProps } from '@tanstack/react-router';
import { Button, ButtonLink } from '../../ui/controls/index.ts';
import { Page, Row } from '../../ui/layout/index.ts';
import { noAnswer, Refusal } from '../../ui/refusal.ts';
import { uiStrings, useStrings } from '../../ui/strings/index.ts';
import { LoadFailed } from '../load-failed.tsx';
import { useSession } from '../session/session-query.ts';
import { frameStrings, roleNames } from './frame-strings.ts';

export function NotFound() {
  const t = useStrings(frameStrings);
  return (
    <Page title={t('notFoundTitle')} lead={t('notFoundText')} reading>
      <Row>
        <ButtonLink to="/">{t('toOverview')}</ButtonLink>
      </Row>
    </Page>
  );
}

export function Refused() {
  const t = useStrings(frameStrings);
  const { user } = useSession();
  return (
    <Page title={t('refusedTitle')} lead={t('refusedText', { role: t(roleNames[user.role]) })} reading>
      <Row>
        <ButtonLink to="/">{t('toOverview')}</ButtonLink>
      </Row>
    </Page>
  );
}

/** The script of a screen did not come: each browser says it in its own words. A script is asked for once, until the page is loaded again. */
const isLost = (error: unknown) =>
  error instanceof Error &&
  /dynamically imported module|importing a module script|unable to preload/i.test(error.message);

/** A screen that could not be loaded, or broke. */
export function Failed({ error, reset }: ErrorComponentProps) {
  const t = useStrings(frameStrings);
  const ui = useStrings(uiStrings);
  const lost = isLost(error);
  if (lost || error instanceof Refusal)
    return (
      <Page title={ui('couldNotLoad')} reading>
        <LoadFailed error={lost ? noAnswer(error) : error} retry={lost ? () => location.reload() : reset} />
      </Page>
    );
  return (
    <Page title={t('failedTitle')} lead={t('failedText')} reading>
      <p className="mono" lang="en">
        {error instanceof Error ? error.message : String(error)}
      </p>
      <Row>
        <Button onClick={() => location.reload()}>{ui('tryAgain')}</Button>
        <ButtonLink to="/" kind="quiet">
          {t('toOverview')}
        </ButtonLink>
      </Row>
    </Page>
  );
}
