import { useMutation } from '@tanstack/react-query';
import { Button } from '../../../ui/controls/button.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { saveFile } from '../../save-file.ts';
import { peopleStrings } from './strings.ts';

/** All that is held about the person, as a file. Asks for a fresh second factor. */
export function ExportPerson({ person: { id, env } }: { person: Schemas['Subject'] }) {
  const t = useStrings(peopleStrings);
  const ui = useStrings(uiStrings);
  const write = useMutation({
    mutationFn: () =>
      replyOf(admin.GET('/api/admin/subjects/{id}/export', { params: { path: { id }, query: { env } } })),
    onSuccess: (record) => saveFile(`${id}.json`, JSON.stringify(record, null, 2), 'application/json'),
  });
  return (
    <>
      {write.error && <LoadFailed error={write.error} title={ui('couldNotSave')} />}
      <Button busy={write.isPending} onClick={() => write.mutate()}>
        {t('export')}
      </Button>
    </>
  );
}
