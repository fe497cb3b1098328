import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { organizationQuery } from '../../../renderer/console/queries.ts';
import { Card, Page } from '../../../renderer/ui/layout/index.ts';
import { defineStrings, useStrings } from '../../../renderer/ui/strings/index.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

/** In the product `npm run generate` writes which `{names}` a sentence has, so that its values are checked. */
const strings = defineStrings('test/resource/page/strings', en, de);

export const Route = createLazyRoute('/house-rules')({ component: HouseRulesScreen });

function HouseRulesScreen() {
  const t = useStrings(strings);
  const { data } = useQuery(organizationQuery);
  return (
    <Page title={t('title')} lead={data && t.rich('lead', { organization: data.name })}>
      <Card>{t('rule')}</Card>
    </Page>
  );
}
