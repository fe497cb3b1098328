import { readdirSync } from 'node:fs';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRouter, RouterProvider } from '@tanstack/react-router';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { organizationQuery } from '../../../renderer/console/queries.ts';
import { rootRoute } from '../../../renderer/console/root-route.ts';
import { sessionQuery } from '../../../renderer/console/session/session-query.ts';
import { screens } from './screens.ts';

/** The client of the administrative routes reads it as it is loaded. */
vi.hoisted(() => vi.stubGlobal('location', new URL('http://box.test/console/')));

/** What is rendered to text has one state: the first. */
vi.mock('react', async (load: () => Promise<typeof import('react')>) => ({
  ...(await load()),
  useSyncExternalStore: <State>(_: unknown, read: () => State) => read(),
}));

/**
 * A page of the console beside the product: what has to be written to add one. What a reader with this role is shown at an address, inside
 * the frame.
 */
async function open(address: string, role: string): Promise<string> {
  const queryClient = new QueryClient();
  const user = { id: 'adm_1', name: 'Ada', email: 'ada@example.com', role, applianceOwner: false };
  queryClient.setQueryData(sessionQuery.queryKey, { user } as never);
  queryClient.setQueryData(organizationQuery.queryKey, { name: 'Acme' } as never);
  const router = createRouter({
    routeTree: rootRoute.addChildren(screens),
    history: createMemoryHistory({ initialEntries: [address] }),
    context: { queryClient },
    isServer: true,
  });
  await router.load();
  return renderToString(
    createElement(
      MantineProvider,
      null,
      createElement(
        QueryClientProvider,
        { client: queryClient },
        createElement(RouterProvider, { router } as never),
      ),
    ),
  );
}

test('four files make a page', () => {
  // screens.ts stands for the entry in console/screens.ts.
  const own = readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'));
  expect(own.length).toBe(4);
});

test('it is shown at its address, in the frame, with what it reads', async () => {
  const page = await open('/house-rules', 'auditor');
  expect(page).toContain('House rules</h1>');
  expect(page).toContain('Acme');
  expect(page).toContain('Leave bags in a locker.');
});

test('a role that may not open it is shown why', async () => {
  const page = await open('/house-rules', 'reviewer');
  expect(page).not.toContain('Leave bags in a locker.');
  expect(page).toContain('Your role cannot open this');
});
