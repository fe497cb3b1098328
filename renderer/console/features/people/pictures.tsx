import { useState } from 'react';
import { Badge, ButtonLink, RelativeTime } from '../../../ui/controls/index.ts';
import { Card, toast } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, DataTable, useColumns } from '../../../ui/tables/index.ts';
import { api, operators, type Schemas, useSession } from '../../data.ts';
import { ConfirmOperation, Refused, useOperation } from '../../operations.ts';
import { peopleStrings } from './strings.ts';

type Picture = Schemas['EnrolledPicture'];

/** The enrolled pictures of a person: no photograph, but what is known of each. */
export function Pictures({ person: { id, env, pictures } }: { person: Schemas['SubjectWithPictures'] }) {
  const t = useStrings(peopleStrings);
  const { user } = useSession();
  const [removing, setRemoving] = useState<Picture>();
  const confirm = useOperation(
    ({ id: picture, confirmed }: Picture) =>
      api.patch(
        '/api/admin/subjects/{id}/pictures/{picture}',
        { id, picture, env },
        { confirmed: !confirmed },
      ),
    {
      refresh: ['subjects'],
      done: ({ alone }) => alone && toast(t('confirmedAlone'), { text: t('confirmedAloneText') }),
    },
  );
  const mayChange = operators.includes(user.role);
  return (
    <Card
      title={t('pictures')}
      flush
      foot={<span className="small muted">{t('notKept')}</span>}
      actions={mayChange && <AddPictures id={id} />}
    >
      <Refused of={confirm} />
      <DataTable
        label={t('pictures')}
        columns={useColumns(listColumns, peopleStrings)}
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
        <ConfirmOperation
          run={() =>
            api.delete('/api/admin/subjects/{id}/pictures/{picture}', { id, picture: removing.id, env })
          }
          toast={t('removedToast')}
          refresh={['subjects']}
          close={() => setRemoving(undefined)}
          title={t('removeTitle')}
          confirmLabel={t('remove')}
          danger
        >
          {t('removeText')}
        </ConfirmOperation>
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

const listColumns: Columns<Picture, typeof peopleStrings> = [
  { id: 'added', cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  { id: 'quality', number: true, cell: ({ quality }, { format }) => format.score(quality) },
  {
    id: 'anchor',
    priority: 2,
    cell: ({ confirmed, comparable }, { t }) => (
      <>
        {confirmed && (
          <Badge kind="ok" title={t('anchorText')}>
            {t('anchor')}
          </Badge>
        )}
        {!comparable && <Badge kind="warn">{t('oldModel')}</Badge>}
      </>
    ),
  },
];
