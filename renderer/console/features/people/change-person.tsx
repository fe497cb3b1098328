import { useState } from 'react';
import { z } from 'zod';
import { Button } from '../../../ui/controls/index.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Dialog } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas } from '../../data.ts';
import { OperationForm, Submit, useOperation } from '../../operations.ts';
import { peopleStrings } from './strings.ts';

const Field = fieldsOf<{ name: string; email: string; birthDate: string }>()(peopleStrings);

/** Button and dialog that change name, e-mail address and date of birth. */
export function ChangePerson({ person }: { person: Schemas['SubjectWithPictures'] }) {
  const t = useStrings(peopleStrings);
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button kind="quiet" small onClick={() => setOpened(true)}>
        {t('change')}
      </Button>
      <Dialog opened={opened} title={t('changeTitle')} close={() => setOpened(false)}>
        <Fields person={person} close={() => setOpened(false)} />
      </Dialog>
    </>
  );
}

function Fields({
  person: { id, env, name = '', email = '', birthDate = '' },
  close,
}: {
  person: Schemas['SubjectWithPictures'];
  close(): void;
}) {
  const t = useStrings(peopleStrings);
  const form = useCheckedForm(
    z.object({
      name: z.string().trim().max(200),
      email: z.email(t('emailWrong')).max(254),
      birthDate: z.union([z.literal(''), z.iso.date(t('birthDateWrong'))]),
    }),
    { name, email, birthDate },
  );
  const change = useOperation(
    (now: { name: string; email: string; birthDate: string }) =>
      api.patch(
        '/api/admin/subjects/{id}',
        { id, env },
        {
          ...(now.email !== email && { email: now.email }),
          ...(now.name !== name && { name: now.name === '' ? null : now.name }),
          ...(now.birthDate !== birthDate && { birthDate: now.birthDate === '' ? null : now.birthDate }),
        },
      ),
    { toast: t('changedToast'), refresh: ['subjects'], done: close },
  );
  return (
    <OperationForm
      form={form}
      operation={change}
      foot={
        <Submit of={change} back={close}>
          {t('save')}
        </Submit>
      }
    >
      <Field name="name" optional data-autofocus />
      <Field name="email" type="email" />
      <Field name="birthDate" type="date" optional />
    </OperationForm>
  );
}
