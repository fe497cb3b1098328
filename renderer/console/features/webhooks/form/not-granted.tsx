import { Button } from '../../../../ui/controls/index.ts';
import { Note, Stack } from '../../../../ui/layout/index.ts';
import { Refusal } from '../../../../ui/refusal.ts';
import { uiStrings, useStrings } from '../../../../ui/strings/index.ts';
import { api } from '../../../data.ts';
import { LoadFailed, Refused, useOperation } from '../../../operations.ts';
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
