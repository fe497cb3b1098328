import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { TypedNameDialog } from '../../../ui/dialogs/typed-name-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { organizationQuery } from '../../organization-query.ts';
import { useWorld } from '../../session/session-query.ts';
import type { Scope } from './scope-values.ts';
import { useScopeName } from './scopes-screen.tsx';
import { scopeStrings } from './strings.ts';

/** Grade 3: the name is typed (of its own scope the organization's), and a fresh second factor is asked for. */
export function EndScope({ scope, what }: { scope: Scope; what: 'rotate' | 'end' }) {
  const t = useStrings(scopeStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const organization = useQuery(organizationQuery);
  const [asked, setAsked] = useState(false);
  const confirm = scope.name === '' ? (organization.data?.name ?? '') : scope.name;
  const ending = useMutation({
    mutationFn: () => {
      const order = { params: { path: { id: scope.id }, query: { env } }, body: { confirm } };
      return replyOf(
        what === 'rotate'
          ? admin.POST('/api/admin/uniqueness/scopes/{id}/rotate', order)
          : admin.POST('/api/admin/uniqueness/scopes/{id}/end', order),
      );
    },
    async onSuccess({ epoch }) {
      setAsked(false);
      toast(what === 'rotate' ? t('rotated', { epoch }) : t('endedNow'));
      await queryClient.invalidateQueries({ queryKey: ['scopes'] });
    },
  });
  const name = useScopeName()(scope);
  return (
    <>
      <Button kind="dangerQuiet" onClick={() => setAsked(true)}>
        {t(what)}
      </Button>
      <TypedNameDialog
        opened={asked && confirm !== ''}
        title={t(`${what}Title`, { name })}
        name={confirm}
        confirmLabel={t(`${what}Confirm`)}
        cancelLabel={t('keep')}
        busy={ending.isPending}
        failed={ending.error && <LoadFailed error={ending.error} title={ui('couldNotSave')} />}
        gone={[
          t('goneKey', { epoch: scope.epoch }),
          t('goneMembers', { count: scope.members }),
          ...(scope.waiting > 0 && what === 'end' ? [t('goneWaiting', { count: scope.waiting })] : []),
        ]}
        stays={[
          ...(scope.waiting > 0 && what === 'rotate' ? [t('staysWaiting', { count: scope.waiting })] : []),
          ...[t('staysPeople'), t('staysSettings'), t('staysCallers'), t('staysAudit')],
        ]}
        onConfirm={() => ending.mutate()}
        onCancel={() => setAsked(false)}
      >
        {t(`${what}Text`)}
      </TypedNameDialog>
    </>
  );
}
