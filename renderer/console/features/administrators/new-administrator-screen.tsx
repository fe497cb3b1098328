import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { z } from 'zod';
import { roles } from '../../../../sdk/admin/values.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, useSession } from '../../data.ts';
import { OperationForm, Submit, useOperation } from '../../operations.ts';
import { CodePage } from './code-page.tsx';
import { administratorStrings } from './strings.ts';

const Field = fieldsOf<Values>()(administratorStrings);

export const Route = createLazyRoute('/administrators/new')({ component: NewAdministratorScreen });

function useSchema() {
  const t = useStrings(administratorStrings);
  return z.object({
    name: z.string().trim().min(1, t('nameMissing')),
    email: z
      .string()
      .trim()
      .pipe(z.email(t('emailMissing'))),
    role: z.enum(roles),
    applianceOwner: z.boolean(),
  });
}
type Values = z.output<ReturnType<typeof useSchema>>;

function NewAdministratorScreen() {
  const t = useStrings(administratorStrings);
  const { user } = useSession();
  const navigate = useNavigate();
  const form = useCheckedForm(useSchema(), {
    name: '',
    email: '',
    role: 'operator' as Values['role'],
    applianceOwner: false,
  });
  const create = useOperation(
    ({ applianceOwner, ...values }: Values) =>
      api.post('/api/admin/administrators', {}, { ...values, ...(applianceOwner && { applianceOwner }) }),
    { refresh: ['administrators'] },
  );
  if (create.data)
    return (
      <CodePage
        title={t('made', { name: create.data.name })}
        of={create.data}
        code={create.data.code}
        done={() => void navigate({ to: '/administrators' })}
      />
    );
  return (
    <Page
      title={t('add')}
      lead={t('addLead')}
      parents={[{ label: t('title'), to: '/administrators' }]}
      reading
    >
      <OperationForm form={form} operation={create}>
        <Card gap={16}>
          <Field name="name" maxLength={120} />
          <Field name="email" type="email" autoComplete="off" />
          <Field
            name="role"
            hint={t(`${form.watch('role')}Hint`)}
            options={roles.map((value) => ({ value, label: t(value) }))}
          />
          {user.applianceOwner && <Field name="applianceOwner" as="check" />}
        </Card>
        <Submit of={create} back="/administrators">
          {t('add')}
        </Submit>
      </OperationForm>
    </Page>
  );
}
