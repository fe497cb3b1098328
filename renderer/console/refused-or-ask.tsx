import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from '../ui/controls/button.tsx';
import { Note } from '../ui/feedback/note.tsx';
import { useFormat } from '../ui/format/use-format.ts';
import { defineStrings } from '../ui/strings/define-strings.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from './api/admin.ts';
import { Refusal } from './api/refusal.ts';
import { LoadFailed } from './load-failed.tsx';

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

/** Why the box refused; where it asks for four eyes, with the button that asks a second administrator. */
export function RefusedOrAsk({
  error,
  title,
  what,
}: {
  error: unknown;
  title: string;
  what: Schemas['NewApproval'];
}) {
  const t = useStrings(strings);
  const format = useFormat();
  const queryClient = useQueryClient();
  const ask = useMutation({
    mutationFn: () => replyOf(admin.POST('/api/admin/approvals', { body: what })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['approvals'] }),
  });
  if (!(error instanceof Refusal) || error.code !== 'APPROVAL_REQUIRED')
    return <LoadFailed error={error} title={title} />;
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
      {error.message}
      {ask.error && <LoadFailed error={ask.error} title={t('notAsked')} />}
    </Note>
  );
}
