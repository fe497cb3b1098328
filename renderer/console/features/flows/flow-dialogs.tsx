import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { GoneAndStays } from '../../../ui/dialogs/typed-name-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useFieldName } from './field-name.ts';
import { changedFields } from './flow-values.ts';
import { flowStrings } from './strings.ts';

type Flow = Schemas['Flow'];
type Props = { flow: Flow; close(): void; done?: () => void };

/** Runs one change of a flow, says that it is done, and asks for every list of flows again. */
function useChange(
  change: () => Promise<unknown>,
  said: string,
  { close, done }: Pick<Props, 'close' | 'done'>,
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    async onSuccess() {
      toast(said);
      close();
      done?.();
      await queryClient.invalidateQueries({ queryKey: ['flows'] });
    },
  });
}

const paramsOf = ({ id }: Flow) => ({ path: { id }, query: {} });

/** The draft is what visitors get from now on: names what changes. */
export function PublishFlow({ flow, ...rest }: Props) {
  const t = useStrings(flowStrings);
  const nameOf = useFieldName();
  const publish = useChange(
    () => replyOf(admin.POST('/api/admin/flows/{id}/publish', { params: paramsOf(flow) })),
    t('publishedToast'),
    rest,
  );
  const { draft, published } = flow;
  const fields = published ? changedFields(published.definition, draft).map(nameOf).join('; ') : '';
  return (
    <ConfirmDialog
      opened
      title={t('publishTitle', { name: draft.name })}
      confirmLabel={t(published ? 'publishChanges' : 'publish')}
      cancelLabel={t('keepDraft')}
      busy={publish.isPending}
      failed={publish.error && <LoadFailed error={publish.error} />}
      onConfirm={() => publish.mutate()}
      onCancel={rest.close}
    >
      <Stack gap={8}>
        <p>{published ? t('publishAgain', { fields: fields || t('publishNothing') }) : t('publishFirst')}</p>
      </Stack>
    </ConfirmDialog>
  );
}

export function UnpublishFlow({ flow, ...rest }: Props) {
  const t = useStrings(flowStrings);
  const unpublish = useChange(
    () => replyOf(admin.POST('/api/admin/flows/{id}/unpublish', { params: paramsOf(flow) })),
    t('unpublishedToast'),
    rest,
  );
  return (
    <ConfirmDialog
      opened
      title={t('unpublishTitle', { name: flow.draft.name })}
      confirmLabel={t('unpublish')}
      cancelLabel={t('keepPublished')}
      danger
      busy={unpublish.isPending}
      failed={unpublish.error && <LoadFailed error={unpublish.error} />}
      onConfirm={() => unpublish.mutate()}
      onCancel={rest.close}
    >
      {t('unpublishText')}
    </ConfirmDialog>
  );
}

export function RemoveFlow({ flow, ...rest }: Props) {
  const t = useStrings(flowStrings);
  const remove = useChange(
    () => replyOf(admin.DELETE('/api/admin/flows/{id}', { params: paramsOf(flow) })),
    t('removed'),
    rest,
  );
  return (
    <ConfirmDialog
      opened
      title={t('removeTitle', { name: flow.draft.name })}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      danger
      busy={remove.isPending}
      failed={remove.error && <LoadFailed error={remove.error} />}
      onConfirm={() => remove.mutate()}
      onCancel={rest.close}
    >
      <GoneAndStays gone={[t('removeGone', { path: flow.path })]} stays={[t('removeStays')]} />
    </ConfirmDialog>
  );
}
