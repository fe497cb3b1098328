import { Link } from '@tanstack/react-router';
import { Button } from '../ui/controls/button.tsx';
import { Note } from '../ui/layout/note.tsx';
import { Refusal } from '../ui/refusal.ts';
import { defineStrings } from '../ui/strings/define-strings.ts';
import { uiStrings } from '../ui/strings/ui-strings.ts';
import { useFormat } from '../ui/strings/use-format.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import { api, type Schemas } from './api/admin.ts';
import { AnswerLost } from './api/answer-lost.ts';
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
 * eyes, with the button that asks a second administrator. `title` is shown only where nothing was done.
 */
export function LoadFailed(props: Failed) {
  const { error } = props;
  const asked = error instanceof Refusal && error.code === 'APPROVAL_REQUIRED' && error.body.approval;
  return asked ? <AskSecond error={error} what={asked as Schemas['NewApproval']} /> : <Why {...props} />;
}

/** What to do where it is not known whether a request was done; above all where a secret was shown in its answer. */
const remedies = [
  [/\/auth\/recovery-codes$/, 'lostCodes'],
  [/\/passkey\/register$/, 'lostPasskey'],
  [/\/auth\/password(\/code)?$/, 'lostPassword'],
  [/\/2fa\/(recovery|enrollment)$/, 'lostSignInCode'],
  [/\/keys\/[^/]+\/rotate$/, 'lostRotation'],
  [/^POST .*\/keys$/, 'lostKey'],
  [/\/webhooks\/[^/]+\/rotate$/, 'lostSecret'],
  [/^POST .*\/webhooks$/, 'lostWebhook'],
  [/^POST .*\/administrators$/, 'lostAdministrator'],
  [/\/administrators\/[^/]+\/reset$/, 'lostReset'],
] as const;

function Why({ error, retry, title }: Failed) {
  const t = useStrings(strings);
  const ui = useStrings(uiStrings);
  const requestId = error instanceof Refusal ? error.requestId : undefined;
  const lost = error instanceof AnswerLost ? error.request : undefined;
  if (error instanceof Refusal && error.code === 'OTHER_ACCOUNT')
    return (
      <Note
        kind="bad"
        title={t('otherAccount', { email: String(error.body.email) })}
        action={<Button onClick={() => location.reload()}>{t('reload')}</Button>}
      >
        {t('otherAccountText')}
      </Note>
    );
  return (
    <Note
      kind="bad"
      title={lost === undefined ? (title ?? ui('couldNotLoad')) : t('notKnown')}
      action={retry && lost === undefined && <Button onClick={retry}>{ui('tryAgain')}</Button>}
    >
      <RefusalWords error={error} />
      {lost !== undefined && (
        <div>{t(remedies.find(([pattern]) => pattern.test(lost))?.[1] ?? 'lostOther')}</div>
      )}
      {requestId !== undefined && <div className="mono faint">{ui('requestId', { id: requestId })}</div>}
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
