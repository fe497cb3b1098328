import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/index.ts';
import { Form, fieldsOf } from '../../../ui/forms/index.ts';
import { Card, Row } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, PersonName, type Schemas } from '../../data.ts';
import { FormCommand, Refused, useOperation } from '../../operations.ts';
import { peopleStrings } from './strings.ts';

const Field = fieldsOf<{ other: string }>()(peopleStrings);

type Person = Schemas['SubjectWithPictures'];

/** People who look like this one and are other people: marked here or in a review. A mark can be taken back. */
export function DistinctPeople({ person, mayChange }: { person: Person; mayChange: boolean }) {
  const t = useStrings(peopleStrings);
  const params = { id: person.id, env: person.env };
  const mark = useOperation(
    ({ other, same }: { other: string; same: boolean }) =>
      same
        ? api.post('/api/admin/subjects/{id}/maybe-the-same', params, { other })
        : api.post('/api/admin/subjects/{id}/not-the-same', params, { other }),
    { toast: (_, { same }) => (same ? t('sameToast') : t('notSameToast')), refresh: ['subjects'] },
  );
  if (!mayChange && person.notTheSame.length === 0) return undefined;
  return (
    <Card title={t('notSame')} gap={12}>
      <p className="small muted">{t('notSameText')}</p>
      {person.notTheSame.map(({ id }) => (
        <Row key={id}>
          <PersonName id={id} />
          {mayChange && (
            <Button kind="quiet" small onClick={() => mark.mutate({ other: id, same: true })}>
              {t('takeBack')}
            </Button>
          )}
        </Row>
      ))}
      <Refused of={mark} />
      {mayChange && (
        <OtherPerson
          busy={mark.isPending}
          run={(other) => mark.run({ other, same: false })}
          mark={(other) =>
            mark.mutateAsync({ other, same: false }).then(
              () => true,
              () => false,
            )
          }
        />
      )}
    </Card>
  );
}

/** `mark` says whether it was done. */
function OtherPerson({
  busy,
  run,
  mark,
}: {
  busy: boolean;
  run(other: string): Promise<unknown>;
  mark(other: string): Promise<boolean>;
}) {
  const t = useStrings(peopleStrings);
  const form = useForm({
    resolver: zodResolver(z.object({ other: z.string().trim().min(1, t('otherMissing')).max(254) })),
    defaultValues: { other: '' },
  });
  return (
    <Form
      form={form}
      onSubmit={async ({ other }) => {
        if (await mark(other)) form.reset();
      }}
    >
      <Field name="other" autoComplete="off" />
      <Row>
        <Button type="submit" small busy={busy}>
          {t('markNotSame')}
        </Button>
      </Row>
      <FormCommand form={form} run={({ other }) => run(other)} />
    </Form>
  );
}
