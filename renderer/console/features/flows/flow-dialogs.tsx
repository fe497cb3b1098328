import { ConsequenceList } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas } from '../../data.ts';
import { ConfirmOperation } from '../../operations.ts';
import { changedFields, useFieldName } from './flow-values.ts';
import { flowStrings } from './strings.ts';

type Flow = Schemas['Flow'];
type Props = { flow: Flow; close(): void; done?: () => void };

/** The draft is what visitors get from now on: names what changes. */
export function PublishFlow({ flow: { id, draft, published }, close, done }: Props) {
  const t = useStrings(flowStrings);
  const nameOf = useFieldName();
  const fields = published ? changedFields(published.definition, draft).map(nameOf).join('; ') : '';
  return (
    <ConfirmOperation
      run={() => api.post('/api/admin/flows/{id}/publish', { id })}
      toast={t('publishedToast')}
      refresh={['flows']}
      close={close}
      done={done}
      title={t('publishTitle', { name: draft.name })}
      confirmLabel={t(published ? 'publishChanges' : 'publish')}
      cancelLabel={t('keepDraft')}
    >
      <p>{published ? t('publishAgain', { fields: fields || t('publishNothing') }) : t('publishFirst')}</p>
    </ConfirmOperation>
  );
}

export function UnpublishFlow({ flow: { id, draft }, close, done }: Props) {
  const t = useStrings(flowStrings);
  return (
    <ConfirmOperation
      run={() => api.post('/api/admin/flows/{id}/unpublish', { id })}
      toast={t('unpublishedToast')}
      refresh={['flows']}
      close={close}
      done={done}
      title={t('unpublishTitle', { name: draft.name })}
      confirmLabel={t('unpublish')}
      cancelLabel={t('keepPublished')}
      danger
    >
      {t('unpublishText')}
    </ConfirmOperation>
  );
}

export function RemoveFlow({ flow: { id, path, draft }, close, done }: Props) {
  const t = useStrings(flowStrings);
  return (
    <ConfirmOperation
      run={() => api.delete('/api/admin/flows/{id}', { id })}
      toast={t('removed')}
      refresh={['flows']}
      close={close}
      done={done}
      title={t('removeTitle', { name: draft.name })}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      danger
    >
      <ConsequenceList gone={[t('removeGone', { path })]} stays={[t('removeStays')]} />
    </ConfirmOperation>
  );
}
