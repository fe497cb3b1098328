import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { RelativeTime } from '../../../ui/badges/relative-time.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Card } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { DataTable } from '../../../ui/tables/data-table.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { operators } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { peopleStrings } from './strings.ts';

type Picture = Schemas['EnrolledPicture'];

/** The enrolled pictures of a person: no photograph, but what is known of each. */
export function Pictures({ person: { id, env, pictures } }: { person: Schemas['SubjectWithPictures'] }) {
  const t = useStrings(peopleStrings);
  const ui = useStrings(uiStrings);
  const { user } = useSession();
  const queryClient = useQueryClient();
  const [removing, setRemoving] = useState<Picture>();
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['person', env, id] });
  const confirm = useMutation({
    mutationFn: ({ id: picture, confirmed }: Picture) =>
      replyOf(
        admin.PATCH('/api/admin/subjects/{id}/pictures/{picture}', {
          params: { path: { id, picture }, query: { env } },
          body: { confirmed: !confirmed },
        }),
      ),
    async onSuccess({ alone }) {
      if (alone) toast(t('confirmedAlone'), { text: t('confirmedAloneText') });
      await refresh();
    },
  });
  const remove = useMutation({
    mutationFn: ({ id: picture }: Picture) =>
      replyOf(
        admin.DELETE('/api/admin/subjects/{id}/pictures/{picture}', {
          params: { path: { id, picture }, query: { env } },
        }),
      ),
    async onSuccess() {
      setRemoving(undefined);
      toast(t('removedToast'));
      await refresh();
    },
  });
  const mayChange = operators.includes(user.role);
  return (
    <Card
      title={t('pictures')}
      flush
      foot={<span className="small muted">{t('notKept')}</span>}
      actions={mayChange && <AddPictures id={id} />}
    >
      {confirm.error && <LoadFailed error={confirm.error} title={ui('couldNotSave')} />}
      <DataTable
        label={t('pictures')}
        columns={useColumns()}
        rows={pictures}
        rowId={(picture) => picture.id}
        actions={(picture) =>
          mayChange
            ? [
                {
                  label: picture.confirmed ? t('confirmAgain') : t('confirm'),
                  onClick: () => confirm.mutate(picture),
                },
                pictures.length > 1 && {
                  label: t('remove'),
                  danger: true,
                  onClick: () => setRemoving(picture),
                },
              ]
            : []
        }
      />
      {removing && (
        <ConfirmDialog
          opened
          danger
          title={t('removeTitle')}
          confirmLabel={t('remove')}
          busy={remove.isPending}
          failed={remove.error && <LoadFailed error={remove.error} title={ui('couldNotSave')} />}
          onConfirm={() => remove.mutate(removing)}
          onCancel={() => setRemoving(undefined)}
        >
          {t('removeText')}
        </ConfirmDialog>
      )}
    </Card>
  );
}

function AddPictures({ id }: { id: string }) {
  const t = useStrings(peopleStrings);
  return (
    <ButtonLink to="/enroll" search={{ person: id }} kind="quiet" small>
      {t('addPicture')}
    </ButtonLink>
  );
}

function useColumns(): readonly Column<Picture>[] {
  const t = useStrings(peopleStrings);
  const format = useFormat();
  return useMemo(
    () => [
      { id: 'added', header: t('added'), cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
      {
        id: 'quality',
        header: t('quality'),
        number: true,
        cell: ({ quality }) => format.score(quality),
      },
      {
        id: 'anchor',
        header: t('anchor'),
        priority: 2,
        cell: ({ confirmed, comparable }) => (
          <>
            {confirmed && (
              <span title={t('anchorText')}>
                <Badge kind="ok">{t('anchor')}</Badge>
              </span>
            )}
            {!comparable && <Badge kind="warn">{t('oldModel')}</Badge>}
          </>
        ),
      },
    ],
    [t, format],
  );
}
