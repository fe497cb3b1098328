import type { ReactNode } from 'react';
import { Button } from '../controls/button.tsx';
import { Row } from '../layout/layout.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import { AskBeforeLeaving } from './ask-before-leaving.tsx';
import styles from './form.module.css';

/**
 * At the foot of a form inside a `Form`: names what is not saved, and asks before it is left. Nothing is shown where nothing changed.
 * `count`: how many changes; `names`: which ones.
 */
export function SaveBar({
  count,
  names,
  saveLabel,
  busy = false,
  discard,
}: {
  count: number;
  names?: ReactNode;
  saveLabel?: string;
  busy?: boolean;
  discard(): void;
}) {
  const t = useStrings(uiStrings);
  const dirty = count > 0;
  return (
    <>
      {dirty && (
        <div className={styles.bar} data-save-bar>
          <p className="small">
            <b>{t('changes', { count })}</b> <span className="muted">{names}</span>
          </p>
          <Row>
            <Button onClick={discard}>{t('discard')}</Button>
            <Button kind="primary" type="submit" busy={busy}>
              {saveLabel ?? t('save')}
            </Button>
          </Row>
        </div>
      )}
      <AskBeforeLeaving when={dirty && !busy} />
    </>
  );
}
