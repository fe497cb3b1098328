import { IconTerminal2 } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../ui/controls/button.tsx';
import { Snippet } from '../../ui/controls/snippet.tsx';
import { Dialog } from '../../ui/layout/confirm-dialog.tsx';
import { toast } from '../../ui/layout/toasts.tsx';
import { defineStrings } from '../../ui/strings/define-strings.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { useRefusalWords } from '../reasons/refusal-words.tsx';
import { sessionQuery } from '../session/session-query.ts';
import { type ShownRequest, toCli, toCurl } from './command-of.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

const commandStrings = defineStrings('console/command/strings', en, de);

/**
 * The command line and the HTTP request of what the page does; nothing before there is an account. `find`: what it would send;
 * undefined where it cannot say.
 */
export function ShowCommand({ find }: { find(): Promise<ShownRequest | undefined> }) {
  const t = useStrings(commandStrings);
  const wordsOf = useRefusalWords();
  const { data: session } = useQuery(sessionQuery);
  const [shown, setShown] = useState<ShownRequest>();
  const look = useMutation({
    mutationFn: find,
    onSuccess: (request) => (request ? setShown(request) : toast(t('notYet'))),
    onError: (error) => toast(t('notYet'), { text: wordsOf(error).text }),
  });
  if (!session) return null;
  return (
    <>
      <Button small kind="quiet" busy={look.isPending} onClick={() => look.mutate()} icon={IconTerminal2}>
        {t('show')}
      </Button>
      {shown && <Commands request={shown} org={session.user.orgId} close={() => setShown(undefined)} />}
    </>
  );
}

function Commands({ request, org, close }: { request: ShownRequest; org: string; close(): void }) {
  const t = useStrings(commandStrings);
  const cli = toCli(request, org);
  return (
    <Dialog title={t('title')} close={close} size={720}>
      <h3>{t('cli')}</h3>
      {cli === undefined ? (
        <p className="small muted">{t('noCli')}</p>
      ) : (
        <Snippet code={cli} name={t('cli')} />
      )}
      <h3>{t('http')}</h3>
      <Snippet code={toCurl(request)} name={t('http')} />
      <p className="small muted">{t.rich('token', { code: (inside) => <code>{inside}</code> })}</p>
    </Dialog>
  );
}
