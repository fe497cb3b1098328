import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from '../ui/controls/button.tsx';
import { Note } from '../ui/feedback/note.tsx';
import { useFormat } from '../ui/format/use-format.ts';
import { defineStrings } from '../ui/strings/define-strings.ts';
import { uiStrings } from '../ui/strings/ui-strings.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from './api/admin.ts';
import { Refusal } from './api/refusal.ts';

const strings = defineStrings(
  {
    needsSecond: 'A second administrator has to confirm this',
    ask: 'Ask a second administrator',
    asked: 'Asked. Nothing has been done yet.',
    askedText: 'It can be confirmed until {time}. When it is, come back here and repeat this.',
    open: 'Open approvals',
    notAsked: 'The request was not made',
  },
  {
    needsSecond: 'Ein zweiter Verwalter muss das bestätigen',
    ask: 'Zweiten Verwalter fragen',
    asked: 'Gefragt. Noch ist nichts geschehen.',
    askedText: 'Bis {time} lässt es sich bestätigen. Dann wiederholen Sie es hier.',
    open: 'Freigaben öffnen',
    notAsked: 'Die Anfrage wurde nicht gestellt',
  },
);

/** The sentence of an error for the reader. */
function useRefusalText(): (error: unknown) => string {
  const t = useStrings(uiStrings);
  return (error) => (error instanceof Refusal && error.status !== 0 ? error.message : t('noAnswer'));
}

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
  return asked ? (
    <AskSecond text={(error as Refusal).message} what={asked as Schemas['NewApproval']} />
  ) : (
    <Why {...props} />
  );
}

function Why({ error, retry, title }: Failed) {
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

function AskSecond({ text, what }: { text: string; what: Schemas['NewApproval'] }) {
  const t = useStrings(strings);
  const format = useFormat();
  const queryClient = useQueryClient();
  const ask = useMutation({
    mutationFn: () => replyOf(admin.POST('/api/admin/approvals', { body: what })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['approvals'] }),
  });
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
      {text}
      {ask.error && <Why error={ask.error} title={t('notAsked')} />}
    </Note>
  );
}
