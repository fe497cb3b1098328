import { queryOptions } from '@tanstack/react-query';
import { read, type World } from '../../data.ts';

export const webhookQuery = (env: World, id: string) => read('/api/admin/webhooks/{id}', { id, env });

export const healthQuery = (env: World, id: string) =>
  queryOptions({ ...read('/api/admin/webhooks/{id}/health', { id, env }), refetchInterval: 30_000 });

export const allHealthQuery = (env: World) =>
  queryOptions({ ...read('/api/admin/webhooks/health', { env }), refetchInterval: 30_000 });

export const catalogQuery = queryOptions({
  ...read('/api/admin/webhooks/catalog'),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Each reading is written to the audit log: only when the reader asks for it. */
export const deliveryQuery = (env: World, id: string) =>
  queryOptions({
    ...read('/api/admin/deliveries/{id}', { id, env }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
