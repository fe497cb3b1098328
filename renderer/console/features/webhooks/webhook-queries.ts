import { queryOptions } from '@tanstack/react-query';
import { admin, replyOf } from '../../api/admin.ts';
import type { World } from '../../session/session-query.ts';

export const webhookQuery = (env: World, id: string) =>
  queryOptions({
    queryKey: ['webhooks', env, 'one', id],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/webhooks/{id}', { params: { path: { id }, query: { env } }, signal })),
  });

export const healthQuery = (env: World, id: string) =>
  queryOptions({
    queryKey: ['webhooks', env, 'health', id],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/webhooks/{id}/health', { params: { path: { id }, query: { env } }, signal }),
      ),
    refetchInterval: 30_000,
  });

export const allHealthQuery = (env: World) =>
  queryOptions({
    queryKey: ['webhooks', env, 'health'],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/webhooks/health', { params: { query: { env } }, signal })),
    refetchInterval: 30_000,
  });

export const catalogQuery = queryOptions({
  queryKey: ['webhook-catalog'],
  queryFn: ({ signal }) =>
    replyOf(admin.GET('/api/admin/webhooks/catalog', { params: { query: {} }, signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Each reading is written to the audit log: only when the reader asks for it. */
export const deliveryQuery = (env: World, id: string) =>
  queryOptions({
    queryKey: ['delivery', env, id],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/deliveries/{id}', { params: { path: { id }, query: { env } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
