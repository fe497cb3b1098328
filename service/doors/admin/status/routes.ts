import { ofAppliance } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import type { ApplianceReport, ServiceReport } from './report.ts';
import { fromReports } from './translate.ts';
import { StatusReply } from './wire.ts';

export interface StatusRouteDeps {
  applianceReport(): Promise<ApplianceReport>;
  /** Undefined where no service runs. */
  serving: { report(): ServiceReport | undefined };
}

/** What `gatehouse doctor` and `gatehouse unseal` ask of the appliance. */
export const statusRoutes = (deps: StatusRouteDeps): AdminRoute[] => [
  route({
    tag: 'appliance',
    within: 'appliance',
    method: 'GET',
    url: '/status',
    operationId: 'getStatus',
    effect: 'none',
    summary: 'Get the state of the appliance',
    description: 'Readiness, size of the data, addresses and settings in force.',
    may: ofAppliance,
    reply: StatusReply,
    handle: async () => fromReports(await deps.applianceReport(), deps.serving.report()),
  }),
];
