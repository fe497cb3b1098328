import type { FastifyPluginAsync } from 'fastify';
import { type DeviceRouteDeps, deviceRoutes, type VisitRouteDeps, visitRoutes } from './routes.ts';

export type KioskDoorDeps = DeviceRouteDeps & VisitRouteDeps;

/** `/api/kiosk/*`: what a kiosk may do. Its page is served by the console door. */
export const createKioskDoor =
  (deps: KioskDoorDeps): FastifyPluginAsync =>
  async (app) => {
    deviceRoutes(app, deps);
    visitRoutes(app, deps);
  };
