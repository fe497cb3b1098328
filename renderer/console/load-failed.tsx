import { Button } from '../ui/controls/button.tsx';
import { Note } from '../ui/feedback/note.tsx';
import { uiStrings } from '../ui/strings/ui-strings.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import { Refusal } from './api/refusal.ts';

/** The sentence of an error for the reader. */
function useRefusalText(): (error: unknown) => string {
  const t = useStrings(uiStrings);
  return (error) => (error instanceof Refusal && error.status !== 0 ? error.message : t('noAnswer'));
}

/** Where it happened: what could not be loaded or changed, why, and the request id to look for in the log. */
export function LoadFailed({ error, retry, title }: { error: unknown; retry?: () => void; title?: string }) {
  const t = useStrings(uiStrings);
  const text = useRefusalText();
  const requestId = error instanceof Refusal ? error.requestId : undefined;
  return (
    <Note
      kind="bad"
      title={title ?? t('couldNotLoad')}
      action={retry && <Button onClick={retry}>{t('tryAgain')}</Button>}
    >
      {text(error)}
      {requestId !== undefined && <div className="mono faint">{t('requestId', { id: requestId })}</div>}
    </Note>
  );
}
