import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { roles } from '../../../../sdk/admin/values.ts';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { CheckboxField, SelectField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useSession } from '../../session/session-query.ts';
import { CodePage } from './code-page.tsx';
import { administratorStrings } from './strings.ts';

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
  const ui = useStrings(uiStrings);
  const { user } = useSession();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const form = useForm({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: { name: '', email: '', role: 'operator' as Values['role'], applianceOwner: false },
  });
  const create = useMutation({
    mutationFn: ({ applianceOwner, ...values }: Values) =>
      replyOf(
        admin.POST('/api/admin/administrators', {
          params: { query: {} },
          body: { ...values, ...(applianceOwner && { applianceOwner }) },
        }),
      ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['administrators'] }),
  });
  if (create.data)
    return (
      <CodePage
        title={t('made', { name: create.data.name })}
        of={create.data}
        code={create.data.code}
        done={() => void navigate({ to: '/administrators' })}
      />
    );
  const { control } = form;
  return (
    <Page
      title={t('add')}
      lead={t('addLead')}
      parents={[{ label: t('title'), to: '/administrators' }]}
      reading
    >
      <Form
        form={form}
        onSubmit={(values) => create.mutate(values)}
        failed={create.error && <LoadFailed error={create.error} title={ui('couldNotSave')} />}
      >
        <Card>
          <Stack>
            <TextField control={control} name="name" label={t('name')} maxLength={120} />
            <TextField control={control} name="email" label={t('email')} type="email" autoComplete="off" />
            <SelectField
              control={control}
              name="role"
              label={t('role')}
              hint={t(`${form.watch('role')}Hint`)}
              data={roles.map((value) => ({ value, label: t(value) }))}
            />
            {user.applianceOwner && (
              <CheckboxField
                control={control}
                name="applianceOwner"
                label={t('applianceOwner')}
                hint={t('applianceOwnerHint')}
              />
            )}
          </Stack>
        </Card>
        <Row>
          <Button type="submit" kind="primary" busy={create.isPending}>
            {t('add')}
          </Button>
          <ButtonLink to="/administrators">{ui('cancel')}</ButtonLink>
        </Row>
      </Form>
    </Page>
  );
}
