import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { z } from 'zod';
import { Form, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Page } from '../../../ui/layout/index.ts';
import { Refusal } from '../../../ui/refusal.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, profilesQuery, type Schemas } from '../../data.ts';
import { FormCommand, Refused, Submit, useOperation } from '../../operations.ts';
import { profileStrings, useDescription } from './strings.ts';

const Field = fieldsOf<Values>()(profileStrings);

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
      <Refused of={query} />
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
  const navigate = useNavigate();
  const describe = useDescription();
  const form = useCheckedForm(useSchema(), {
    from: first.slug,
    slug: '',
    name: t('copyOf', { name: first.definition.name }),
    description: describe(first),
  });
  const taken = () => form.setError('slug', { message: t('slugTaken') }, { shouldFocus: true });
  const create = useOperation(
    ({ from, slug, name, description }: Values) => {
      const { definition } = profiles.find((one) => one.slug === from) ?? first;
      return api.put(
        '/api/admin/profiles/{slug}',
        { slug, replaces: 0 },
        { ...definition, name, description },
      );
    },
    {
      toast: ({ slug }) => [t('created'), slug],
      refresh: ['profiles'],
      done: ({ slug }) => navigate({ to: '/profiles/$slug', params: { slug } }),
      refused: ({ code }) => code === 'CONFLICT' && taken(),
    },
  );
  const submit = (values: Values) =>
    profiles.some(({ slug }) => slug === values.slug) ? taken() : create.mutate(values);
  const isTaken = create.error instanceof Refusal && create.error.code === 'CONFLICT';
  return (
    <Form form={form} onSubmit={submit} failed={create.error && !isTaken && <Refused of={create} />}>
      <Card gap={16}>
        <Field
          name="from"
          options={profiles.map(({ slug, definition }) => ({
            value: slug,
            label: `${definition.name} (${slug})`,
          }))}
        />
        <Field name="slug" maxLength={63} autoComplete="off" spellCheck={false} />
        <Field name="name" label={t('label')} maxLength={80} />
        <Field name="description" as="lines" maxLength={400} optional rows={3} />
      </Card>
      <Submit of={create} back="/profiles">
        {t('createAction')}
      </Submit>
      <FormCommand form={form} run={create.run} />
    </Form>
  );
}
