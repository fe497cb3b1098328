import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { TypedNameDialog } from '../../../ui/dialogs/typed-name-dialog.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { nameOf } from './people-screen.tsx';
import { peopleStrings } from './strings.ts';

/** Grade 3: the name is typed, a fresh second factor is asked for, and it ends on the receipt. */
export function ErasePerson({ person }: { person: Schemas['SubjectWithPictures'] }) {
  const { id, env } = person;
  const t = useStrings(peopleStrings);
  const ui = useStrings(uiStrings);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState(false);
  const erase = useMutation({
    mutationFn: () =>
      replyOf(
        admin.POST('/api/admin/subjects/{id}/erase', {
          params: { path: { id }, query: { env } },
          body: { confirm: id, reason: 'request', prove: true },
        }),
      ),
    async onSuccess(receipt) {
      // Nothing of the person stays in the memory of the page.
      queryClient.clear();
      queryClient.setQueryData(['receipt', receipt.erasure], receipt);
      await navigate({ to: '/receipts/$id', params: { id: receipt.erasure }, replace: true });
    },
  });
  const name = nameOf(person);
  return (
    <>
      <Button kind="dangerQuiet" onClick={() => setAsked(true)}>
        {t('erase')}
      </Button>
      <TypedNameDialog
        opened={asked}
        title={t('eraseTitle', { name })}
        name={name}
        confirmLabel={t('eraseConfirm')}
        cancelLabel={t('keep')}
        busy={erase.isPending}
        failed={erase.error && <LoadFailed error={erase.error} title={ui('couldNotSave')} />}
        gone={[t('goneIdentity'), t('goneTemplates', { count: person.pictures.length }), t('goneHistory')]}
        stays={[t('staysReceipt'), t('staysAudit')]}
        onConfirm={() => erase.mutate()}
        onCancel={() => setAsked(false)}
      >
        {t('eraseText')}
      </TypedNameDialog>
    </>
  );
}
