import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { type Control, useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { SelectField, TextAreaField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { Refusal } from '../../api/refusal.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { profilesQuery } from '../../profiles-query.ts';
import { profileStrings } from './strings.ts';

export const Route = createLazyRoute('/profiles/new')({ component: NewProfileScreen });

function useSchema() {
  const t = useStrings(profileStrings);
  return z.object({
    from: z.string(),
    slug: z
      .string()
      .trim()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, t('slugWrong'))
      .refine((slug) => slug !== 'new', t('slugTaken')),
    name: z.string().trim().min(1, t('labelMissing')).max(80),
    description: z.string().trim().max(400),
  });
}
type Values = z.output<ReturnType<typeof useSchema>>;

function NewProfileScreen() {
  const t = useStrings(profileStrings);
  const { from } = Route.useSearch();
  const query = useQuery(profilesQuery);
  const first = query.data?.items.find(({ slug }) => slug === (from ?? 'default')) ?? query.data?.items[0];
  return (
    <Page
      title={t('create')}
      lead={t('createLead')}
      parents={[{ label: t('title'), to: '/profiles' }]}
      reading
    >
      {query.error && <LoadFailed error={query.error} retry={() => void query.refetch()} />}
      {query.data && first && <NewProfile profiles={query.data.items} first={first} />}
    </Page>
  );
}

function NewProfile({
  profiles,
  first,
}: {
  profiles: readonly Schemas['Profile'][];
  first: Schemas['Profile'];
}) {
  const t = useStrings(profileStrings);
  const ui = useStrings(uiStrings);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const form = useForm({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: {
      from: first.slug,
      slug: '',
      name: t('copyOf', { name: first.definition.name }),
      description: first.definition.description,
    },
  });
  const create = useMutation({
    mutationFn: ({ from, slug, name, description }: Values) => {
      const { definition } = profiles.find((one) => one.slug === from) ?? first;
      return replyOf(
        admin.PUT('/api/admin/profiles/{slug}', {
          // 0: the organization has no profile of this name yet.
          params: { path: { slug }, query: { replaces: 0 } },
          body: { ...definition, name, description },
        }),
      );
    },
    async onSuccess({ slug }) {
      toast(t('created'), { text: slug });
      await queryClient.invalidateQueries({ queryKey: ['profiles'] });
      await navigate({ to: '/profiles/$slug', params: { slug } });
    },
    onError(error) {
      if (error instanceof Refusal && error.code === 'CONFLICT')
        form.setError('slug', { message: t('slugTaken') }, { shouldFocus: true });
    },
  });
  const submit = (values: Values) => {
    if (profiles.some(({ slug }) => slug === values.slug))
      form.setError('slug', { message: t('slugTaken') }, { shouldFocus: true });
    else create.mutate(values);
  };
  const isTaken = create.error instanceof Refusal && create.error.code === 'CONFLICT';
  return (
    <Form
      form={form}
      onSubmit={submit}
      failed={create.error && !isTaken && <LoadFailed error={create.error} title={ui('couldNotSave')} />}
    >
      <Fields control={form.control} profiles={profiles} />
      <Row>
        <Button type="submit" kind="primary" busy={create.isPending}>
          {t('createAction')}
        </Button>
        <ButtonLink to="/profiles">{ui('cancel')}</ButtonLink>
      </Row>
    </Form>
  );
}

function Fields({
  control,
  profiles,
}: {
  control: Control<Values>;
  profiles: readonly Schemas['Profile'][];
}) {
  const t = useStrings(profileStrings);
  return (
    <Card>
      <Stack>
        <SelectField
          control={control}
          name="from"
          label={t('from')}
          data={profiles.map(({ slug, definition }) => ({
            value: slug,
            label: `${definition.name} (${slug})`,
          }))}
        />
        <TextField
          control={control}
          name="slug"
          label={t('slug')}
          hint={t('slugHint')}
          maxLength={63}
          autoComplete="off"
          spellCheck={false}
        />
        <TextField control={control} name="name" label={t('label')} maxLength={80} />
        <TextAreaField
          control={control}
          name="description"
          label={t('description')}
          maxLength={400}
          optional
          rows={3}
        />
      </Stack>
    </Card>
  );
}
