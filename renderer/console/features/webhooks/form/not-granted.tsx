import { Button } from '../../../../ui/controls/button.tsx';
import { Note } from '../../../../ui/feedback/note.tsx';
import { Stack } from '../../../../ui/layout/layout.tsx';
import { Refusal } from '../../../../ui/refusal.ts';
import { uiStrings } from '../../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../../ui/strings/use-strings.ts';
import { api } from '../../../api/admin.ts';
import { useOperation } from '../../../api/use-operation.ts';
import { LoadFailed, Refused } from '../../../load-failed.tsx';
import { formStrings } from './form-strings.ts';
import { destinationOf } from './webhook-values.ts';

/** Why a webhook was not saved; where only a grant is missing, the way to allow the destination and go on. */
export function SaveFailed({
  error,
  url,
  name,
  again,
}: {
  error: unknown;
  url: string;
  name: string;
  /** Saves once more. */
  again(): void;
}) {
  const t = useStrings(formStrings);
  const ui = useStrings(uiStrings);
  const to = destinationOf(url);
  const grant = useOperation(
    (destination: string) =>
      api.post('/api/admin/grants', {}, { to: destination, note: t('grantNote', { name }) }),
    { refresh: ['grants'], done: again },
  );
  const isMissing = error instanceof Refusal && error.code === 'DESTINATION_NOT_GRANTED';
  if (!isMissing || to === undefined) return <LoadFailed error={error} title={ui('couldNotSave')} />;
  return (
    <Stack>
      <Note kind="warn" title={t('notGranted', { to })}>
        <Stack gap={12}>
          <p>{t('notGrantedText', { to })}</p>
          <div>
            <Button small busy={grant.isPending} onClick={() => grant.mutate(to)}>
              {t('grant', { to })}
            </Button>
          </div>
        </Stack>
      </Note>
      <Refused of={grant} title={t('couldNotGrant')} />
    </Stack>
  );
}
