import type { OrganizationId } from '../../lib/id.ts';
import type { InTransaction } from '../../storage/transaction.ts';
import type { Audit } from '../audit/index.ts';
import { type Organizations, refuseErased } from '../organizations/index.ts';
import type { Alerts } from './alert.ts';
import { testMailOf } from './alert-mail.ts';
import { checkAddress } from './alert-rule.ts';
import { HOURLY_LIMIT } from './firing.ts';
import { type Mailing, sentenceOf } from './mailing.ts';
import type { Recipients } from './recipients.ts';

export interface TestMailDeps {
  inTransaction: InTransaction;
  organizations: Pick<Organizations, 'get'>;
  recipients: Pick<Recipients, 'admit' | 'takeMails'>;
  mailing: Pick<Mailing, 'send'>;
  checkMail(organization: OrganizationId, addresses: readonly string[]): Promise<void>;
  audit: Audit;
}

export function createTestMail(deps: TestMailDeps): Alerts['testMail'] {
  const { inTransaction, organizations, recipients, mailing, checkMail, audit } = deps;
  return async function testMail(organization, address, actor) {
    refuseErased(await organizations.get(organization));
    const to = checkAddress(address);
    await checkMail(organization, [to]);
    // Before it is sent: nothing leaves the box without a line.
    const taken = await inTransaction(async (tx) => {
      await recipients.admit(tx, organization, [to], actor);
      await audit.add(tx, { actor, action: 'alert.test-mail', organization, target: organization });
      return recipients.takeMails(tx, organization, 1);
    });
    if (taken === 0) return { sent: false, reason: HOURLY_LIMIT };
    try {
      await mailing.send(organization, to, testMailOf(organization));
      return { sent: true };
    } catch (error) {
      return { sent: false, reason: sentenceOf(error) };
    }
  };
}
