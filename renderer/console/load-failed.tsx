import { Link } from '@tanstack/react-router';
import { Button } from '../ui/controls/button.tsx';
import { Note } from '../ui/layout/note.tsx';
import { Refusal } from '../ui/refusal.ts';
import { defineStrings } from '../ui/strings/define-strings.ts';
import { uiStrings } from '../ui/strings/ui-strings.ts';
import { useFormat } from '../ui/strings/use-format.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import { api, type Schemas } from './api/admin.ts';
import { useOperation } from './api/use-operation.ts';
import de from './load-failed.de.json' with { type: 'json' };
import en from './load-failed.en.json' with { type: 'json' };
import { RefusalWords } from './reasons/refusal-words.tsx';

const strings = defineStrings('console/load-failed', en, de);

interface Failed {
  error: unknown;
  retry?: () => void;
  title?: string;
}

/**
 * Where it happened: what could not be loaded or changed, why, and the request id to look for in the log. Where the box asks for four
 * eyes, with the button that asks a second administrator.
 */
export function LoadFailed(props: Failed) {
  const { error } = props;
  const asked = error instanceof Refusal && error.code === 'APPROVAL_REQUIRED' && error.body.approval;
  return asked ? <AskSecond error={error} what={asked as Schemas['NewApproval']} /> : <Why {...props} />;
}

function Why({ error, retry, title }: Failed) {
  const t = useStrings(uiStrings);
  const requestId = error instanceof Refusal ? error.requestId : undefined;
  return (
    <Note
      kind="bad"
      title={title ?? t('couldNotLoad')}
      action={retry && <Button onClick={retry}>{t('tryAgain')}</Button>}
    >
      <RefusalWords error={error} />
      {requestId !== undefined && <div className="mono faint">{t('requestId', { id: requestId })}</div>}
    </Note>
  );
}

function AskSecond({ error, what }: { error: unknown; what: Schemas['NewApproval'] }) {
  const t = useStrings(strings);
  const format = useFormat();
  const ask = useOperation(() => api.post('/api/admin/approvals', {}, what), { refresh: ['approvals'] });
  if (ask.data)
    return (
      <Note kind="info" title={t('asked')} action={<Link to="/approvals">{t('open')}</Link>}>
        {t('askedText', { time: format.dateTime(ask.data.expiresAt) })}
      </Note>
    );
  return (
    <Note
      kind="warn"
      title={t('needsSecond')}
      action={
        <Button busy={ask.isPending} onClick={() => ask.mutate()}>
          {t('ask')}
        </Button>
      }
    >
      <RefusalWords error={error} />
      {ask.error && <Why error={ask.error} title={t('notAsked')} />}
    </Note>
  );
}

/** Why a query or an operation was refused; nothing where it was not. A query is offered to be tried again. */
export function Refused({ of, title }: { of: { error: unknown; refetch?(): unknown }; title?: string }) {
  const ui = useStrings(uiStrings);
  if (!of.error) return null;
  return of.refetch ? (
    <LoadFailed error={of.error} title={title} retry={() => void of.refetch?.()} />
  ) : (
    <LoadFailed error={of.error} title={title ?? ui('couldNotSave')} />
  );
}
